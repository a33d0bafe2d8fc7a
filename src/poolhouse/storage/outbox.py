"""Messages that wait to leave: written with the change that causes them, sent after it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, Index, Table, bindparam, update

from poolhouse.storage.base import Count, Key, Moment, Sealed, insert, metadata

messages = Table(
    "messages",
    metadata,
    Column("id", Key, primary_key=True),
    Column("pool_id", Key, nullable=False),
    Column("medium", Key, nullable=False),
    Column("kind", Key, nullable=False),
    Column("sealed", Sealed, nullable=False),
    Column("status", Key, nullable=False),
    Column("attempts", Count, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("leased_until", Moment, nullable=False),
    Column("trouble", Key, nullable=False),
    Column("topic", Key, nullable=False),
    Index(None, "status", "due_at"),
    Index(None, "topic"),
)


@dataclass(frozen=True, slots=True)
class Message:
    """A row. `medium` is EMAIL or SMS; `sealed` holds recipient, subject and body, which may
    carry a code; `status` is waiting, sent, dead or superseded. Of the messages on one `topic` only
    the newest is worth sending. Times are epoch seconds."""

    id: str
    pool_id: str
    medium: str
    kind: str
    sealed: bytes
    created_at: float
    expires_at: float
    status: str = "waiting"
    attempts: int = 0
    due_at: float = 0.0
    leased_until: float = 0.0
    trouble: str = ""
    topic: str = ""


ADD = insert(messages)
SUPERSEDE = (
    update(messages)
    .where(
        messages.c.topic == bindparam("about"),
        messages.c.status == "waiting",
        messages.c.leased_until <= bindparam("now"),
    )
    .values(status="superseded")
)
