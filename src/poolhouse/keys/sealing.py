"""Envelope encryption: values under data keys (AES-256-GCM), data keys under a master key."""

from __future__ import annotations

import contextlib
import hmac
import secrets
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from poolhouse import turns
from poolhouse.clock import Clock
from poolhouse.keys.masters import MasterKeys, WrongMasterKey

_VERSION = 1
_HEAD = struct.Struct(">BI")  # version, data key id
_NONCE = 12
_TAG = 16
OVERHEAD = _HEAD.size + _NONCE + _TAG
"""Octets that sealing adds."""
_RELOAD_EVERY = 1.0  # seconds between two looks for a key id that nobody knows
_RELOAD_WAIT = 0.5  # seconds; bounded, since the store may need a connection others hold


class Unsealable(Exception):
    """The sealed value was altered, belongs to another context, or its key is unknown."""


class KeyTaken(Exception):
    """Another process has just added a data key with this id."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A row of data_keys. The key with the highest id seals; all open. None is ever removed."""

    id: int
    wrapped: bytes = field(repr=False)
    master_id: str
    created_at: float


class DataKeyStore(Protocol):
    """Where wrapped data keys are kept. Each call is committed when it returns."""

    def all(self) -> Sequence[WrappedKey]: ...

    def add(self, key: WrappedKey) -> None:
        """Raises KeyTaken where the id exists."""

    def replace(self, key: WrappedKey) -> None: ...


class _Ring:
    """The data keys, opened. Never changed: a new ring takes its place in one assignment."""

    def __init__(self, keys: dict[int, bytes]) -> None:
        self.ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.newest = max(keys)
        self.oldest_key = keys[min(keys)]


class Sealer:
    """Seals and opens values. Thread-safe; call `prepare` once before use."""

    def __init__(self, masters: MasterKeys, store: DataKeyStore, clock: Clock) -> None:
        self._masters = masters
        self._store = store
        self._clock = clock
        self._opened: _Ring | None = None
        self._mac_keys: dict[str, bytes] = {}
        self._reloading = threading.Lock()
        self._last_look = float("-inf")

    def __repr__(self) -> str:
        return f"Sealer({self._masters!r})"

    def prepare(self) -> None:
        """Open every data key, making the first where there is none. Call again to see new ones.

        Raises WrongMasterKey where one cannot be opened: the server must not start.
        """
        if not self._store.all():
            self._add(1)
        self._opened = _Ring({row.id: self._unwrap(row) for row in self._store.all()})

    def seal(self, plain: bytes, context: str) -> bytes:
        """Version, data key id, nonce and AES-256-GCM ciphertext: 33 octets more than `plain`.

        `context` names the one place where the value may be opened (`access_keys/AKIA…/secret`).
        Random nonces bound the use of one data key to 2^32 values (NIST SP 800-38D, 8.3).
        """
        ring = self._ring()
        head = _HEAD.pack(_VERSION, ring.newest)
        nonce = secrets.token_bytes(_NONCE)
        return head + nonce + ring.ciphers[ring.newest].encrypt(nonce, plain, _bind(head, context))

    def open(self, sealed: bytes, context: str) -> bytes:
        """What was sealed under this context; raises Unsealable for anything else."""
        if len(sealed) < OVERHEAD:
            raise Unsealable("too short")
        head, nonce = sealed[: _HEAD.size], sealed[_HEAD.size : _HEAD.size + _NONCE]
        version, key_id = _HEAD.unpack(head)
        if version != _VERSION:
            raise Unsealable("unknown version")
        cipher = self._ring().ciphers.get(key_id) or self._look_for(key_id)
        try:
            return cipher.decrypt(nonce, sealed[_HEAD.size + _NONCE :], _bind(head, context))
        except InvalidTag:
            raise Unsealable("altered, or of another context") from None

    def rotate_data_key(self) -> None:
        """Add a data key and seal with it from now on. Other processes follow when they prepare,
        or when they meet a value sealed with it."""
        self._add(max((row.id for row in self._store.all()), default=0) + 1)
        self.prepare()

    def rewrap(self) -> int:
        """Wrap every data key under the current master key; the number that were changed.

        Row by row: stopped half-way, the next call does the rest. Afterwards the previous master
        keys open nothing. Raises WrongMasterKey.
        """
        stale = [row for row in self._store.all() if row.master_id != self._masters.current_id]
        for row in stale:
            wrapped = self._masters.wrap(self._unwrap(row))
            self._store.replace(replace(row, wrapped=wrapped, master_id=self._masters.current_id))
        return len(stale)

    def mac(self, message: bytes, purpose: str) -> bytes:
        """HMAC-SHA256 under a key for this purpose, the same in every process and after restarts.

        For one-time codes and decoy salts. The key comes from the oldest data key by HKDF
        (RFC 5869), so neither rotation nor re-wrapping changes it.
        """
        key = self._mac_keys.get(purpose)
        if key is None:
            info = b"poolhouse mac\x00" + purpose.encode()
            derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=info)
            key = self._mac_keys[purpose] = derive.derive(self._ring().oldest_key)
        return hmac.digest(key, message, "sha256")

    def _ring(self) -> _Ring:
        if self._opened is None:
            raise RuntimeError("Sealer.prepare has not been called")
        return self._opened

    def _add(self, key_id: int) -> None:
        wrapped = self._masters.wrap(AESGCM.generate_key(bit_length=256))
        row = WrappedKey(key_id, wrapped, self._masters.current_id, self._clock.now())
        with contextlib.suppress(KeyTaken):  # another process was faster: its key does as well
            self._store.add(row)

    def _unwrap(self, row: WrappedKey) -> bytes:
        return self._masters.unwrap(row.wrapped, row.master_id)

    def _look_for(self, key_id: int) -> AESGCM:
        """Ask the store for a key made since; at most once a second, since anyone may ask."""
        if not self._reloading.acquire(blocking=False):
            with turns.waiting():
                if not self._reloading.acquire(timeout=_RELOAD_WAIT):
                    raise Unsealable("unknown data key")
        try:
            if self._clock.elapsed() - self._last_look >= _RELOAD_EVERY:
                self._last_look = self._clock.elapsed()
                self.prepare()
        except WrongMasterKey:
            pass  # wrapped under a master key given to newer processes only: unknown here
        finally:
            self._reloading.release()
        found = self._ring().ciphers.get(key_id)
        if found is None:
            raise Unsealable("unknown data key")
        return found


def _bind(head: bytes, context: str) -> bytes:
    return head + context.encode("utf-8", "surrogatepass")
