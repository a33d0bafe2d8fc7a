"""The shape of policies and of what ties them to their holders."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, ForeignKey, Index, Table

from poolhouse.storage.base import Count, Json, Key, Moment, Words, metadata

iam_policies = Table(
    "iam_policies",
    metadata,
    Column("arn", Key, primary_key=True),
    Column("id", Key, nullable=False),
    Column("name", Key, nullable=False),
    Column("name_key", Key, nullable=False, unique=True),
    Column("path", Key, nullable=False),
    Column("description", Words, nullable=True),
    Column("tags", Json, nullable=False),
    Column("default_version", Count, nullable=False),
    Column("latest_version", Count, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

iam_policy_versions = Table(
    "iam_policy_versions",
    metadata,
    Column("policy_arn", ForeignKey("iam_policies.arn", ondelete="CASCADE"), primary_key=True),
    Column("number", Count, primary_key=True, autoincrement=False),
    Column("document", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
)

iam_inline_policies = Table(
    "iam_inline_policies",
    metadata,
    Column("holder_id", Key, primary_key=True),
    Column("name", Key, primary_key=True),
    Column("document", Words, nullable=False),
)

iam_attachments = Table(
    "iam_attachments",
    metadata,
    Column("holder_id", Key, primary_key=True),
    Column("policy_arn", ForeignKey("iam_policies.arn"), primary_key=True),
    Index(None, "policy_arn"),
)


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A customer managed policy. Its documents are its versions, numbered from 1."""

    arn: str
    id: str
    name: str
    path: str
    description: str | None
    tags: dict[str, str]
    default_version: int
    latest_version: int
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    policy_arn: str
    number: int
    document: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Documents:
    """The texts of all policies of a holder. `boundary` is None where it has none; the empty
    text, which allows nothing, where the boundary it names is gone."""

    identity: tuple[str, ...]
    boundary: str | None
