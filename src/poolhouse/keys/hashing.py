"""Passwords at rest: Argon2id (RFC 9106) in its own threads."""

from __future__ import annotations

import base64
import logging
import secrets
import unicodedata
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from passlib.context import CryptContext  # type: ignore[import-untyped,unused-ignore]

from poolhouse.keys.bounded import BoundedPool
from poolhouse.values import Value

MOST_CHARACTERS = 256
_MOST_NORMALIZED = 4096  # passlib's bound; NFKC makes up to 18 characters of one

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class BadPassword(ValueError):
    """Empty, over 256 characters, or not text: it can be neither stored nor right."""


class Verdict(Value, frozen=True):
    """`ok`: the password is right. `rehash`: and should be stored anew, parameters changed."""

    ok: bool
    rehash: bool = False


_WRONG = Verdict(ok=False)


class Hasher:
    """Hashes and checks passwords; each call blocks its thread until the pool has answered.

    The defaults are OWASP's second choice (19 MiB, two passes, one lane): half the processor time
    of 46 MiB in one pass here, at the same cost for an attacker's hardware.
    """

    def __init__(
        self,
        *,
        memory_kib: int = 19456,
        passes: int = 2,
        lanes: int = 1,
        threads: int | None = None,
        waiting: int = 64,
    ) -> None:
        if lanes < 1 or passes < 1 or memory_kib < 8 * lanes:  # RFC 9106, 3.1
            raise ValueError("Argon2id takes at least one lane, one pass and 8 KiB for each lane")
        self._context = CryptContext(
            schemes=["argon2"],
            argon2__type="ID",
            argon2__memory_cost=memory_kib,
            argon2__time_cost=passes,
            argon2__parallelism=lanes,
        )
        self._nobody = unanswerable(memory_kib, passes, lanes)
        self._context.handler("argon2").get_backend()  # a missing library shows here
        self._pool = BoundedPool(threads, waiting)

    def hash(self, password: str) -> str:
        """A salted hash of the whole password, NFKC first (NIST SP 800-63B-4, 3.1.1.2).

        Raises BadPassword, or Refused where too many are waiting.
        """
        return str(self._pool.run(self._context.hash, _normalized(password)))

    def verify(self, password: str, stored: str | None) -> Verdict:
        """Whether the password is the stored one. Never right for a user without a hash, who
        costs as much as any other. Raises only Refused, where too many are waiting."""
        if not stored:
            return self.verify_nobody(password)
        try:
            normalized = _normalized(password)
        except BadPassword:
            return _WRONG
        return self._pool.run(self._judge, normalized, stored)

    def verify_nobody(self, password: str) -> Verdict:
        """The same work for a user who does not exist; never ok."""
        self.verify(password, self._nobody)
        return _WRONG

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Other heavy arithmetic (SRP), bounded with the hashes: one such call at a time."""
        return self._pool.run_here(function, *args, **kwargs)

    @property
    def in_hand(self) -> int:
        """How many calls are running or waiting now."""
        return self._pool.in_hand

    def close(self) -> None:
        """Finish what is queued and end the threads."""
        self._pool.close()

    def _judge(self, normalized: str, stored: str) -> Verdict:
        try:
            if not self._context.verify(normalized, stored):
                return _WRONG
            return Verdict(ok=True, rehash=bool(self._context.needs_update(stored)))
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, the password is not right
            # The error's text may quote the hash: only its type is logged.
            log.error("a stored password hash could not be used: %s", type(error).__name__)
            return _WRONG


def _normalized(password: str) -> str:
    if not password or len(password) > MOST_CHARACTERS:
        raise BadPassword("A password has 1 to 256 characters.")
    normalized = unicodedata.normalize("NFKC", password)
    try:
        normalized.encode("utf-8")
    except UnicodeEncodeError:
        raise BadPassword("A password must be Unicode text.") from None
    if len(normalized) > _MOST_NORMALIZED:
        raise BadPassword("A password has 1 to 256 characters.")
    return normalized


def unanswerable(memory_kib: int, passes: int, lanes: int) -> str:
    """A well-formed hash with a random digest: it costs a real check and no password fits it."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(count)).decode().rstrip("=") for count in (16, 32)
    )
    return f"$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${digest}"
