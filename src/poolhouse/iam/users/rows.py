"""The shape of an IAM user."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, ForeignKey, Index, Table

from poolhouse.storage.base import Json, Key, Moment, metadata

iam_users = Table(
    "iam_users",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Key, nullable=False),
    Column("name_key", Key, nullable=False, unique=True),
    Column("path", Key, nullable=False),
    Column("arn", Key, nullable=False),
    Column("boundary_arn", ForeignKey("iam_policies.arn"), nullable=True),
    Column("tags", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index(None, "boundary_arn"),
)


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user. `id` is `AIDA…` and is never given twice, names are."""

    id: str
    name: str
    path: str
    arn: str
    boundary_arn: str | None
    tags: dict[str, str]
    created_at: float
