"""The shape of a role."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, ForeignKey, Index, Table

from poolhouse.storage.base import Count, Json, Key, Moment, Words, metadata

iam_roles = Table(
    "iam_roles",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Key, nullable=False),
    Column("name_key", Key, nullable=False, unique=True),
    Column("path", Key, nullable=False),
    Column("arn", Key, nullable=False),
    Column("trust", Words, nullable=False),
    Column("description", Words, nullable=True),
    Column("max_session", Count, nullable=False),
    Column("boundary_arn", ForeignKey("iam_policies.arn"), nullable=True),
    Column("tags", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index(None, "boundary_arn"),
)


@dataclass(frozen=True, slots=True)
class Role:
    """A role. `id` is `AROA…`, `trust` the text of its trust policy, `max_session` in seconds."""

    id: str
    name: str
    path: str
    arn: str
    trust: str
    description: str | None
    max_session: int
    boundary_arn: str | None
    tags: dict[str, str]
    created_at: float
