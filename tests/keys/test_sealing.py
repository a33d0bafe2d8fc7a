from __future__ import annotations

import secrets
import struct
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.clock import Clock
from poolhouse.keys import sealing
from poolhouse.keys.masters import MasterKeys, WrongMasterKey
from poolhouse.keys.sealing import KeyTaken, Sealer, Unsealable, WrappedKey
from tests.support.turning import LONG, turning

OLD, NEW = secrets.token_bytes(32), secrets.token_bytes(32)
CONTEXT = "access_keys/AKIAEXAMPLE/secret"


class Stopped(Clock):
    def __init__(self) -> None:
        self.moment = 1000.0

    def now(self) -> float:
        return self.moment

    def elapsed(self) -> float:
        return self.moment


class Rows:
    """The table data_keys, in memory."""

    def __init__(self) -> None:
        self.rows: dict[int, WrappedKey] = {}
        self.reads = 0
        self.replacements_left = 1000
        self.lock = threading.Lock()

    def all(self) -> Sequence[WrappedKey]:
        self.reads += 1
        with self.lock:
            return list(self.rows.values())

    def add(self, key: WrappedKey) -> None:
        with self.lock:
            if key.id in self.rows:
                raise KeyTaken
            self.rows[key.id] = key

    def replace(self, key: WrappedKey) -> None:
        if not self.replacements_left:
            raise InterruptedError
        self.replacements_left -= 1
        with self.lock:
            self.rows[key.id] = key


def opened(rows: Rows, masters: MasterKeys | None = None, clock: Clock | None = None) -> Sealer:
    sealer = Sealer(masters or MasterKeys(OLD), rows, clock or Stopped())
    sealer.prepare()
    return sealer


SEALER = opened(Rows())


@given(st.binary(max_size=300), st.text(max_size=60))
def test_what_is_sealed_opens_under_its_context_only(plain: bytes, context: str) -> None:
    sealed = SEALER.seal(plain, context)
    assert SEALER.open(sealed, context) == plain
    for other in (context + "x", "x" + context, context[:-1] if context else "y"):
        with pytest.raises(Unsealable):
            SEALER.open(sealed, other)


def test_the_form_is_version_key_id_nonce_and_ciphertext() -> None:
    sealed = SEALER.seal(b"12345", CONTEXT)
    assert struct.unpack(">BI", sealed[:5]) == (1, 1)
    assert len(sealed) == 1 + 4 + 12 + 5 + 16


def test_the_same_value_is_never_sealed_alike() -> None:
    """LOG-05"""
    assert len({SEALER.seal(b"x", CONTEXT)[5:17] for _ in range(1000)}) == 1000


