"""The shape of an SSO session, and of a record that stands for a session of either kind."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, Index, Table

from poolhouse.storage.base import Key, Moment, Words, metadata
from poolhouse.userpools.users.rows import of_user

TOKEN, SSO = "TOKEN", "SSO"

sso_sessions = Table(
    "sso_sessions",
    metadata,
    Column("pool_id", Key, primary_key=True),
    Column("id", Key, primary_key=True),
    Column("sub", Key, nullable=False),
    Column("client_id", Key, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_active_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("source_ip", Key, nullable=False),
    Column("user_agent", Words, nullable=False),
    of_user(),
    Index("ix_sso_sessions_sub", "pool_id", "sub"),
    Index("ix_sso_sessions_expires_at", "expires_at"),
)


@dataclass(frozen=True, slots=True)
class SsoSession:
    """A browser's sign-in. One that has ended has no row. `client_id` is the client that it began
    at; times are epoch seconds."""

    pool_id: str
    id: str
    sub: str
    client_id: str
    created_at: float
    last_active_at: float
    expires_at: float
    source_ip: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Record:
    """An active session of either `kind`. `id` is a UUID; `sso_id` is the SSO session that a
    token session came through."""

    kind: str
    id: str
    client_id: str
    created_at: float
    last_active_at: float
    source_ip: str
    user_agent: str
    sso_id: str | None
