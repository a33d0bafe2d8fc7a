"""The shape of an outstanding code."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Column, ForeignKey, Index, Table

from poolhouse.storage.base import Count, Key, Moment, Sealed, Words, metadata

# No foreign key to users: a name that nobody has is counted and answered like one that exists.
codes = Table(
    "codes",
    metadata,
    Column("pool_id", ForeignKey("user_pools.id", ondelete="CASCADE"), primary_key=True),
    Column("sub", Key, primary_key=True),
    Column("purpose", Key, primary_key=True),
    Column("attribute", Key, nullable=False),
    Column("value", Words, nullable=False),
    Column("basis", Words, nullable=False),
    Column("mac", Sealed, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("guesses", Count, nullable=False),
    Column("guessed_since", Moment, nullable=False),
    Index("ix_codes_expires_at", "expires_at"),
)


@dataclass(frozen=True, slots=True)
class Code:
    """A code sent to `value` of `attribute`, while the user's attribute was `basis`: the two
    differ where a new value waits to be proved. `guesses` counts tries since `guessed_since`,
    the one being judged included. A row that only counts guesses has an empty `mac`."""

    pool_id: str
    sub: str
    purpose: str
    attribute: str
    value: str
    basis: str
    mac: bytes = field(repr=False)
    created_at: float
    expires_at: float
    guesses: int

    @property
    def pending(self) -> bool:
        """The value is not the user's yet: redeeming the code makes it so."""
        return self.value != self.basis
