"""The shape of passkeys, and of registrations that have begun."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Column, Index, LargeBinary, Table

from poolhouse.storage.base import Count, Flag, Json, Key, Moment, Words, metadata
from poolhouse.userpools.users.rows import of_user

passkeys = Table(
    "passkeys",
    metadata,
    Column("pool_id", Key, primary_key=True),
    Column("credential_id", Key, primary_key=True),
    Column("sub", Key, nullable=False),
    Column("rp_id", Key, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", Count, nullable=False),
    Column("aaguid", Key, nullable=False),
    Column("name", Words, nullable=False),
    Column("attachment", Key, nullable=True),
    Column("transports", Json, nullable=False),
    Column("user_verified", Flag, nullable=False),
    Column("backup_eligible", Flag, nullable=False),
    Column("backed_up", Flag, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment, nullable=True),
    of_user(),
    Index("ix_passkeys_sub", "pool_id", "sub"),
)

passkey_challenges = Table(
    "passkey_challenges",
    metadata,
    Column("pool_id", Key, primary_key=True),
    Column("sub", Key, primary_key=True),
    Column("hash", Key, nullable=False),
    Column("client_id", Key, nullable=False),
    Column("session_id", Key, nullable=False),
    Column("rp_id", Key, nullable=False),
    Column("expires_at", Moment, nullable=False),
    of_user(),
    Index("ix_passkey_challenges_expires_at", "expires_at"),
)


@dataclass(frozen=True, slots=True)
class Passkey:
    """A credential of a user. `credential_id` is base64url, unique in the pool; `public_key` is a
    COSE_Key. The user handle is the user's `sub`. `attachment`, `transports` and `aaguid` are what
    the client said; `user_verified` is of the registration, `backed_up` of the last use."""

    pool_id: str
    credential_id: str
    sub: str
    rp_id: str
    public_key: bytes = field(repr=False)
    sign_count: int
    aaguid: str
    name: str
    attachment: str | None
    transports: tuple[str, ...]
    user_verified: bool
    backup_eligible: bool
    backed_up: bool
    created_at: float
    last_used_at: float | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """A registration that has begun: of this user, client, session and relying party. `hash` is
    the challenge's SHA-256; a user has one, the newest."""

    pool_id: str
    sub: str
    hash: str
    client_id: str
    session_id: str
    rp_id: str
    expires_at: float
