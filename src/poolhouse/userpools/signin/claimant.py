"""Whoever claims a name: the user, their password, and whether they are in any group, read
together. A statement costs a client of PostgreSQL a quarter of a millisecond."""

from __future__ import annotations

from typing import Any

from poolhouse.kernel.call import Call
from poolhouse.kernel.unit import AnyRow
from poolhouse.userpools.groups.store import IN_GROUPS
from poolhouse.userpools.passwords.rows import Password
from poolhouse.userpools.passwords.store import password_of, with_password
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.signin import passage
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.store import Users, user_of, ways
from poolhouse.values import Value

_WAYS = ways(lambda found: with_password(found).add_columns(IN_GROUPS.label("in_groups")))


class Claimant(Value, frozen=True):
    """`user` is None for a name that nobody has, `password` for a user without one."""

    user: User | None = None
    password: Password | None = None
    in_groups: bool = False


class Claimants:
    """One statement whoever they are, so that nobody takes as long as a user."""

    def __init__(self, call: Call[Any], pool: Pool) -> None:
        self._users = Users(call.unit, pool, _WAYS)

    def find(self, name: str) -> Claimant:
        return _claimant(self._users.row(name))

    def by_sub(self, sub: str) -> Claimant:
        return _claimant(self._users.row_of(sub))

    def again(self, claimant: Claimant) -> Claimant:
        """As they are now, after something that may have taken its time."""
        return self.by_sub(claimant.user.sub if claimant.user else passage.NOBODY)


def _claimant(row: AnyRow | None) -> Claimant:
    return Claimant(user_of(row), password_of(row), row.in_groups) if row else Claimant()
