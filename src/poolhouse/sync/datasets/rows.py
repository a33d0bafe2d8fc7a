"""The shape of datasets and their records."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from poolhouse.storage.base import Count, Flag, Key, Moment, Words, metadata

# The row of a deleted dataset stays, not live: counting goes on from it, so that devices which
# were away learn of the deletion even if the dataset is there again.
sync_datasets = Table(
    "sync_datasets",
    metadata,
    Column("id", Key, primary_key=True),
    Column("pool_id", Key, nullable=False),
    Column("identity_id", ForeignKey("identities.id", ondelete="CASCADE"), nullable=False),
    Column("name", Key, nullable=False),
    Column("live", Flag, nullable=False),
    Column("merges", Key, nullable=True),
    Column("sync_count", Count, nullable=False),
    Column("deleted_count", Count, nullable=False),
    Column("records", Count, nullable=False),
    Column("tombstones", Count, nullable=False),
    Column("storage", Count, nullable=False),
    Column("sessions", Count, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("modified_at", Moment, nullable=False),
    Column("modified_by", Words, nullable=False),
    UniqueConstraint("identity_id", "name"),
    Index(None, "pool_id"),
)

# A key may have 4 KiB, which is more than an index of PostgreSQL takes: its digest stands for it.
sync_records = Table(
    "sync_records",
    metadata,
    Column("dataset_id", ForeignKey("sync_datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", Key, primary_key=True),
    Column("key", Words, nullable=False),
    Column("value", Words, nullable=True),
    Column("sync_count", Count, nullable=False),
    Column("modified_at", Moment, nullable=False),
    Column("modified_by", Words, nullable=False),
    Column("device_modified_at", Moment, nullable=True),
    Index(None, "dataset_id", "sync_count", "digest"),
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset. `sync_count` is that of its last change, `deleted_count` that of its last
    deletion (0: none); `storage` is in octets of UTF-8. `merges` names the dataset that a client
    is to put this one into."""

    id: str
    pool_id: str
    identity_id: str
    name: str
    live: bool
    merges: str | None
    sync_count: int
    deleted_count: int
    records: int
    tombstones: int
    storage: int
    sessions: int
    created_at: float
    modified_at: float
    modified_by: str


@dataclass(frozen=True, slots=True)
class Record:
    """A key's last change; a removed one is kept as a tombstone, without a value."""

    key: str
    value: str | None
    sync_count: int
    modified_at: float
    modified_by: str
    device_modified_at: float | None

    @property
    def size(self) -> int:
        """Octets that count; a tombstone has none."""
        return 0 if self.value is None else len(self.key.encode()) + len(self.value.encode())


@dataclass(frozen=True, slots=True)
class Usage:
    """Sums over the live datasets of an identity or a pool; `sessions` counts deleted ones too.
    `modified_at` is None where there has never been a dataset."""

    datasets: int
    storage: int
    sessions: int
    modified_at: float | None
