"""The shape of a count of uses."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table

from poolhouse.storage.base import Count, Key, Moment, metadata

quotas = Table(
    "quotas",
    metadata,
    Column("pool_id", ForeignKey("user_pools.id", ondelete="CASCADE"), primary_key=True),
    Column("action", Key, primary_key=True),
    Column("subject", Key, primary_key=True),
    Column("used", Count, nullable=False),
    Column("since", Moment, nullable=False),
    Index("ix_quotas_since", "since"),
)
