"""The shape of a session: one sign-in, and every token that descends from it."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Table

from poolhouse.storage.base import Count, Json, Key, Moment, Sealed, Words, metadata
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import User
from poolhouse.values import Value

sessions = Table(
    "sessions",
    metadata,
    Column("pool_id", Key, primary_key=True),
    Column("id", Key, primary_key=True),
    Column("sub", Key, nullable=False),
    Column("client_id", ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    Column("origin_jti", Key, nullable=False),
    Column("refresh_hash", Key, nullable=False),
    Column("scope", Key, nullable=False),
    Column("auth_time", Count, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment, nullable=True),
    Column("last_active_at", Moment, nullable=False),
    Column("source_ip", Key, nullable=False),
    Column("user_agent", Words, nullable=False),
    Column("amr", Json, nullable=False),
    Column("acr", Key, nullable=True),
    Column("sso_id", Key, nullable=True),
    Column("device_key", Key, nullable=False),
    ForeignKeyConstraint(["pool_id", "sub"], ["users.pool_id", "users.sub"], ondelete="CASCADE"),
    Index("uq_sessions_refresh_hash", "refresh_hash", unique=True),
    Index("ix_sessions_sub", "pool_id", "sub"),
    Index("ix_sessions_client_id", "client_id"),
    Index("ix_sessions_expires_at", "expires_at"),
)


rotated_tokens = Table(
    "rotated_tokens",
    metadata,
    Column("hash", Key, primary_key=True),
    Column("pool_id", Key, nullable=False),
    Column("session_id", Key, nullable=False),
    Column("successor", Sealed, nullable=False),
    Column("rotated_at", Moment, nullable=False),
    ForeignKeyConstraint(
        ["pool_id", "session_id"], ["sessions.pool_id", "sessions.id"], ondelete="CASCADE"
    ),
    Index("ix_rotated_tokens_session_id", "pool_id", "session_id"),
)


class Session(Value, frozen=True):
    """A sign-in. `id` is the tokens' `event_id`, `expires_at` the refresh token's end (epoch
    seconds), `auth_time` whole seconds as in the claim.

    `last_active_at`, `source_ip` and `user_agent` are of the last activity that was kept. `amr`
    names the methods that were shown; `acr` is the level asked for and met, None where none was
    asked for. `sso_id` is the SSO session that the sign-in came through. `device_key` is of the
    device that it proved, or of the new one that it was given.
    """

    secret: ClassVar = frozenset({"refresh_hash"})
    pool_id: str
    id: str
    sub: str
    client_id: str
    origin_jti: str
    refresh_hash: str
    scope: str
    auth_time: int
    created_at: float
    expires_at: float
    revoked_at: float | None = None
    last_active_at: float = 0.0
    source_ip: str = ""
    user_agent: str = ""
    amr: tuple[str, ...] = ()
    acr: str | None = None
    sso_id: str | None = None
    device_key: str = ""


class Ongoing(Value, frozen=True):
    """A session, and what a token of it depends on, all read in one statement."""

    session: Session
    user: User
    client: Client
    pool: Pool
    in_groups: bool


class Rotated(Value, frozen=True):
    """A refresh token that has been exchanged for its successor (the token itself, opened)."""

    secret: ClassVar = frozenset({"hash", "successor"})
    hash: str
    successor: str
    rotated_at: float
