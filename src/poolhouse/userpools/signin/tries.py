"""A try at a password: admitted before it is judged, whoever it is for."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from poolhouse import turns
from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.lockout.store import Admission, Lockouts
from poolhouse.userpools.signin.entrance import Entrance
from poolhouse.userpools.users.naming import key_of
from poolhouse.userpools.users.rows import User

log = logging.getLogger("poolhouse.signin")

# Several people may sign in with one account at once; each waits while five are being judged.
_WAITS = 100
_WAIT_SECONDS = 0.03
_waiting = threading.BoundedSemaphore(16)


def subject_of(entrance: Entrance, user: User | None, name: str) -> str:
    """What tries are counted by: the user, however they are named; a name that nobody has by a
    keyed hash, so that the table tells nobody what was typed."""
    if user is not None:
        return user.sub
    key = key_of(entrance.pool, name).encode()
    tag = entrance.call.services.sealer.mac(entrance.pool.id.encode() + b"/" + key, "no user")
    return "?" + tag[:16].hex()


def admit(entrance: Entrance, subject: str, wait: Callable[[float], None] = time.sleep) -> bool:
    """Counts the try. Whether it had to wait: what was read before may have changed.

    Raises NotAuthorizedException while the subject is locked, and TooManyRequestsException where
    others' tries on it never end.
    """
    if _admitted(entrance, subject):
        return False
    # Each that waits holds a thread, so only so many may.
    if _waiting.acquire(blocking=False):
        try:
            for _ in range(_WAITS):
                with turns.waiting():
                    wait(_WAIT_SECONDS)
                if _admitted(entrance, subject):
                    return True
        finally:
            _waiting.release()
    raise idp.TooManyRequestsException("Too many requests")


def _admitted(entrance: Entrance, subject: str) -> bool:
    lockouts = Lockouts(entrance.call.unit, entrance.pool)
    admission = lockouts.reserve(subject, entrance.call.services.clock.now())
    if admission is Admission.LOCKED:
        _tell(entrance, subject, "locked")
        raise idp.NotAuthorizedException("Password attempts exceeded")
    return admission is Admission.ADMITTED


def judging(entrance: Entrance, subject: str) -> AbstractContextManager[None]:
    """Around the judging of an admitted try."""
    return Lockouts(entrance.call.unit, entrance.pool).judging(subject)


def failed(entrance: Entrance, subject: str) -> None:
    _tell(entrance, subject, "refused")
    Lockouts(entrance.call.unit, entrance.pool).fail(subject, entrance.call.services.clock.now())


def forgiven(entrance: Entrance, subject: str) -> None:
    Lockouts(entrance.call.unit, entrance.pool).forgive(subject, entrance.call.now)


def succeeded(entrance: Entrance, subject: str) -> None:
    _tell(entrance, subject, "proved")
    Lockouts(entrance.call.unit, entrance.pool).succeed(subject, entrance.call.now)


def _tell(entrance: Entrance, subject: str, outcome: str) -> None:
    """One line a judged password. The subject is a `sub` or a keyed hash, never what was typed."""
    log.info(
        "password",
        extra={
            "request_id": entrance.call.origin.request_id,
            "outcome": outcome,
            "pool": entrance.pool.id,
            "client": entrance.client.id,
            "subject": subject,
            "ip": entrance.call.origin.source_ip,
        },
    )
