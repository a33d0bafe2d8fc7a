from __future__ import annotations

import logging
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passlib.context import CryptContext  # type: ignore[import-untyped,unused-ignore]

from poolhouse.contract.shape import Refusal, Refused
from poolhouse.keys.hashing import BadPassword, Hasher, Verdict, unanswerable

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=256)


@pytest.fixture(scope="module")
def hasher() -> Iterator[Hasher]:
    made = Hasher(memory_kib=8, passes=1, threads=2)
    yield made
    made.close()


def test_passwords_are_stored_as_argon2id_of_19_mib_in_two_passes() -> None:
    """AUT-23"""
    hasher = Hasher()
    stored = hasher.hash("Corr3ct-Horse!")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hasher.verify("Corr3ct-Horse!", stored) == Verdict(ok=True, rehash=False)
    hasher.close()


def test_every_hash_has_its_own_salt(hasher: Hasher) -> None:
    assert hasher.hash("same") != hasher.hash("same")


@settings(deadline=None)
@given(password=TEXT)
def test_any_text_up_to_256_characters_is_checked_in_full(hasher: Hasher, password: str) -> None:
    """AUT-20"""
    stored = hasher.hash(password)
    assert hasher.verify(password, stored).ok
    assert (
        hasher.verify(unicodedata.normalize("NFD", password), stored).ok
        or len(unicodedata.normalize("NFD", password)) > 256
    )
    for other in (password[:-1], password + "x", "x" + password, password + "\x00"):
        assert not hasher.verify(other, stored).ok


@pytest.mark.parametrize("length", [73, 100, 256])
def test_nothing_is_cut_off_a_long_password(hasher: Hasher, length: int) -> None:
    """AUT-20"""
    password = "a" * (length - 1) + "b"
    stored = hasher.hash(password)
    assert hasher.verify(password, stored).ok
    for other in (password[:72], password[:-1], "a" * length, password + "b"):
        assert not hasher.verify(other, stored).ok


@pytest.mark.parametrize(
    ("password", "other"),
    [
        ("pass\x00word", "pass"),
        (" password", "password"),
        ("password ", "password"),
        ("Password", "password"),
        ("straße", "strasse"),
        ("p\u200bw", "pw"),
    ],
)
def test_nothing_is_cut_trimmed_or_folded(hasher: Hasher, password: str, other: str) -> None:
    """AUT-20"""
    stored = hasher.hash(password)
    assert hasher.verify(password, stored).ok
    assert not hasher.verify(other, stored).ok


@pytest.mark.parametrize(
    ("one", "other"), [("caf\u00e9", "cafe\u0301"), ("\uff21\uff22", "AB"), ("\ufb01n", "fin")]
)
def test_spellings_of_the_same_text_are_the_same_password(
    hasher: Hasher, one: str, other: str
) -> None:
    """AUT-20"""
    assert hasher.verify(one, hasher.hash(other)).ok
    assert hasher.verify(other, hasher.hash(one)).ok


@pytest.mark.parametrize("password", ["", "x" * 257, "\ud800", "\ufdfa" * 256])
def test_what_cannot_be_a_password_is_neither_stored_nor_right(
    hasher: Hasher, password: str
) -> None:
    """AUT-20. The last one becomes 4608 characters when normalized."""
    stored = hasher.hash("password")
    with pytest.raises(BadPassword) as caught:
        hasher.hash(password)
    assert not password or password not in str(caught.value)
    assert hasher.verify(password, stored) == Verdict(ok=False)
    assert hasher.verify(password, None) == Verdict(ok=False)


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        " ",
        "password",
        "$argon2id$",
        "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA",
        "$argon2id$v=19$m=8,t=1,p=1$" + "A" * 22 + "$",
        "$argon2id$v=19$m=8,t=1,p=1$" + "A" * 22 + "$" + "B" * 42,
        "$argon2id$v=19$m=99999999999,t=1,p=1$" + "A" * 22 + "$" + "B" * 42 + "A",
        "$2b$12$" + "a" * 53,
        "\ud800",
        "!",
        "*",
    ],
)
@pytest.mark.parametrize("password", ["", "password", "None", "!"])
def test_a_user_without_a_usable_hash_never_matches(
    hasher: Hasher, stored: str | None, password: str
) -> None:
    """AUT-24"""
    assert hasher.verify(password, stored) == Verdict(ok=False)


