"""The shape of a password at rest."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import Column, Table

from poolhouse.storage.base import Flag, Json, Key, Moment, Sealed, Words, metadata
from poolhouse.userpools.users.rows import of_user
from poolhouse.values import Value

passwords = Table(
    "passwords",
    metadata,
    Column("pool_id", Key, primary_key=True),
    Column("sub", Key, primary_key=True),
    Column("hash", Words, nullable=False),
    Column("srp_salt", Key, nullable=False),
    Column("srp_verifier", Sealed, nullable=False),
    Column("temporary", Flag, nullable=False),
    Column("set_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=True),
    Column("earlier", Json, nullable=False),
    of_user(),
)


class Password(Value, frozen=True):
    """A temporary password must be changed at the first sign-in, and stops working at
    `expires_at` (epoch seconds). `srp_salt` is hex; `sealed_verifier` is opened where SRP needs it.
    `earlier` are the hashes of passwords before it that the pool remembers, the newest first."""

    secret: ClassVar = frozenset({"hash", "srp_salt", "sealed_verifier", "earlier"})
    hash: str
    srp_salt: str
    sealed_verifier: bytes
    temporary: bool
    set_at: float
    expires_at: float | None
    earlier: tuple[str, ...] = ()


class Prepared(Value, frozen=True):
    """A password hashed both ways, ready to be written. `srp_verifier`: big-endian octets."""

    secret: ClassVar = frozenset({"hash", "srp_salt", "srp_verifier", "earlier"})
    hash: str
    srp_salt: str
    srp_verifier: bytes
    earlier: tuple[str, ...] = ()
