"""The shape of a count of failed tries."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table

from poolhouse.storage.base import Count, Key, Moment, metadata

lockouts = Table(
    "lockouts",
    metadata,
    Column("pool_id", ForeignKey("user_pools.id", ondelete="CASCADE"), primary_key=True),
    Column("subject", Key, primary_key=True),
    Column("failures", Count, nullable=False),
    Column("in_a_row", Count, nullable=False),
    Column("pending", Count, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("locked_until", Moment, nullable=False),
    Index(None, "last_at"),
)