def test_a_value_altered_anywhere_is_refused() -> None:
    """LOG-05"""
    sealed = SEALER.seal(b"secret", CONTEXT)
    for place in range(len(sealed) * 8):
        altered = bytearray(sealed)
        altered[place // 8] ^= 1 << place % 8
        with pytest.raises(Unsealable):
            SEALER.open(bytes(altered), CONTEXT)


@given(st.binary(max_size=80))
def test_anything_else_is_refused(garbage: bytes) -> None:
    for value in (garbage, b"\x01\x00\x00\x00\x01" + garbage):
        with pytest.raises(Unsealable):
            SEALER.open(value, CONTEXT)


def test_a_value_cut_or_lengthened_is_refused() -> None:
    sealed = SEALER.seal(b"secret", CONTEXT)
    for value in (*(sealed[:end] for end in range(len(sealed))), sealed + b"\x00"):
        with pytest.raises(Unsealable):
            SEALER.open(value, CONTEXT)


def test_a_value_moved_to_another_known_key_is_refused() -> None:
    sealer = opened(Rows())
    sealed = sealer.seal(b"secret", CONTEXT)
    sealer.rotate_data_key()
    with pytest.raises(Unsealable):
        sealer.open(struct.pack(">BI", 1, 2) + sealed[5:], CONTEXT)


def test_a_value_is_bound_to_its_head_even_under_the_same_key() -> None:
    rows = Rows()
    sealed = opened(rows).seal(b"secret", CONTEXT)
    row = rows.rows[1]
    rows.rows[2] = WrappedKey(2, row.wrapped, row.master_id, row.created_at)
    with pytest.raises(Unsealable):
        opened(rows).open(struct.pack(">BI", 1, 2) + sealed[5:], CONTEXT)


def test_a_copy_of_the_rows_opens_nothing_without_the_master_key() -> None:
    """LOG-05"""
    rows = Rows()
    sealed = opened(rows).seal(b"canary-canary", CONTEXT)
    assert b"canary" not in sealed
    with pytest.raises(WrongMasterKey):
        opened(rows, MasterKeys(NEW))
    fresh = opened(Rows(), MasterKeys(NEW))
    with pytest.raises(Unsealable):
        fresh.open(sealed, CONTEXT)


def test_the_wrong_master_key_stops_the_start_with_one_clear_sentence() -> None:
    """REL-14"""
    rows = Rows()
    opened(rows)
    with pytest.raises(
        WrongMasterKey, match=r"was not given: pass it as .* previous master key\.$"
    ):
        opened(rows, MasterKeys(NEW))


def test_a_damaged_row_stops_the_start() -> None:
    """REL-14"""
    rows = Rows()
    opened(rows)
    row = rows.rows[1]
    rows.rows[1] = WrappedKey(1, row.wrapped[::-1], row.master_id, row.created_at)
    with pytest.raises(WrongMasterKey, match="damaged"):
        opened(rows)


def test_values_survive_a_restart_and_a_new_data_key() -> None:
    rows = Rows()
    first = opened(rows)
    before = first.seal(b"one", CONTEXT)
    first.rotate_data_key()
    after = first.seal(b"two", CONTEXT)
    assert (before[4], after[4]) == (1, 2)
    again = opened(rows)
    assert again.open(before, CONTEXT) == b"one"
    assert again.open(after, CONTEXT) == b"two"
    assert {row.created_at for row in rows.rows.values()} == {1000.0}


def test_the_previous_master_key_opens_until_a_rewrap_and_never_after() -> None:
    """REL-14"""
    rows = Rows()
    sealed = opened(rows).seal(b"secret", CONTEXT)
    changed = opened(rows, MasterKeys(NEW, [OLD]))
    assert changed.open(sealed, CONTEXT) == b"secret"
    assert changed.rewrap() == 1
    assert changed.rewrap() == 0
    assert opened(rows, MasterKeys(NEW)).open(sealed, CONTEXT) == b"secret"
    with pytest.raises(WrongMasterKey):
        opened(rows, MasterKeys(OLD))


def test_a_rewrap_that_was_killed_is_finished_by_the_next() -> None:
    """REL-14"""
    rows = Rows()
    sealer = opened(rows)
    sealed = []
    for _ in range(5):
        sealed.append(sealer.seal(b"secret", CONTEXT))
        sealer.rotate_data_key()
    both = opened(rows, MasterKeys(NEW, [OLD]))
    rows.replacements_left = 2
    with pytest.raises(InterruptedError):
        both.rewrap()
    rows.replacements_left = 1000
    resumed = opened(rows, MasterKeys(NEW, [OLD]))
    assert [resumed.open(value, CONTEXT) for value in sealed] == [b"secret"] * 5
    assert resumed.rewrap() == 4
    last = opened(rows, MasterKeys(NEW))
    assert [last.open(value, CONTEXT) for value in sealed] == [b"secret"] * 5


def test_rotating_and_rewrapping_under_load_loses_nothing() -> None:
    """REL-14"""
    rows = Rows()
    sealers = [opened(rows, MasterKeys(NEW, [OLD]), Clock()) for _ in range(2)]
    opened(rows, MasterKeys(OLD, [NEW])).rewrap()

    def work(number: int) -> bool:
        sealer = sealers[number % 2]
        plain, context = b"%d" % number, f"rows/{number}"
        if number % 40 == 0:
            sealer.rotate_data_key()
            sealer.rewrap()
        return sealer.open(sealer.seal(plain, context), context) == plain

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(800)))
    assert {row.master_id for row in rows.rows.values()} == {MasterKeys(NEW).current_id}


