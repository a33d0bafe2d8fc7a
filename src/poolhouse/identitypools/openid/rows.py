"""The shape of the keys that sign OpenID tokens."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Column, Table

from poolhouse.keys.signing import SigningKey
from poolhouse.storage.base import Count, Json, Key, Moment, Sealed, metadata

openid_keys = Table(
    "openid_keys",
    metadata,
    Column("serial", Count, primary_key=True, autoincrement=False),
    Column("kid", Key, nullable=False, unique=True),
    Column("sealed", Sealed, nullable=False),
    Column("public", Json, nullable=False),
    Column("signs_from", Moment, nullable=False),
    Column("retires_at", Moment, nullable=True),
)


@dataclass(frozen=True, slots=True)
class OpenIdKey:
    """A key. It is published from the moment it exists, signs from `signs_from` (epoch seconds)
    until a newer one does, and is published until `retires_at`."""

    serial: int
    key: SigningKey = field(repr=False)
    public: dict[str, str] = field(repr=False)
    signs_from: float
    retires_at: float | None

    def is_published(self, now: float) -> bool:
        return self.retires_at is None or self.retires_at > now
