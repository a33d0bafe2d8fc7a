"""The shape of what a sign-in leaves behind between its steps: nothing but used sessions."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from poolhouse.storage.base import Key, Moment, metadata

spent_passages = Table(
    "spent_passages",
    metadata,
    Column("id", Key, primary_key=True),
    Column("expires_at", Moment, nullable=False),
    Index(None, "expires_at"),
)
