"""The shape of permanent access keys, and of signatures that have had their effect."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Column, Index, Table, UniqueConstraint

from poolhouse.storage.base import Count, Key, Moment, Sealed, metadata

ROOT = "root"
"""Owner of the key that is made at the first start."""

ACTIVE = "Active"
KEYS_OF_A_USER = 2

access_keys = Table(
    "access_keys",
    metadata,
    Column("id", Key, primary_key=True),
    Column("owner_id", Key, nullable=False),
    # Two slots a user: the constraint, not a count, keeps a third key out.
    Column("slot", Count, nullable=False),
    Column("sealed", Sealed, nullable=False),
    Column("status", Key, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=True),
    Column("used_service", Key, nullable=True),
    Column("used_region", Key, nullable=True),
    UniqueConstraint("owner_id", "slot"),
)

spent_signatures = Table(
    "spent_signatures",
    metadata,
    Column("signature", Key, primary_key=True),
    Column("expires_at", Moment, nullable=False),
    Index(None, "expires_at"),
)


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A permanent key of the user `owner_id`, or of ROOT. `sealed` holds its secret; `used_at` is
    exact to a quarter of an hour."""

    id: str
    owner_id: str
    slot: int
    sealed: bytes = field(repr=False)
    status: str
    created_at: float
    used_at: float | None = None
    used_service: str | None = None
    used_region: str | None = None
