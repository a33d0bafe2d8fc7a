"""The outbox as an operator reads it: what waits, what was sent, what could not be."""

from __future__ import annotations

from dataclasses import dataclass

from poolhouse.delivery.letters import Letter, Sealing, opened
from poolhouse.delivery.queue import Queue
from poolhouse.storage.engine import Database
from poolhouse.storage.outbox import Message

KEPT_FOR = 7 * 86_400.0
"""Seconds after which a message is removed, whatever became of it."""
_PRETENDED_FOR = 60.0


@dataclass(frozen=True, slots=True)
class Opened:
    """A message and what it says. It may hold a code or a password: show it to operators only."""

    message: Message
    letter: Letter


class Outbox:
    """Reads the messages of one server. Without SMTP_URL and SMS_URL they
    wait here for `poolhouse outbox`."""

    def __init__(self, database: Database, sealing: Sealing) -> None:
        self._queue = Queue(database)
        self._sealing = sealing

    def list(self, *, status: str = "", count: int = 50) -> list[Message]:
        """The newest messages, of one status (waiting, sent, dead) or of all."""
        return self._queue.newest(status, count)

    def holds(self, message_id: str) -> bool:
        return self._queue.find(message_id) is not None

    def open(self, message_id: str) -> Opened | None:
        """One message with its letter; None where there is none. Raises the sealer's Unsealable."""
        found = self._queue.find(message_id)
        if found is None:
            return None
        return Opened(found, opened(self._sealing, found.id, found.sealed))

    def clear(self, now: float) -> int:
        """Removes messages older than `KEPT_FOR`; the number of them."""
        return self._queue.clear(now - KEPT_FOR, now - _PRETENDED_FOR)

    def retry(self, message_id: str, now: float) -> int:
        """Has a dead message, or with an empty id every one, tried again; the number of them.
        What has expired, or was followed by a newer code, stays dead."""
        return self._queue.retry(message_id, now)

    def counts(self) -> dict[tuple[str, str], int]:
        """How many messages there are by medium and status, waiting and dead ones only."""
        return self._queue.counts()
