"""The shape of a pool's signing keys, and of the keys made ahead for pools to come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Table

from poolhouse.keys.signing import PublicKey, SigningKey
from poolhouse.storage.base import Json, Key, Moment, Sealed, metadata

ID = "id"
ACCESS = "access"
USES = (ID, ACCESS)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", Key, primary_key=True),
    Column("pool_id", ForeignKey("user_pools.id", ondelete="CASCADE"), nullable=False),
    Column("use", Key, nullable=False),
    Column("sealed", Sealed, nullable=False),
    Column("public", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("signs_from", Moment, nullable=False),
    Column("retires_at", Moment, nullable=True),
    Index(None, "pool_id"),
)

spare_keys = Table(
    "spare_keys",
    metadata,
    Column("kid", Key, primary_key=True),
    Column("sealed", Sealed, nullable=False),
    Column("public", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
)


@dataclass(frozen=True, slots=True)
class PoolKey:
    """A key of a pool. It is published from the moment it exists, signs from `signs_from` (epoch
    seconds) until a newer one does, and is published until `retires_at`."""

    use: str
    key: SigningKey = field(repr=False)
    verifier: PublicKey
    public: dict[str, Any] = field(repr=False)
    signs_from: float
    retires_at: float | None
