"""A lane: the messages of one medium on their way, by one thread. Lanes know nothing of each
other, so a mail server that hangs delays no text message."""

from __future__ import annotations

import logging
import threading
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from sqlalchemy.exc import DBAPIError

from poolhouse.clock import Clock
from poolhouse.contract.shape import Refused
from poolhouse.delivery.letters import Letter, Sealing, opened
from poolhouse.delivery.queue import DEAD, SENT, WAITING, Queue
from poolhouse.delivery.rules import LEASE, pause_after, rest_after
from poolhouse.delivery.troubles import Undelivered
from poolhouse.storage.outbox import Message

log = logging.getLogger("poolhouse.delivery")

EVERY = 3.0
"""Seconds between two looks into the outbox that nobody asked for."""
SHORTEST = 0.05
"""Seconds that a lane rests at least."""

_AT_A_TIME = 10


class Line(Protocol):
    """An open connection, for several messages in a row."""

    def send(self, letter: Letter, message_id: str, now: float) -> None:
        """Raises Undelivered."""


class Carrier(Protocol):
    """Takes the messages of one medium."""

    @property
    def medium(self) -> str: ...

    def line(self) -> AbstractContextManager[Line]:
        """Raises Undelivered where there is none to be had."""


class Lane:
    """`start` and `stop` it with the process, `wake` it when there may be something to take."""

    def __init__(self, carrier: Carrier, queue: Queue, sealing: Sealing, clock: Clock) -> None:
        self._carrier = carrier
        self._queue = queue
        self._sealing = sealing
        self._clock = clock
        self._bell = threading.Event()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._sent = 0
        self._rest = 0.0

    def start(self) -> None:
        name = f"courier {self._carrier.medium}"
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Nothing is begun any more."""
        self._over.set()
        self._bell.set()

    def join(self, patience: float) -> None:
        """Waits for the message in hand, or leaves it behind: its lease ends, and the next
        courier sends it."""
        if self._thread is not None:
            self._thread.join(patience)

    def wake(self) -> None:
        self._bell.set()

    def round(self) -> int:
        """Hands in everything that is due now; the number of messages that were sent."""
        self._sent, self._rest = 0, 0.0
        while not self._over.is_set() and self._over_one_line():
            pass
        return self._sent

    def _work(self) -> None:
        while not self._over.is_set():
            self._bell.clear()
            pause = EVERY
            try:
                self.round()
                pause = self._until_next()
            except (DBAPIError, Refused) as error:
                log.warning("The outbox cannot be read: %s", type(error).__name__)
            except Exception:
                log.exception("The courier stumbled")
            # Whoever rings does not shorten the rest that the other side needs.
            if self._rest:
                self._over.wait(self._rest)
            else:
                self._bell.wait(pause)

    def _until_next(self) -> float:
        due_at = self._queue.next_due(self._carrier.medium)
        if due_at is None:
            return EVERY
        return min(max(due_at - self._clock.now(), SHORTEST), EVERY)

    def _over_one_line(self) -> bool:
        """Sends what is due over one line, as far as the line carries. False where nothing more
        can be done now: nothing is due, or nobody takes it."""
        message, connected = self._take(), False
        if message is None:
            return False
        try:
            with self._carrier.line() as line:
                connected = True
                while message is not None:
                    self._hand_in(line, message)
                    message = None if self._over.is_set() else self._take()
            return False
        except Undelivered as failure:
            assert message is not None
            self._failed(message, failure)
            if connected and not failure.whole:
                return True
            self._rest = rest_after(failure.after)
            return False

    def _take(self) -> Message | None:
        """The next message that is due, leased. Whoever needed an expired one has no more use
        for it."""
        now = self._clock.now()
        while found := self._queue.due(self._carrier.medium, now, _AT_A_TIME):
            for message in found:
                if not self._queue.claim(message, now + LEASE):
                    continue
                attempts = message.attempts + 1
                leased = replace(message, leased_until=now + LEASE, attempts=attempts)
                if message.expires_at > now:
                    return leased
                self._settle(leased, DEAD, trouble="It expired before it could be sent.")
        return None

    def _hand_in(self, line: Line, message: Message) -> None:
        line.send(self._letter(message), message.id, self._clock.now())
        self._settle(message, SENT)
        self._sent += 1

    def _letter(self, message: Message) -> Letter:
        try:
            return opened(self._sealing, message.id, message.sealed)
        except Exception:  # noqa: BLE001 - altered, or sealed by another house: nobody can read it
            raise Undelivered("The message cannot be read.", for_good=True) from None

    def _failed(self, message: Message, failure: Undelivered) -> None:
        pause = None if failure.for_good else pause_after(message.attempts, failure.after)
        if pause is None:
            self._settle(message, DEAD, trouble=failure.trouble)
        else:
            self._settle(message, WAITING, trouble=failure.trouble, pause=pause)

    def _settle(
        self, message: Message, status: str, *, trouble: str = "", pause: float = 0.0
    ) -> None:
        now = self._clock.now()
        lease, due_at = message.leased_until, now + pause
        self._queue.settle(message.id, lease, status, due_at=due_at, trouble=trouble)
        if trouble:
            log.warning(
                "message %s is %s after %d attempts: %s",
                message.id, status, message.attempts, trouble,
            )  # fmt: skip
