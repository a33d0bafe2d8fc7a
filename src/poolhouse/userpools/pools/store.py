"""Every query on pools. Parsed settings are kept by version, so a change is seen at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock

import msgspec
from sqlalchemy import bindparam, column, delete, func, select, table, update

from poolhouse.arns import Arn
from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.storage.base import insert
from poolhouse.userpools.pools.rows import NO_CHOICE, UNTRACKED, Pool, Tracking, user_pools

_t = user_pools.c
_BY_ID = select(user_pools).where(_t.id == bindparam("id"))
_VERSION = select(_t.version, _t.modified_at).where(_t.id == bindparam("id"))
_LOCKED = _BY_ID.with_for_update()
_PAGE = (
    select(user_pools)
    .where(_t.region == bindparam("of"), _t.id > bindparam("after"))
    .order_by(_t.id)
    .limit(bindparam("count"))
)
_CHANGE = (
    update(user_pools)
    .where(_t.id == bindparam("key"), _t.version == bindparam("seen"))
    .values(
        name=bindparam("name"),
        settings=bindparam("settings"),
        mfa=bindparam("set_mfa"),
        version=_t.version + 1,
        modified_at=bindparam("modified_at"),
    )
)
_TRACK = (
    update(user_pools)
    .where(_t.id == bindparam("key"), _t.version == bindparam("seen"))
    .values(tracking=bindparam("set_tracking"), version=_t.version + 1)
)
_REMOVE = delete(user_pools).where(_t.id == bindparam("id"))
_ADD = insert(user_pools)
_COUNT = select(func.count()).select_from(user_pools).where(_t.region == bindparam("of"))
# By name, as a foreign key is: users are on a floor above.
_users = table("users", column("pool_id"))
_COUNT_USERS = (
    select(func.count()).select_from(_users).where(_users.c.pool_id == bindparam("pool_id"))
)
# Fewer users than this are counted at every look; more only when the last count is too old.
EXACT_BELOW = 1000
ESTIMATE_SECONDS = 300.0

_decode = msgspec.json.Decoder(idp.UserPoolType).decode
_decode_mfa = msgspec.json.Decoder(idp.GetUserPoolMfaConfigResponse).decode
_encode = msgspec.json.Encoder().encode


class _Parsed:
    """The newest parsed version of the pools used last."""

    def __init__(self, most: int = 1024) -> None:
        self._most = most
        self._pools: OrderedDict[str, Pool] = OrderedDict()
        self._lock = Lock()

    def at(self, pool_id: str, version: int, modified_at: float) -> Pool | None:
        # A pool of another database may bear the same id and version in one process (tests).
        found = self._pools.get(pool_id)
        same = found is not None and (found.version, found.modified_at) == (version, modified_at)
        return found if same else None

    def keep(self, pool: Pool) -> Pool:
        with self._lock:
            self._pools[pool.id] = pool
            self._pools.move_to_end(pool.id)
            while len(self._pools) > self._most:
                self._pools.popitem(last=False)
        return pool


_parsed = _Parsed()
_estimates: OrderedDict[str, tuple[float, int]] = OrderedDict()
_MOST_ESTIMATES = 1024
_estimating = Lock()


def _pool(row: AnyRow) -> Pool:
    known = _parsed.at(row.id, row.version, row.modified_at)
    if known is not None:
        return known
    return _parsed.keep(
        Pool(
            row.id,
            row.region,
            row.name,
            _decode(row.settings),
            row.version,
            row.created_at,
            row.modified_at,
            Tracking(*row.tracking) if row.tracking else UNTRACKED,
            _decode_mfa(row.mfa) if row.mfa else NO_CHOICE,
        )
    )


class Pools:
    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def find(self, pool_id: str) -> Pool | None:
        row = self._unit.one(_VERSION, id=pool_id)
        return self.at(pool_id, row.version, row.modified_at) if row else None

    def get(self, pool_id: str) -> Pool:
        """Raises ResourceNotFoundException."""
        found = self.find(pool_id)
        if found is None:
            raise missing(pool_id)
        return found

    def at(self, pool_id: str, version: int, modified_at: float) -> Pool | None:
        """The pool when its version is known, from a join perhaps: read only if it is not in
        memory, None if it has gone since."""
        known = _parsed.at(pool_id, version, modified_at)
        if known is not None:
            return known
        row = self._unit.one(_BY_ID, id=pool_id)
        return _pool(row) if row else None

    def lock(self, pool_id: str) -> Pool:
        """The pool, locked until the unit ends, for reading and then changing it."""
        self._unit.begin()
        row = self._unit.one(_LOCKED, id=pool_id)
        if row is None:
            raise missing(pool_id)
        return _pool(row)

    def list(self, region: str, after: str, count: int) -> Sequence[Pool]:
        return [_pool(row) for row in self._unit.all(_PAGE, of=region, after=after, count=count)]

    def count(self, region: str) -> int:
        row = self._unit.one(_COUNT, of=region)
        return int(row[0]) if row else 0

    def estimated_users(self, pool_id: str, now: float) -> int:
        """The users of a pool: exact while they are few, then at most five minutes old, so that
        looking at a large pool does not count its users each time."""
        kept = _estimates.get(pool_id)
        if kept and kept[1] >= EXACT_BELOW and 0 <= now - kept[0] < ESTIMATE_SECONDS:
            return kept[1]
        row = self._unit.one(_COUNT_USERS, pool_id=pool_id)
        count = int(row[0]) if row else 0
        if count >= EXACT_BELOW:
            with _estimating:
                _estimates[pool_id] = now, count
                while len(_estimates) > _MOST_ESTIMATES:
                    _estimates.popitem(last=False)
        return count

    def add(self, pool: Pool) -> None:
        self._unit.write(
            _ADD,
            id=pool.id,
            region=pool.region,
            name=pool.name,
            settings=_encode(pool.settings).decode(),
            tracking=None,
            mfa=None,
            version=pool.version,
            created_at=pool.created_at,
            modified_at=pool.modified_at,
        )

    def change(
        self,
        pool: Pool,
        *,
        name: str,
        settings: idp.UserPoolType,
        now: float,
        mfa: idp.GetUserPoolMfaConfigResponse | None = None,
    ) -> bool:
        """False where somebody else changed the pool since it was read. What was chosen of MFA
        is kept unless it is given."""
        chosen = pool.chosen_mfa if mfa is None else mfa
        changed = self._unit.write(
            _CHANGE,
            key=pool.id,
            seen=pool.version,
            name=name,
            settings=_encode(settings).decode(),
            set_mfa=None if chosen == NO_CHOICE else _encode(chosen).decode(),
            modified_at=now,
        )
        return changed == 1

    def track(self, pool: Pool, tracking: Tracking) -> bool:
        """False where somebody else changed the pool since it was read."""
        kept = [tracking.enabled, tracking.most]
        return self._unit.write(_TRACK, key=pool.id, seen=pool.version, set_tracking=kept) == 1

    def remove(self, pool_id: str) -> bool:
        return self._unit.write(_REMOVE, id=pool_id) == 1


def tags_of(unit: Unit, arn: Arn) -> Mapping[str, str]:
    """The tags of the pool that an ARN names; none where there is no such."""
    pool = Pools(unit).find(arn.resource.removeprefix("userpool/"))
    return (pool.settings.user_pool_tags if pool else None) or {}


def missing(pool_id: str) -> idp.ResourceNotFoundException:
    return idp.ResourceNotFoundException(f"User pool {pool_id} does not exist.")
