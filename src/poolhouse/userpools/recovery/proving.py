"""Proving the old password before it is replaced."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.userpools.lockout.store import Admission, Lockouts
from poolhouse.userpools.passwords.rows import Password
from poolhouse.userpools.passwords.store import Passwords
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import User


def prove_previous(
    call: Call[Any], pool: Pool, user: User, previous: str | None
) -> Callable[[], None]:
    """Proves that `previous` is the user's password; a user without one proves nothing. A wrong
    one counts as a failed sign-in. Answers a check for inside the unit, that the password is
    still the one that was proved.

    Raises:
        NotAuthorizedException: wrong, missing, or locked after too many failures.
        TooManyRequestsException: too many tries at once.
    """
    passwords = Passwords(call, pool)
    stored = passwords.find(user)
    if stored is not None:
        _prove(call, pool, user, stored, previous or "")

    def unchanged() -> None:
        now = passwords.find(user)
        before, after = (found.hash if found else "" for found in (stored, now))
        if not hmac.compare_digest(before.encode(), after.encode()):
            raise incorrect()

    return unchanged


def _prove(call: Call[Any], pool: Pool, user: User, stored: Password, previous: str) -> None:
    lockouts = Lockouts(call.unit, pool)
    admission = lockouts.reserve(user.sub, call.now)
    if admission is Admission.LOCKED:
        raise idp.NotAuthorizedException("Password attempts exceeded")
    if admission is not Admission.ADMITTED:
        raise idp.TooManyRequestsException("Too many requests")
    with lockouts.judging(user.sub):
        verdict = call.services.hasher.verify(previous, stored.hash)
    if not verdict.ok:
        lockouts.fail(user.sub, call.now)
        raise incorrect()
    lockouts.forgive(user.sub, call.now)


def incorrect() -> idp.NotAuthorizedException:
    return idp.NotAuthorizedException("Incorrect username or password.")
