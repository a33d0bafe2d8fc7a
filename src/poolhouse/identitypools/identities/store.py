"""Every query on identities and their logins."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import groupby

from sqlalchemy import bindparam, delete, select, update

from poolhouse.contract import cognito_identity as cid
from poolhouse.identitypools.identities.rows import Identity, identities, identity_logins
from poolhouse.identitypools.logins.rules import Link
from poolhouse.identitypools.pools.rows import IdentityPool, identity_pools
from poolhouse.identitypools.pools.store import IdentityPools
from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.storage.base import insert

_t = identities.c
_l = identity_logins.c
_p = identity_pools.c
_COLUMNS = (*identities.c, _l.provider, _l.subject, _l.developer)
_WITH_LINKS = identities.outerjoin(identity_logins, _l.identity_id == _t.id)
_BY_ID = (
    select(*_COLUMNS, _p.version.label("pool_version"))
    .select_from(_WITH_LINKS.join(identity_pools, _p.id == _t.pool_id))
    .where(_t.id == bindparam("id"))
    .order_by(_l.linked_at, _l.subject_hash)
)
_LOCK = select(_t.id).where(_t.id == bindparam("id")).with_for_update()
_IDS = (
    select(_t.id)
    .where(_t.pool_id == bindparam("of"), _t.id > bindparam("after"))
    .order_by(_t.id)
    .limit(bindparam("count"))
)
_PAGE, _ENABLED_PAGE = (
    select(*_COLUMNS).select_from(_WITH_LINKS).where(_t.id.in_(wanted)).order_by(_t.id)
    for wanted in (_IDS, _IDS.where(_t.enabled.is_(True)))
)
_OWNER = select(_l.identity_id).where(
    _l.pool_id == bindparam("of"),
    _l.provider == bindparam("provider"),
    _l.subject_hash == bindparam("hash"),
)
_ADD = insert(identities)
_CHANGE = (
    update(identities)
    .where(_t.id == bindparam("key"))
    .values(
        enabled=bindparam("enabled"),
        guest=bindparam("guest"),
        merged_into=bindparam("merged_into"),
        modified_at=bindparam("modified_at"),
    )
)
_REMOVE = delete(identities).where(_t.id == bindparam("id"))
_LINK = insert(identity_logins)
_UNLINK = delete(identity_logins).where(
    _l.pool_id == bindparam("of"),
    _l.provider == bindparam("provider"),
    _l.subject_hash == bindparam("hash"),
    _l.identity_id == bindparam("key"),
)
_MOVE = (
    update(identity_logins)
    .where(_l.identity_id == bindparam("source"))
    .values(identity_id=bindparam("target"))
)


def _identity(rows: Sequence[AnyRow]) -> Identity:
    first = rows[0]
    return Identity(
        first.id,
        first.pool_id,
        first.enabled,
        first.guest,
        first.merged_into,
        first.created_at,
        first.modified_at,
        tuple(
            Link(row.provider, row.subject, row.developer)
            for row in rows
            if row.provider is not None
        ),
    )


def _hash(link: Link) -> str:
    return hashlib.sha256(link.subject.encode()).hexdigest()


class Identities:
    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    # finding ---------------------------------------------------------------------------
    def find(self, identity_id: str) -> tuple[Identity, IdentityPool] | None:
        """An identity with its logins, oldest first, and its pool: one statement."""
        rows = self._unit.all(_BY_ID, id=identity_id)
        if not rows:
            return None
        pool = IdentityPools(self._unit).at_version(rows[0].pool_id, rows[0].pool_version)
        return _identity(rows), pool

    def get(self, identity_id: str) -> tuple[Identity, IdentityPool]:
        """Raises ResourceNotFoundException."""
        found = self.find(identity_id)
        if found is None:
            raise missing(identity_id)
        return found

    def get_in(self, pool: IdentityPool, identity_id: str) -> Identity:
        """The identity, which must be the pool's own. Raises ResourceNotFoundException."""
        found = self.find(identity_id)
        if found is None or found[0].pool_id != pool.id:
            raise missing(identity_id)
        return found[0]

    def lock(self, *identity_ids: str) -> None:
        """Locks those that exist until the unit ends, always in the same order."""
        self._unit.begin()
        for identity_id in sorted(identity_ids):
            self._unit.one(_LOCK, id=identity_id)

    def list(
        self, pool: IdentityPool, after: str, count: int, *, hide_disabled: bool
    ) -> Sequence[Identity]:
        page = _ENABLED_PAGE if hide_disabled else _PAGE
        rows = self._unit.all(page, of=pool.id, after=after, count=count)
        return [_identity(list(of_one)) for _, of_one in groupby(rows, lambda row: row.id)]

    def owner(self, pool: IdentityPool, link: Link) -> str | None:
        """The id of the identity that a login belongs to."""
        row = self._unit.one(_OWNER, of=pool.id, provider=link.provider, hash=_hash(link))
        return row.identity_id if row else None

    def owners(self, pool: IdentityPool, links: Iterable[Link]) -> dict[Link, str]:
        """The same for several logins; unknown ones are absent."""
        found = {link: self.owner(pool, link) for link in links}
        return {link: owner for link, owner in found.items() if owner is not None}

    # changing --------------------------------------------------------------------------
    def add(self, identity: Identity) -> None:
        self._unit.write(
            _ADD,
            id=identity.id,
            pool_id=identity.pool_id,
            enabled=identity.enabled,
            guest=identity.guest,
            merged_into=identity.merged_into,
            created_at=identity.created_at,
            modified_at=identity.modified_at,
        )

    def change(self, identity: Identity) -> None:
        """Writes what may change of an identity, but not its logins; lock it first."""
        self._unit.write(
            _CHANGE,
            key=identity.id,
            enabled=identity.enabled,
            guest=identity.guest,
            merged_into=identity.merged_into,
            modified_at=identity.modified_at,
        )

    def remove(self, identity_id: str) -> bool:
        return self._unit.write(_REMOVE, id=identity_id) == 1

    def link(self, identity: Identity, links: Iterable[Link], now: float) -> None:
        """Where a login has just become another identity's, its key refuses the write and the
        whole operation is decided again."""
        for link in links:
            self._unit.write(
                _LINK,
                pool_id=identity.pool_id,
                provider=link.provider,
                subject_hash=_hash(link),
                subject=link.subject,
                identity_id=identity.id,
                developer=link.developer,
                linked_at=now,
            )

    def unlink(self, identity: Identity, link: Link) -> bool:
        removed = self._unit.write(
            _UNLINK,
            of=identity.pool_id,
            provider=link.provider,
            hash=_hash(link),
            key=identity.id,
        )
        return removed == 1

    def move_links(self, source: Identity, target: Identity) -> None:
        self._unit.write(_MOVE, source=source.id, target=target.id)


def missing(identity_id: str) -> cid.ResourceNotFoundException:
    return cid.ResourceNotFoundException(f"Identity '{identity_id}' not found.")
