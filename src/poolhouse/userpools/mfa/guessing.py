"""Guesses at a code: each is counted, in a commit of its own, before it is judged."""

from __future__ import annotations

from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.userpools.lockout.store import Admission, Lockouts
from poolhouse.userpools.pools.rows import Pool


class Guess:
    """One guess by a subject of its own: a password that was right forgives no wrong code, and a
    new sign-in begins no new count. No transaction may be open."""

    def __init__(self, call: Call[Any], pool: Pool, subject: str) -> None:
        """Raises NotAuthorizedException while the subject is locked, TooManyRequestsException
        while as many as may be are being judged."""
        self._lockouts = Lockouts(call.unit, pool)
        self._subject = subject
        self._now = call.services.clock.now()
        admission = self._lockouts.reserve(subject, self._now)
        if admission is Admission.LOCKED:
            raise idp.NotAuthorizedException("Password attempts exceeded")
        if admission is not Admission.ADMITTED:
            raise idp.TooManyRequestsException("Too many requests")

    def wrong(self) -> None:
        self._lockouts.fail(self._subject, self._now)

    def right(self) -> None:
        """Kept whatever becomes of the unit: the code was right."""
        self._lockouts.forgive(self._subject, self._now)

    def late(self) -> None:
        """A right code that somebody has used before: neither a wrong guess nor a success."""
        self._lockouts.withdraw(self._subject)
