"""The shapes of a software token, one a user with its seed sealed, and of recovery codes."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Column, Table

from poolhouse.storage.base import Count, Key, Moment, Sealed, Words, metadata
from poolhouse.userpools.users.rows import of_user

software_tokens = Table(
    "software_tokens",
    metadata,
    Column("pool_id", Key, primary_key=True),
    Column("sub", Key, primary_key=True),
    Column("seed", Sealed, nullable=True),
    Column("name", Words, nullable=False),
    Column("last_step", Count, nullable=False),
    Column("pending", Sealed, nullable=True),
    of_user(),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("pool_id", Key, primary_key=True),
    Column("sub", Key, primary_key=True),
    Column("mac", Sealed, primary_key=True),
    Column("created_at", Moment, nullable=False),
    of_user(),
)


@dataclass(frozen=True, slots=True)
class SoftwareToken:
    """`seed` is None until one was verified; `pending` is one that waits for that. Both are
    sealed. `last_step` is the step of the last code that was accepted (30 seconds each)."""

    seed: bytes | None = field(repr=False)
    name: str
    last_step: int
    pending: bytes | None = field(repr=False)
