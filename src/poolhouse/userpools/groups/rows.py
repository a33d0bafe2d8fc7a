"""The shape of groups and memberships."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Table

from poolhouse.storage.base import Count, Key, Moment, Words, metadata

groups = Table(
    "groups",
    metadata,
    Column("pool_id", ForeignKey("user_pools.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Key, primary_key=True),
    Column("description", Words, nullable=True),
    Column("role_arn", Key, nullable=True),
    Column("precedence", Count, nullable=True),
    Column("created_at", Moment, nullable=False),
    Column("modified_at", Moment, nullable=False),
)

group_members = Table(
    "group_members",
    metadata,
    Column("pool_id", Key, primary_key=True),
    Column("name", Key, primary_key=True),
    Column("sub", Key, primary_key=True),
    Column("joined_at", Moment, nullable=False),
    ForeignKeyConstraint(
        ["pool_id", "name"], ["groups.pool_id", "groups.name"], ondelete="CASCADE"
    ),
    ForeignKeyConstraint(["pool_id", "sub"], ["users.pool_id", "users.sub"], ondelete="CASCADE"),
    Index("ix_group_members_sub", "pool_id", "sub"),
)


@dataclass(frozen=True, slots=True)
class Group:
    """A group. `precedence` None is the lowest; 0 is the highest."""

    pool_id: str
    name: str
    description: str | None
    role_arn: str | None
    precedence: int | None
    created_at: float
    modified_at: float
