"""The shape of a confirmed device; its secret's verifier and salt are sealed."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Column, Index, Table

from poolhouse.storage.base import Flag, Key, Moment, Sealed, Words, metadata
from poolhouse.userpools.users.rows import of_user

devices = Table(
    "devices",
    metadata,
    Column("pool_id", Key, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("sub", Key, nullable=False),
    Column("group_key", Key, nullable=False),
    Column("name", Words, nullable=True),
    Column("salt", Sealed, nullable=False),
    Column("verifier", Sealed, nullable=False),
    Column("remembered", Flag, nullable=False),
    Column("trusted", Flag, nullable=False),
    Column("waiting", Words, nullable=True),
    Column("last_ip", Key, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("modified_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    of_user(),
    Index("ix_devices_sub", "pool_id", "sub", "key"),
)


@dataclass(frozen=True, slots=True)
class NewDevice:
    """What a sign-in that named no device is given; nothing is kept of it but the key."""

    key: str
    group_key: str


@dataclass(frozen=True, slots=True)
class Secret:
    """What the device's random password is judged by: octets as they were given, the numbers of
    SRP written big-endian."""

    salt: bytes = field(repr=False)
    verifier: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Device:
    """A device that its user confirmed. `salt` and `verifier` are sealed.

    `remembered` is what the user or an administrator says of it. `trusted` says that it may
    stand for a second factor: its user has not signed out everywhere, nor set up their first factor
    in another session, since it was confirmed or last shown beside a factor. `waiting`
    is the Session of a sign-in that waits for its proof. Moments are epoch seconds.
    """

    pool_id: str
    key: str
    sub: str
    group_key: str
    name: str | None
    salt: bytes = field(repr=False)
    verifier: bytes = field(repr=False)
    remembered: bool
    trusted: bool
    waiting: str | None = field(repr=False)
    last_ip: str
    created_at: float
    modified_at: float
    last_seen_at: float
