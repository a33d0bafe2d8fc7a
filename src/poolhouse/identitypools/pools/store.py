"""Every query on identity pools. Parsed pools are kept by version, so a change is seen at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock

import msgspec
from sqlalchemy import bindparam, delete, select, update

from poolhouse.arns import Arn
from poolhouse.contract import cognito_identity as cid
from poolhouse.identitypools.pools.rows import IdentityPool, Roles, TagMap, identity_pools
from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.storage.base import insert

_t = identity_pools.c
_BY_ID = select(identity_pools).where(_t.id == bindparam("id"))
_LOCKED = _BY_ID.with_for_update()
_PAGE = (
    select(identity_pools)
    .where(_t.region == bindparam("of"), _t.id > bindparam("after"))
    .order_by(_t.id)
    .limit(bindparam("count"))
)
_ALL = (
    select(identity_pools)
    .where(_t.id > bindparam("after"))
    .order_by(_t.id)
    .limit(bindparam("count"))
)
_ADD = insert(identity_pools)
_CHANGE = (
    update(identity_pools)
    .where(_t.id == bindparam("key"), _t.version == bindparam("seen"))
    .values(
        settings=bindparam("settings"),
        roles=bindparam("roles"),
        tag_maps=bindparam("tag_maps"),
        version=_t.version + 1,
        modified_at=bindparam("modified_at"),
    )
)
_REMOVE = delete(identity_pools).where(_t.id == bindparam("id"))

_settings_of = msgspec.json.Decoder(cid.IdentityPool).decode
_roles_of = msgspec.json.Decoder(Roles).decode
_tag_maps_of = msgspec.json.Decoder(dict[str, TagMap]).decode
_encode = msgspec.json.Encoder().encode
_MOST = 1024
_parsed: OrderedDict[str, IdentityPool] = OrderedDict()
_lock = Lock()


def _pool(row: AnyRow) -> IdentityPool:
    known = _parsed.get(row.id)
    if known and known.version == row.version and known.modified_at == row.modified_at:
        return known
    made = IdentityPool(
        row.id,
        row.region,
        _settings_of(row.settings),
        row.version,
        row.created_at,
        row.modified_at,
        _roles_of(row.roles),
        _tag_maps_of(row.tag_maps),
    )
    with _lock:
        _parsed[row.id] = made
        _parsed.move_to_end(row.id)
        while len(_parsed) > _MOST:
            _parsed.popitem(last=False)
    return made


class IdentityPools:
    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def find(self, pool_id: str) -> IdentityPool | None:
        row = self._unit.one(_BY_ID, id=pool_id)
        return _pool(row) if row else None

    def get(self, pool_id: str) -> IdentityPool:
        """Raises ResourceNotFoundException."""
        found = self.find(pool_id)
        if found is None:
            raise missing(pool_id)
        return found

    def at_version(self, pool_id: str, version: int) -> IdentityPool:
        """The pool when its version is known from a join: no query if it is in memory."""
        known = _parsed.get(pool_id)
        return known if known is not None and known.version == version else self.get(pool_id)

    def lock(self, pool_id: str) -> IdentityPool:
        """The pool, locked until the unit ends, for reading and then changing it."""
        self._unit.begin()
        row = self._unit.one(_LOCKED, id=pool_id)
        if row is None:
            raise missing(pool_id)
        return _pool(row)

    def list(self, region: str, after: str, count: int) -> Sequence[IdentityPool]:
        return [_pool(row) for row in self._unit.all(_PAGE, of=region, after=after, count=count)]

    def list_everywhere(self, after: str, count: int) -> Sequence[IdentityPool]:
        """Pools of every region, by id."""
        return [_pool(row) for row in self._unit.all(_ALL, after=after, count=count)]

    def add(self, pool: IdentityPool) -> None:
        self._unit.write(
            _ADD,
            id=pool.id,
            region=pool.region,
            version=pool.version,
            created_at=pool.created_at,
            modified_at=pool.modified_at,
            **_parts(pool),
        )

    def change(self, pool: IdentityPool, now: float) -> None:
        """Writes settings, roles and tag maps. Raises ConcurrentModificationException where
        somebody else changed the pool since it was read."""
        written = self._unit.write(
            _CHANGE, key=pool.id, seen=pool.version, modified_at=now, **_parts(pool)
        )
        if written != 1:
            raise cid.ConcurrentModificationException("The identity pool was changed meanwhile.")

    def remove(self, pool_id: str) -> bool:
        """Takes its identities and their logins with it."""
        return self._unit.write(_REMOVE, id=pool_id) == 1


def tags_of(unit: Unit, arn: Arn) -> Mapping[str, str]:
    """The tags of the pool that an ARN names; none where there is no such."""
    pool = IdentityPools(unit).find(arn.resource.removeprefix("identitypool/"))
    return (pool.settings.identity_pool_tags if pool else None) or {}


def missing(pool_id: str) -> cid.ResourceNotFoundException:
    return cid.ResourceNotFoundException(f"IdentityPool '{pool_id}' not found.")


def _parts(pool: IdentityPool) -> dict[str, str]:
    return {
        "settings": _encode(pool.settings).decode(),
        "roles": _encode(pool.roles).decode(),
        "tag_maps": _encode(pool.tag_maps).decode(),
    }