def test_an_unusable_hash_is_logged_without_its_text(
    hasher: Hasher, caplog: pytest.LogCaptureFixture
) -> None:
    """AUT-24"""
    with caplog.at_level(logging.ERROR):
        hasher.verify("canary-password", f"$argon2id$v=19$m=8,t=1,p=1${'A' * 22}${'canary' * 7}")
    assert "could not be used" in caplog.text
    assert "canary" not in caplog.text


def test_a_user_without_a_password_is_no_fault_to_be_logged(
    hasher: Hasher, caplog: pytest.LogCaptureFixture
) -> None:
    """AUT-24: such users are checked against nobody's hash, in the same time as others."""
    for stored in (None, ""):
        assert not hasher.verify("password", stored).ok
    assert not caplog.records


def test_a_hash_of_older_parameters_is_right_and_wants_to_be_made_anew(hasher: Hasher) -> None:
    """AUT-23"""
    stronger = Hasher(memory_kib=16, passes=2, threads=1)
    stored = hasher.hash("password")
    assert stronger.verify("password", stored) == Verdict(ok=True, rehash=True)
    assert stronger.verify("other", stored) == Verdict(ok=False)
    assert not stronger.verify("password", stronger.hash("password")).rehash
    lowest = {"argon2__memory_cost": 8, "argon2__time_cost": 1, "argon2__parallelism": 1}
    other_type = CryptContext(["argon2"], argon2__type="I", **lowest).hash("password")
    assert other_type.startswith("$argon2i$")
    assert hasher.verify("password", other_type) == Verdict(ok=True, rehash=True)
    stronger.close()


def test_nobody_has_no_password_and_costs_what_a_user_costs(hasher: Hasher) -> None:
    """CGN-10: the dummy has the parameters and lengths of real hashes."""
    for password in ("", "password", "x" * 300):
        assert hasher.verify_nobody(password) == Verdict(ok=False)
    real, dummy = hasher.hash("password").split("$"), unanswerable(8, 1, 1).split("$")
    assert real[:4] == dummy[:4]
    assert [len(part) for part in real] == [len(part) for part in dummy]
    assert hasher.verify("password", unanswerable(8, 1, 1)) == Verdict(ok=False)


def test_a_full_queue_refuses_every_kind_of_check_and_judges_none() -> None:
    """NET-06"""
    hasher = Hasher(memory_kib=8, passes=1, threads=1, waiting=0)
    stored = hasher.hash("password")
    gate, entered = threading.Event(), threading.Event()

    def hold() -> None:
        entered.set()
        gate.wait(10)

    holder = threading.Thread(target=hasher.run, args=(hold,))
    holder.start()
    entered.wait(10)
    calls: list[Callable[[], object]] = [
        lambda: hasher.hash("password"),
        lambda: hasher.verify("password", stored),
        lambda: hasher.verify("password", None),
        lambda: hasher.verify_nobody("password"),
        lambda: hasher.run(int),
    ]
    for call in calls:
        with pytest.raises(Refused) as caught:
            call()
        assert caught.value.refusal is Refusal.THROTTLED
    gate.set()
    holder.join()
    assert hasher.verify("password", stored).ok
    hasher.close()


def test_unusable_parameters_show_when_the_hasher_is_made() -> None:
    for memory_kib, passes, lanes in [(7, 1, 1), (8, 0, 1), (8, 1, 0), (8, 1, 2)]:
        with pytest.raises(ValueError, match="at least"):
            Hasher(memory_kib=memory_kib, passes=passes, lanes=lanes)


@pytest.mark.parametrize("level", ["-O", "-OO"])
def test_the_refusals_hold_in_an_optimised_interpreter(level: str) -> None:
    """AUT-24"""
    script = (
        "from poolhouse.keys.hashing import Hasher\n"
        "hasher = Hasher(memory_kib=8, passes=1, threads=1)\n"
        "stored = hasher.hash('password')\n"
        "pairs = [('password', stored), ('x', stored), ('', stored), ('', ''), ('', None),\n"
        "         ('password', None), ('password', 'password'), ('x' * 300, stored)]\n"
        "print([hasher.verify(*pair).ok for pair in pairs], __debug__)\n"
    )
    ran = subprocess.run([sys.executable, level, "-c", script], capture_output=True, check=True)
    assert ran.stdout.decode().strip() == f"{[True] + [False] * 7} False"
