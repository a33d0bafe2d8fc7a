"""The names that only one user may have, claimed and released as a profile changes."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from poolhouse.kernel.call import Call
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.attributes import CONTACTS
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.store import Users
from poolhouse.userpools.users.usernames import PREFERRED, sign_in_names


class Claims:
    """Names move in one order, all claims before all releases, so that no two changes can wait
    for each other."""

    def __init__(self, call: Call[Any], pool: Pool) -> None:
        self._pool = pool
        self._users = Users(call.unit, pool)
        self._now = call.now
        self._unit = call.unit

    def lost(
        self, before: User | None, after: User, *, force: bool = False
    ) -> list[tuple[str, str]]:
        """Claims what `after` newly needs and releases what it no longer does. Answers the names
        that another user has; the unit must then not be committed."""
        had = sign_in_names(self._pool, before) if before else frozenset()
        needed = sign_in_names(self._pool, after)
        for kind, key in sorted(needed - had):
            if force:
                self._move(kind, key, after)
            if not self._claim(kind, key, after):
                return [(kind, key)]
        for kind, key in sorted(had - needed):
            self._users.release_alias(kind, key, after.sub)
        return []

    def lock_losers(self, user: User, *, force: bool) -> None:
        """Locks whoever a forced claim takes a name from, and the user if stored already, in one
        order for all calls."""
        if not force:
            return
        owners = {
            self._users.alias_owner(kind, key)
            for kind, key in sign_in_names(self._pool, user)
            if self._movable(kind)
        }
        stored = self._users.by_sub(user.sub)
        subs = {owner for owner in owners if owner} | ({stored.sub} if stored else set())
        for sub in sorted(subs):
            self._users.lock(sub)

    def _claim(self, kind: str, key: str, user: User) -> bool:
        if kind == PREFERRED:
            # It would be found before the user whose `sub` it is.
            other = self._users.by_sub(key)
            if other is not None and other.sub != user.sub:
                return False
        return self._users.claim_alias(kind, key, user.sub)

    def _movable(self, kind: str) -> bool:
        return kind in CONTACTS and kind in self._pool.alias_attributes

    def _move(self, kind: str, key: str, winner: User) -> None:
        """Takes a verified alias from its owner, whose address is unverified from now on."""
        owner = self._users.alias_owner(kind, key)
        if owner is None or owner == winner.sub or not self._movable(kind):
            return
        loser = self._users.lock(owner)
        attributes = {**loser.attributes, f"{kind}_verified": "false"}
        self._users.change(loser, replace(loser, attributes=attributes, modified_at=self._now))
        self._users.release_alias(kind, key, owner)
