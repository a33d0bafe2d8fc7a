"""The master keys: they wrap the data keys, and live outside the database."""

from __future__ import annotations

import base64
import contextlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

KEY_OCTETS = 32


class BadMasterKey(ValueError):
    """The text or file does not give a usable master key. The message never holds the key."""


class WrongMasterKey(Exception):
    """A data key cannot be opened with the master keys at hand. One sentence for the operator."""


class MasterKeys:
    """Key-encryption keys of 32 octets: the current one wraps, the previous ones only unwrap."""

    def __init__(self, current: bytes, previous: Iterable[bytes] = ()) -> None:
        keys = [current, *previous]
        if any(len(key) != KEY_OCTETS for key in keys):
            raise BadMasterKey("A master key must be 32 octets long.")
        self.current_id = fingerprint(current)
        self._keys = {fingerprint(key): key for key in keys}

    def __repr__(self) -> str:
        return f"MasterKeys(current={self.current_id}, readable={sorted(self._keys)})"

    def wrap(self, data_key: bytes) -> bytes:
        """The data key under the current master key (AES key wrap, RFC 3394)."""
        return aes_key_wrap(self._keys[self.current_id], data_key)

    def unwrap(self, wrapped: bytes, master_id: str) -> bytes:
        """The data key again; raises WrongMasterKey."""
        master = self._keys.get(master_id)
        if master is None:
            raise WrongMasterKey(
                f"The stored keys are wrapped under master key {master_id}, which was not given: "
                "pass it as the current or as a previous master key."
            )
        try:
            return aes_key_unwrap(master, wrapped)
        except (InvalidUnwrap, ValueError):
            raise WrongMasterKey(
                f"A stored key that names master key {master_id} does not open with it: "
                "the row in data_keys is damaged or belongs to another installation."
            ) from None


def fingerprint(master: bytes) -> str:
    """A short name for a master key, from which the key cannot be found."""
    return hmac.digest(master, b"poolhouse master key id", "sha256")[:8].hex()


def from_text(text: str) -> bytes:
    """A master key written as 64 hex digits or as base64 (either alphabet); raises BadMasterKey."""
    text = text.strip()
    try:
        if len(text) == 2 * KEY_OCTETS:
            key = bytes.fromhex(text)
        else:
            bare = text.rstrip("=").replace("-", "+").replace("_", "/")
            key = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_OCTETS:
        raise BadMasterKey("A master key must be 32 octets as base64 or as 64 hex digits.")
    return key


def from_file(path: Path) -> bytes:
    """The master key in a file that only its owner may read; raises BadMasterKey."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(1024)
    except OSError as error:
        raise BadMasterKey(f"Cannot read the master key file {path}: {error.strerror}.") from error
    if os.name == "posix" and mode & 0o077:
        raise BadMasterKey(
            f"The master key file {path} may be read or written by others "
            f"(mode {mode & 0o777:04o}): run chmod 600 on it."
        )
    try:
        return from_text(content.decode("ascii"))
    except ValueError:
        raise BadMasterKey(
            f"The master key file {path} must hold 32 octets as base64 or as 64 hex digits."
        ) from None


def from_file_or_new(path: Path) -> bytes:
    """The key in the file; a new random one, written durably with mode 0600, if there is no file.

    Of several processes that start at once, one writes and all read what it wrote.
    """
    if not path.exists():
        try:
            _write_once(path, base64.b64encode(secrets.token_bytes(KEY_OCTETS)) + b"\n")
        except OSError as error:
            raise BadMasterKey(
                f"Cannot create the master key file {path}: {error.strerror}."
            ) from error
    return from_file(path)


def _write_once(path: Path, content: bytes) -> None:
    """Write a whole file under its name, unless the name is already taken.

    A hard link, not a rename: a rename would replace the key another process has just written.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".master-key-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
