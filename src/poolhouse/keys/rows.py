"""The table of wrapped data keys."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table

from poolhouse.storage.base import Key, Moment, Sealed, metadata

data_keys = Table(
    "data_keys",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("wrapped", Sealed, nullable=False),
    Column("master_id", Key, nullable=False),
    Column("created_at", Moment, nullable=False),
)
