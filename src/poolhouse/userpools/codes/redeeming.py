"""Redeeming a code: counted, judged, and then spent with the change it allows."""

from __future__ import annotations

from typing import Any

from poolhouse.kernel.call import Call
from poolhouse.userpools.codes import rules
from poolhouse.userpools.codes.rows import Code
from poolhouse.userpools.codes.store import Codes, exceeded, expired, mismatch
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.store import Users


class Redemption:
    """One try at a user's code of one purpose. `hides` where the client hides who exists: then
    nothing but the right digits tells apart no user, no code, and a wrong code.

    In this order: `judge`, then in the unit whatever locks the user (or `hold`), then `spend`.
    Users are locked before codes everywhere, so that no two units wait for each other.
    """

    def __init__(self, call: Call[Any], pool: Pool, purpose: str, *, hides: bool = False) -> None:
        self._call = call
        self._pool = pool
        self._codes = Codes(call, pool)
        self._purpose = purpose
        self._hides = hides

    def judge(self, user: User, digits: str) -> Code:
        """The code, if these are its digits and it is good. Counts the try before it looks;
        writes nothing else.

        Raises CodeMismatchException, ExpiredCodeException, LimitExceededException.
        """
        code = self._codes.guessed(user.sub, self._purpose)
        if rules.void(code):
            raise exceeded()
        good = rules.good(code, user, self._call.now)
        if not self._codes.matches(code, digits):
            raise mismatch() if self._hides or good else expired()
        if not good:
            raise expired()
        return code

    def hold(self, code: Code) -> User:
        """The code's user, locked, for whom the code is still good. Raises
        ExpiredCodeException, UserNotFoundException."""
        user = Users(self._call.unit, self._pool).lock(code.sub)
        if not rules.good(code, user, self._call.now):
            raise expired()
        return user

    def spend(self, code: Code) -> None:
        """Takes the code with the unit: what else the unit does is done with the code or not at
        all. Of parallel redemptions one is the first. Raises ExpiredCodeException."""
        if not self._codes.take(code):
            raise expired()
