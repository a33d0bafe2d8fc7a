"""The shape of identities and of the logins that are linked to them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, ForeignKey, Index, Table, text

from poolhouse.identitypools.logins.rules import Link
from poolhouse.storage.base import Flag, Key, Moment, Words, metadata

identities = Table(
    "identities",
    metadata,
    Column("id", Key, primary_key=True),
    Column("pool_id", ForeignKey("identity_pools.id", ondelete="CASCADE"), nullable=False),
    Column("enabled", Flag, nullable=False),
    Column("guest", Flag, nullable=False),
    Column("merged_into", Key, nullable=True),
    Column("created_at", Moment, nullable=False),
    Column("modified_at", Moment, nullable=False),
    Index(None, "pool_id", "id"),
    Index(None, "merged_into"),
)

# The primary key decides whose a login is. A developer's identifier may be longer than what an
# index can hold, so the key has its hash. The second index lets no two users of one public
# provider meet in an identity.
identity_logins = Table(
    "identity_logins",
    metadata,
    Column("pool_id", Key, primary_key=True),
    Column("provider", Key, primary_key=True),
    Column("subject_hash", Key, primary_key=True),
    Column("subject", Words, nullable=False),
    Column("identity_id", ForeignKey("identities.id", ondelete="CASCADE"), nullable=False),
    Column("developer", Flag, nullable=False),
    Column("linked_at", Moment, nullable=False),
    Index("ix_identity_logins_identity_id", "identity_id"),
)
Index(
    "uq_identity_logins_provider",
    identity_logins.c.identity_id,
    identity_logins.c.provider,
    unique=True,
    sqlite_where=text("NOT developer"),
    postgresql_where=text("NOT developer"),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity with its logins. It is a guest until the first login is linked, and never
    again. One that lost its last login or was merged into another is not enabled."""

    id: str
    pool_id: str
    enabled: bool
    guest: bool
    merged_into: str | None
    created_at: float
    modified_at: float
    links: tuple[Link, ...] = ()

    @property
    def providers(self) -> list[str]:
        return sorted({link.provider for link in self.links})
