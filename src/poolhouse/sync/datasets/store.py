"""Every query on the datasets of one identity, on their records, and the sums over them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, delete, func, or_, select, update

from poolhouse.contract import cognito_sync as sync
from poolhouse.identitypools.identities.rows import Identity, identities
from poolhouse.identitypools.pools.rows import IdentityPool
from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.storage.base import insert, values_of
from poolhouse.sync.datasets.rows import Dataset, Record, Usage, sync_datasets, sync_records

_d = sync_datasets.c
_r = sync_records.c
_OWN = _d.identity_id == bindparam("owner")
_LIVE = _d.live.is_(True)
_BY_NAME = select(sync_datasets).where(_OWN, _d.name == bindparam("named"))
_PAGE = (
    select(sync_datasets)
    .where(_OWN, _LIVE, _d.name > bindparam("after"))
    .order_by(_d.name)
    .limit(bindparam("count"))
)
_NAMES = select(_d.name, _d.live).where(_OWN)
_MERGES = select(_d.name).where(_OWN, _LIVE, _d.merges == bindparam("named")).order_by(_d.name)
_ADD = insert(sync_datasets)
_CHANGEABLE = [column for column in sync_datasets.c if column.name not in ("id", "pool_id")]
_CHANGE = (
    update(sync_datasets)
    .where(_d.id == bindparam("key"), _d.sync_count == bindparam("seen"))
    .values({column: bindparam(f"new_{column.name}") for column in _CHANGEABLE})
)

# All identities that were merged into one, into those, and so on.
_i = identities.c
_direct = select(_i.id).where(_i.merged_into == bindparam("owner")).cte("merged", recursive=True)
_merged = _direct.union(select(_i.id).join(_direct, _i.merged_into == _direct.c.id))
_LEFT = (
    select(sync_datasets)
    .join(_merged, _d.identity_id == _merged.c.id)
    .where(_LIVE)
    .order_by(_d.created_at, _d.id)
)

_OF = _r.dataset_id == bindparam("of")
_AT = select(sync_records).where(_OF, _r.digest.in_(bindparam("digests", expanding=True)))
_SINCE = (
    select(sync_records)
    .where(_OF)
    .where(
        or_(
            _r.sync_count > bindparam("since"),
            (_r.sync_count == bindparam("since")) & (_r.digest > bindparam("after")),
        )
    )
    .order_by(_r.sync_count, _r.digest)
    .limit(bindparam("count"))
)
_put = insert(sync_records)
_PUT = _put.on_conflict_do_update(
    index_elements=["dataset_id", "digest"],
    set_={
        name: _put.excluded[name]
        for name in ("value", "sync_count", "modified_at", "modified_by", "device_modified_at")
    },
)
_EMPTY = delete(sync_records).where(_OF)
_BURY = delete(sync_records).where(_OF, _r.value.is_(None))
_RENUMBER = update(sync_records).where(_OF).values(sync_count=bindparam("anew"))

_SUMS = (
    func.count(_d.id).filter(_LIVE).label("datasets"),
    func.sum(_d.storage).label("storage"),
    func.sum(_d.sessions).label("sessions"),
    func.max(_d.modified_at).label("modified_at"),
)
_OF_IDENTITY = select(*_SUMS).where(_OWN)
_OF_POOLS = (
    select(_d.pool_id, *_SUMS)
    .where(_d.pool_id.in_(bindparam("pools", expanding=True)))
    .group_by(_d.pool_id)
)
NOTHING = Usage(0, 0, 0, None)


class Datasets:
    """The datasets of an identity."""

    def __init__(self, unit: Unit, identity: Identity) -> None:
        self._unit = unit
        self._owner = identity.id

    def find(self, name: str) -> Dataset | None:
        """The dataset, or what stays of a deleted one."""
        row = self._unit.one(_BY_NAME, owner=self._owner, named=name)
        return _dataset(row) if row else None

    def get(self, name: str) -> Dataset:
        """A live dataset. Raises ResourceNotFoundException."""
        found = self.find(name)
        if found is None or not found.live:
            raise sync.ResourceNotFoundException(f"Dataset '{name}' not found.")
        return found

    def list(self, after: str, count: int) -> Sequence[Dataset]:
        rows = self._unit.all(_PAGE, owner=self._owner, after=after, count=count)
        return [_dataset(row) for row in rows]

    def names(self) -> dict[str, bool]:
        """Every name there has been, and whether its dataset is live."""
        return {row.name: row.live for row in self._unit.all(_NAMES, owner=self._owner)}

    def to_merge_into(self, name: str) -> Sequence[str]:
        """The names of datasets that a client is to put into that one."""
        return [row.name for row in self._unit.all(_MERGES, owner=self._owner, named=name)]

    def left_by_merged(self) -> Sequence[Dataset]:
        """Live datasets of identities that have been merged into this one, oldest first."""
        return [_dataset(row) for row in self._unit.all(_LEFT, owner=self._owner)]

    def usage(self) -> Usage:
        row = self._unit.one(_OF_IDENTITY, owner=self._owner)
        return _usage(row) if row else NOTHING

    def add(self, dataset: Dataset) -> None:
        """Where the name has just been taken its key refuses, and all is decided again."""
        self._unit.write(_ADD, **values_of(dataset))

    def change(self, before: Dataset, after: Dataset) -> None:
        """Raises ResourceConflictException where it was changed since it was read."""
        values = {f"new_{name}": value for name, value in values_of(after).items()}
        del values["new_id"], values["new_pool_id"]
        written = self._unit.write(_CHANGE, key=before.id, seen=before.sync_count, **values)
        if written != 1:
            raise sync.ResourceConflictException("The dataset was changed meanwhile.")


class Records:
    """The records of a dataset, tombstones among them."""

    def __init__(self, unit: Unit, dataset: Dataset) -> None:
        self._unit = unit
        self._of = dataset.id

    def at(self, keys: Iterable[str]) -> dict[str, Record]:
        """Those of the keys that there are."""
        digests = [digest_of(key) for key in keys]
        rows = self._unit.all(_AT, of=self._of, digests=digests)
        return {row.key: _record(row) for row in rows}

    def since(self, sync_count: int, after: str, count: int) -> Sequence[Record]:
        """Changed after the count, or at it behind the digest `after`; in the order of change."""
        rows = self._unit.all(_SINCE, of=self._of, since=sync_count, after=after, count=count)
        return [_record(row) for row in rows]

    def put(self, records: Iterable[Record]) -> None:
        rows = [
            {"dataset_id": self._of, "digest": digest_of(record.key), **values_of(record)}
            for record in records
        ]
        self._unit.write_many(_PUT, rows)

    def clear(self) -> None:
        self._unit.write(_EMPTY, of=self._of)

    def renumber(self, sync_count: int) -> None:
        """Gives every record that count, and forgets the tombstones."""
        self._unit.write(_BURY, of=self._of)
        self._unit.write(_RENUMBER, of=self._of, anew=sync_count)


def usage_of_pools(unit: Unit, pools: Iterable[IdentityPool]) -> dict[str, Usage]:
    """By pool id; pools without data are absent."""
    rows = unit.all(_OF_POOLS, pools=[pool.id for pool in pools])
    return {row.pool_id: _usage(row) for row in rows}


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _dataset(row: AnyRow) -> Dataset:
    return Dataset(**{name: getattr(row, name) for name in Dataset.__slots__})


def _record(row: AnyRow) -> Record:
    return Record(
        row.key,
        row.value,
        row.sync_count,
        row.modified_at,
        row.modified_by,
        row.device_modified_at,
    )


def _usage(row: AnyRow) -> Usage:
    return Usage(row.datasets, int(row.storage or 0), int(row.sessions or 0), row.modified_at)
