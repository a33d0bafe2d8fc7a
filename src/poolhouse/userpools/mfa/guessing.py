"""Guesses at a code: each is counted, in a commit of its own, before it is judged."""

from __future__ import annotations

import logging
from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.userpools.lockout.store import Admission, Lockouts
from poolhouse.userpools.pools.rows import Pool

log = logging.getLogger("poolhouse.signin")


class Guess:
    """One guess by a subject of its own: a password that was right forgives no wrong code, and a
    new sign-in begins no new count. No transaction may be open."""

    def __init__(self, call: Call[Any], pool: Pool, subject: str) -> None:
        """Raises NotAuthorizedException while the subject is locked, TooManyRequestsException
        while as many as may be are being judged."""
        self._lockouts = Lockouts(call.unit, pool)
        self._call, self._pool, self._subject = call, pool, subject
        self._now = call.services.clock.now()
        admission = self._lockouts.reserve(subject, self._now)
        if admission is Admission.LOCKED:
            self._tell("locked")
            raise idp.NotAuthorizedException("Password attempts exceeded")
        if admission is not Admission.ADMITTED:
            raise idp.TooManyRequestsException("Too many requests")

    def wrong(self) -> None:
        self._tell("refused")
        self._lockouts.fail(self._subject, self._now)

    def right(self) -> None:
        """Kept whatever becomes of the unit: the code was right."""
        self._tell("proved")
        self._lockouts.forgive(self._subject, self._now)

    def late(self) -> None:
        """A right code that somebody has used before: neither a wrong guess nor a success."""
        self._tell("refused")
        self._lockouts.withdraw(self._subject)

    def _tell(self, outcome: str) -> None:
        """One line a judged code."""
        log.info(
            "software token",
            extra={
                "request_id": self._call.origin.request_id,
                "outcome": outcome,
                "pool": self._pool.id,
                "subject": self._subject,
                "ip": self._call.origin.source_ip,
            },
        )
