"""Every query on signing keys. A pool's opened ring is kept for a second: a removed key is gone
from every worker within that, a new one is published long before it signs."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import bindparam, delete, func, select, update

from poolhouse import ids
from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.keys import signing
from poolhouse.keys.sealing import Sealer
from poolhouse.keys.signing import PublicKey, SigningKey
from poolhouse.storage.base import insert
from poolhouse.userpools.signing.rows import USES, PoolKey, signing_keys, spare_keys
from poolhouse.userpools.signing.rules import LONGEST_TOKEN, PUBLISHED_AHEAD, is_published

RING_SECONDS = 1.0
_MOST_RINGS = 512
_MOST_KIDS = 4096

_t = signing_keys.c
_s = spare_keys.c
_OF_POOL = select(signing_keys).where(_t.pool_id == bindparam("pool_id"))
_BY_KID = select(_t.pool_id).where(_t.kid == bindparam("kid"))
_ADD = insert(signing_keys)
_RETIRE = (
    update(signing_keys)
    .where(_t.pool_id == bindparam("of"), _t.retires_at.is_(None))
    .values(retires_at=bindparam("retires_at"))
)
_REMOVE_RETIRED = delete(signing_keys).where(_t.retires_at < bindparam("now"))
_SPARES = select(func.count()).select_from(spare_keys)
_ADD_SPARE = insert(spare_keys)
_FIRST_SPARES = select(spare_keys).order_by(_s.created_at).limit(bindparam("count"))
_TAKE_SPARE = delete(spare_keys).where(_s.kid == bindparam("kid"))

Ring = tuple[PoolKey, ...]


class _Memory:
    """What one server remembers of its keys: opened rings, and which pool a kid is of."""

    def __init__(self) -> None:
        self.rings: OrderedDict[str, tuple[float, Ring]] = OrderedDict()
        self.pools: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def keep_ring(self, pool_id: str, now: float, ring: Ring) -> None:
        with self._lock:
            self.rings[pool_id] = now, ring
            while len(self.rings) > _MOST_RINGS:
                self.rings.popitem(last=False)

    def keep_pool(self, kid: str, pool_id: str) -> None:
        with self._lock:
            self.pools[kid] = pool_id
            while len(self.pools) > _MOST_KIDS:
                self.pools.popitem(last=False)


_memories: WeakKeyDictionary[Sealer, _Memory] = WeakKeyDictionary()


def _context(kid: str) -> str:
    return f"signing_keys/{kid}"


class SigningKeys:
    def __init__(self, unit: Unit, sealer: Sealer) -> None:
        self._unit = unit
        self._sealer = sealer
        self._memory = _memories.get(sealer) or _memories.setdefault(sealer, _Memory())

    def ring(self, pool_id: str, now: float) -> Ring:
        """All keys of a pool, opened; empty for a pool that is not there."""
        kept = self._memory.rings.get(pool_id)
        if kept is not None and 0 <= now - kept[0] < RING_SECONDS:
            return kept[1]
        known = {key.key.kid: key.key for key in kept[1]} if kept else {}
        rows = self._unit.all(_OF_POOL, pool_id=pool_id)
        ring = tuple(self._opened(row, known.get(row.kid)) for row in rows)
        if ring:
            self._memory.keep_ring(pool_id, now, ring)
        return ring

    def _opened(self, row: AnyRow, known: SigningKey | None) -> PoolKey:
        key = known or SigningKey(
            row.kid, signing.load(self._sealer.open(row.sealed, _context(row.kid)))
        )
        return PoolKey(row.use, key, key.public, row.public, row.signs_from, row.retires_at)

    def verifier(self, kid: str, use: str, now: float) -> tuple[str, PublicKey] | None:
        """The pool and the public key of a published key for this use; None for any other kid."""
        pool_id = self._pool_of(kid)
        for key in self.ring(pool_id, now) if pool_id else ():
            if key.key.kid == kid and key.use == use and is_published(key, now):
                return pool_id, key.verifier
        return None

    def _pool_of(self, kid: str) -> str:
        """A kid belongs to one pool for ever, so the answer can be kept."""
        known = self._memory.pools.get(kid)
        if known is not None:
            return known
        row = self._unit.one(_BY_KID, kid=kid)
        if row is None:
            return ""
        self._memory.keep_pool(kid, row.pool_id)
        return str(row.pool_id)

    def equip(self, pool_id: str, now: float) -> None:
        """The first keys of a new pool, from the spare ones where there are any."""
        for use in USES:
            self._add(pool_id, use, now, signs_from=now)

    def rotate(self, pool_id: str, now: float) -> None:
        """New keys, published now and signing in ten minutes; the old ones stay published as
        long as a token signed with them can live."""
        turn = now + PUBLISHED_AHEAD
        self._unit.write(_RETIRE, of=pool_id, retires_at=turn + LONGEST_TOKEN)
        for use in USES:
            self._add(pool_id, use, now, signs_from=turn)

    def remove_retired(self, now: float) -> None:
        self._unit.write(_REMOVE_RETIRED, now=now)

    def _add(self, pool_id: str, use: str, now: float, *, signs_from: float) -> None:
        kid, sealed, public = self._take_spare() or self._made()
        self._unit.write(
            _ADD,
            kid=kid,
            pool_id=pool_id,
            use=use,
            sealed=sealed,
            public=public,
            created_at=now,
            signs_from=signs_from,
            retires_at=None,
        )

    # spare keys ------------------------------------------------------------------------
    def spares(self) -> int:
        row = self._unit.one(_SPARES)
        return int(row[0]) if row else 0

    def add_spare(self, now: float) -> None:
        """Makes one key, outside any transaction, and lays it by."""
        self._unit.outside()
        kid, sealed, public = self._made()
        self._unit.at_once(_ADD_SPARE, kid=kid, sealed=sealed, public=public, created_at=now)

    def at_hand(self, now: float) -> None:
        """Sees that a new pool finds its keys made: a key takes long, and a transaction must not
        wait for it. Call before the first write."""
        for _ in range(self.spares(), len(USES)):
            self.add_spare(now)

    def _take_spare(self) -> tuple[str, bytes, object] | None:
        for row in self._unit.all(_FIRST_SPARES, count=8):
            if self._unit.write(_TAKE_SPARE, kid=row.kid) == 1:
                return row.kid, row.sealed, row.public
        return None

    def _made(self) -> tuple[str, bytes, object]:
        kid, der = ids.key_id(), signing.generate()
        public = signing.public_jwk(signing.load(der), kid)
        return kid, self._sealer.seal(der, _context(kid)), public
