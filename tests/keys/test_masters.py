from __future__ import annotations

import base64
import os
import secrets
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from poolhouse.keys import masters
from poolhouse.keys.masters import BadMasterKey, MasterKeys, WrongMasterKey

KEY = bytes(range(100, 132))


@pytest.mark.parametrize(
    "text",
    [
        KEY.hex(),
        KEY.hex().upper(),
        base64.b64encode(KEY).decode(),
        base64.urlsafe_b64encode(KEY).decode().rstrip("="),
        f"  {KEY.hex()}\n",
    ],
)
def test_a_master_key_is_read_as_hex_or_base64(text: str) -> None:
    assert masters.from_text(text) == KEY


@pytest.mark.parametrize(
    "text",
    ["", "secret", "a" * 32, "é" * 43, "ab " * 21 + "a", KEY.hex()[:-2], "z" * 64, "A" * 44],
)
def test_a_text_that_gives_no_32_octets_is_refused_without_being_quoted(text: str) -> None:
    """TOK-15"""
    with pytest.raises(BadMasterKey) as caught:
        masters.from_text(text)
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize("key", [b"", KEY[:16], KEY + b"x"])
def test_a_master_key_of_another_length_is_refused(key: bytes) -> None:
    """TOK-15"""
    with pytest.raises(BadMasterKey):
        MasterKeys(key)
    with pytest.raises(BadMasterKey):
        MasterKeys(KEY, [key])


def test_a_missing_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    key = masters.from_file_or_new(path)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert masters.from_file_or_new(path) == key
    assert list(tmp_path.iterdir()) == [path]


def test_processes_that_start_at_once_read_the_same_new_key(tmp_path: Path) -> None:
    for turn in range(20):
        path = tmp_path / f"{turn}.key"
        with ThreadPoolExecutor(8) as threads:
            keys = set(threads.map(masters.from_file_or_new, [path] * 8))
        assert len(keys) == 1


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o601])
def test_a_key_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """LOG-05"""
    path = tmp_path / "master.key"
    masters.from_file_or_new(path)
    path.chmod(mode)
    with pytest.raises(BadMasterKey, match="chmod 600"):
        masters.from_file_or_new(path)


@pytest.mark.parametrize("content", [b"", b"\xff" * 32, b"not a key", b"A" * 5000])
def test_a_key_file_without_a_key_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(BadMasterKey, match="32 octets"):
        masters.from_file_or_new(path)
    assert path.read_bytes() == content


def test_a_folder_that_is_missing_or_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadMasterKey, match="Cannot create"):
        masters.from_file_or_new(tmp_path / "none" / "master.key")
    with pytest.raises(BadMasterKey, match="Cannot read"):
        masters.from_file(tmp_path / "none")
    with pytest.raises(BadMasterKey, match="Cannot read"):
        masters.from_file_or_new(tmp_path)


def test_nothing_that_is_printed_tells_the_key() -> None:
    """LOG-05"""
    keys = MasterKeys(KEY, [secrets.token_bytes(32)])
    for shown in (repr(keys), str(keys), keys.current_id):
        assert KEY.hex() not in shown
        assert base64.b64encode(KEY).decode() not in shown
        assert repr(KEY) not in shown
    assert masters.fingerprint(KEY) == keys.current_id
    assert keys.current_id not in KEY.hex()


def test_a_previous_key_unwraps_and_does_not_wrap() -> None:
    """REL-14"""
    old, new = secrets.token_bytes(32), secrets.token_bytes(32)
    wrapped = MasterKeys(old).wrap(KEY)
    both = MasterKeys(new, [old])
    assert both.unwrap(wrapped, masters.fingerprint(old)) == KEY
    assert MasterKeys(new).unwrap(both.wrap(KEY), both.current_id) == KEY


def test_a_wrapped_key_opens_only_with_its_master_and_unaltered() -> None:
    """REL-14"""
    keys, other = MasterKeys(KEY), MasterKeys(secrets.token_bytes(32))
    wrapped = keys.wrap(bytes(32))
    with pytest.raises(WrongMasterKey, match=keys.current_id):
        other.unwrap(wrapped, keys.current_id)
    for broken in (b"", wrapped[:-1], wrapped + b"12345678", bytes([wrapped[0] ^ 1]) + wrapped[1:]):
        with pytest.raises(WrongMasterKey, match="damaged"):
            keys.unwrap(broken, keys.current_id)
