"""From proved logins to the identity they speak for: found, made, linked or merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from poolhouse import ids
from poolhouse.identitypools.identities import rules
from poolhouse.identitypools.identities.rows import Identity
from poolhouse.identitypools.identities.rules import Owners, Plan
from poolhouse.identitypools.identities.store import Identities
from poolhouse.identitypools.logins.rules import Link
from poolhouse.identitypools.pools.rows import IdentityPool
from poolhouse.kernel.unit import Unit


class Settling:
    """Decides on what it read and writes only what a decision under locks still says."""

    def __init__(self, unit: Unit, pool: IdentityPool, now: float) -> None:
        self._unit = unit
        self._pool = pool
        self._now = now
        self._identities = Identities(unit)

    def for_logins(self, offered: Sequence[Link]) -> str:
        """The id of the identity that knows the logins; a new one where none does."""
        return self._settle(None, offered, lambda _, owners: rules.plan_for_logins(offered, owners))

    def for_identity(self, identity: Identity, offered: Sequence[Link]) -> str:
        """The id of the identity that may be used with these logins: mostly the given one."""

        def plan(current: Identity | None, owners: Owners) -> Plan:
            return rules.plan_for_identity(current or identity, offered, owners)

        return self._settle(identity, offered, plan)

    def for_developer(self, identity: Identity | None, offered: Sequence[Link]) -> str:
        """The same for logins that the developer's own back end vouches for."""

        def plan(current: Identity | None, owners: Owners) -> Plan:
            return rules.plan_for_developer(current, offered, owners)

        return self._settle(identity, offered, plan)

    def guest(self) -> str:
        """A new identity without logins."""
        return self._new(guest=True).id

    def _settle(
        self,
        identity: Identity | None,
        offered: Sequence[Link],
        plan_of: Callable[[Identity | None, Owners], Plan],
    ) -> str:
        plan = plan_of(identity, self._owners(identity, offered))
        if plan.changes_nothing and plan.identity_id is not None:
            return plan.identity_id
        owners = self._locked(identity, offered)
        current = self._identities.get_in(self._pool, identity.id) if identity else None
        return self._carry_out(plan_of(current, owners))

    def _owners(self, identity: Identity | None, offered: Sequence[Link]) -> dict[Link, str]:
        own = {x: identity.id for x in offered if x in identity.links} if identity else {}
        return own | self._identities.owners(self._pool, [x for x in offered if x not in own])

    def _locked(self, identity: Identity | None, offered: Sequence[Link]) -> dict[Link, str]:
        """The logins' owners, read while all of them are locked."""
        locked: set[str] = set()
        wanted = {identity.id} if identity else set()
        while True:
            self._identities.lock(*(wanted - locked))
            locked |= wanted
            owners = self._identities.owners(self._pool, offered)
            wanted = set(owners.values())
            if wanted <= locked:
                return owners

    def _carry_out(self, plan: Plan) -> str:
        if plan.merged_guest is not None and plan.identity_id is not None:
            guest = self._identities.get_in(self._pool, plan.merged_guest)
            self._identities.change(
                replace(guest, enabled=False, merged_into=plan.identity_id, modified_at=self._now)
            )
        if plan.identity_id is None:
            target = self._new(guest=False)
        else:
            target = self._identities.get_in(self._pool, plan.identity_id)
        if plan.link:
            rules.check_links((*target.links, *plan.link))
            self._identities.link(target, plan.link, self._now)
            if plan.identity_id is not None:
                self._identities.change(replace(target, guest=False, modified_at=self._now))
        return target.id

    def _new(self, *, guest: bool) -> Identity:
        made = Identity(
            ids.identity(self._pool.region),
            self._pool.id,
            enabled=True,
            guest=guest,
            merged_into=None,
            created_at=self._now,
            modified_at=self._now,
        )
        self._identities.add(made)
        return made