def test_processes_that_start_at_once_share_the_first_key() -> None:
    class Late(Rows):
        """Shows nothing at the first look, as to a process that came a moment too early."""

        def all(self) -> Sequence[WrappedKey]:
            rows = super().all()
            return rows if self.reads > 1 else []

    rows, late = Rows(), Late()
    first = opened(rows)
    late.rows = rows.rows
    second = opened(late)
    assert second.open(first.seal(b"secret", CONTEXT), CONTEXT) == b"secret"
    assert first.open(second.seal(b"secret", CONTEXT), CONTEXT) == b"secret"
    assert list(rows.rows) == [1]


def test_a_key_made_by_another_process_is_found() -> None:
    rows, clock = Rows(), Stopped()
    reader = opened(rows, clock=clock)
    writer = opened(rows)
    writer.rotate_data_key()
    assert reader.open(writer.seal(b"secret", CONTEXT), CONTEXT) == b"secret"
    assert reader.seal(b"x", CONTEXT)[4] == 2


def test_whoever_waits_for_anothers_look_lets_others_have_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sealing, "_RELOAD_WAIT", LONG)
    rows = Rows()
    reader, writer = opened(rows), opened(rows)
    writer.rotate_data_key()
    sealed, found = writer.seal(b"value", CONTEXT), list[bytes]()
    reader._reloading.acquire()
    with turning(2) as made:
        made.start(lambda: found.append(reader.open(sealed, CONTEXT)))
        made.start(reader._reloading.release)
    assert found == [b"value"]


def test_unknown_key_ids_cost_the_store_one_look_a_second() -> None:
    rows, clock = Rows(), Stopped()
    sealer = opened(rows, clock=clock)
    forged = [struct.pack(">BI", 1, number) + bytes(40) for number in range(2, 200)]
    start = rows.reads
    for value in forged:
        with pytest.raises(Unsealable):
            sealer.open(value, CONTEXT)
    after_one = rows.reads - start
    clock.moment += 1.0
    for value in forged:
        with pytest.raises(Unsealable):
            sealer.open(value, CONTEXT)
    assert 0 < after_one <= 2
    assert rows.reads - start == 2 * after_one


def test_a_key_under_a_master_this_process_lacks_is_unknown_here() -> None:
    """REL-14: the process keeps working with the keys it has."""
    rows = Rows()
    behind = opened(rows)
    before = behind.seal(b"secret", CONTEXT)
    ahead = opened(rows, MasterKeys(NEW, [OLD]))
    ahead.rewrap()
    ahead.rotate_data_key()
    with pytest.raises(Unsealable):
        behind.open(ahead.seal(b"new", CONTEXT), CONTEXT)
    assert behind.open(before, CONTEXT) == b"secret"


def test_the_keyed_hash_is_the_same_everywhere_and_for_ever() -> None:
    """CGN-10"""
    rows = Rows()
    first = opened(rows)
    value = first.mac(b"pool/name", "decoy salt")
    assert len(value) == 32
    first.rotate_data_key()
    assert first.mac(b"pool/name", "decoy salt") == value
    both = opened(rows, MasterKeys(NEW, [OLD]))
    both.rewrap()
    assert opened(rows, MasterKeys(NEW)).mac(b"pool/name", "decoy salt") == value
    assert first.mac(b"pool/name", "one-time code") != value
    assert first.mac(b"pool/other", "decoy salt") != value
    assert opened(Rows()).mac(b"pool/name", "decoy salt") != value


def test_nothing_that_is_printed_tells_a_key() -> None:
    """LOG-05"""
    rows = Rows()
    sealer = opened(rows)
    data_key = MasterKeys(OLD).unwrap(rows.rows[1].wrapped, rows.rows[1].master_id)
    shown = f"{sealer!r} {sealer} {rows.rows[1]!r}"
    for secret in (OLD, data_key, rows.rows[1].wrapped):
        assert secret.hex() not in shown
        assert repr(secret) not in shown


def test_a_sealer_that_was_not_prepared_says_so() -> None:
    with pytest.raises(RuntimeError, match="prepare"):
        Sealer(MasterKeys(OLD), Rows(), Stopped()).seal(b"", "")
