"""The courier: takes letters from the outbox to the post, in the background.

Any number of couriers, in any number of processes, share one outbox: each message is leased by
one of them. A message goes out at least once: a courier that dies after handing it in and before
writing so down leaves it to the next, under the same Message-ID.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import Protocol

from sqlalchemy.exc import DBAPIError

from poolhouse.clock import Clock
from poolhouse.contract.shape import Refused
from poolhouse.delivery.letters import Letter, Sealing, opened
from poolhouse.delivery.post import Line, Post, Undelivered, rendered, server_of
from poolhouse.delivery.queue import DEAD, SENT, WAITING, Queue
from poolhouse.delivery.rules import LEASE, pause_after
from poolhouse.settings import Settings
from poolhouse.storage.engine import Database
from poolhouse.storage.outbox import Message

log = logging.getLogger(__name__)

EVERY = 3.0
"""Seconds between two looks into the outbox that nobody asked for."""
SHORTEST = 0.05
"""Seconds that the courier rests at least."""

_AT_A_TIME = 10
_PATIENCE = 5.0


class Furnishings(Protocol):
    """What of the kernel's Services a courier needs."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def database(self) -> Database: ...
    @property
    def sealer(self) -> Sealing: ...


class Courier:
    """One thread. `start` and `stop` it with the process, `wake` it after each commit that wrote
    messages. Without SMTP_URL there is nothing to do: messages wait to be read."""

    def __init__(self, services: Furnishings, post: Post | None = None) -> None:
        settings = services.settings
        if post is None and settings.smtp_url is not None:
            post = Post(server_of(settings.smtp_url.get_secret_value()))
        self._post = post
        self._sender = settings.mail_from
        self._clock = services.clock
        self._sealing = services.sealer
        self._queue = Queue(services.database)
        self._bell = threading.Event()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._sent = 0

    def start(self) -> None:
        """Begins to work. A courier is started once."""
        if self._post is None:
            return
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)
        self._thread.start()

    def stop(self, patience: float = _PATIENCE) -> None:
        """Ends after the message in hand, or leaves it behind after `patience` seconds: its
        lease ends, and the next courier sends it."""
        self._over.set()
        self._bell.set()
        if self._thread is not None:
            self._thread.join(patience)

    def wake(self) -> None:
        """There may be something to take along."""
        self._bell.set()

    def round(self) -> int:
        """Hands in everything that is due now; the number of messages that were sent."""
        if self._post is None:
            return 0
        self._sent = 0
        while not self._over.is_set() and self._over_one_line(self._post):
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
            self._bell.wait(pause)

    def _until_next(self) -> float:
        due_at = self._queue.next_due()
        if due_at is None:
            return EVERY
        return min(max(due_at - self._clock.now(), SHORTEST), EVERY)

    def _over_one_line(self, post: Post) -> bool:
        """Sends what is due over one line, as far as the line carries. False where nothing more
        can be done now: nothing is due, or there is no line."""
        message, connected = self._take(), False
        if message is None:
            return False
        try:
            with post.line() as line:
                connected = True
                while message is not None:
                    self._hand_in(line, message)
                    message = None if self._over.is_set() else self._take()
            return False
        except Undelivered as failure:
            assert message is not None
            self._failed(message, failure)
            return connected

    def _take(self) -> Message | None:
        """The next message that is due, leased. Whoever needed an expired one has no more use
        for it."""
        now = self._clock.now()
        while found := self._queue.due(now, _AT_A_TIME):
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
        letter = self._letter(message)
        mail = rendered(letter, message.id, self._sender, self._clock.now())
        line.send(mail, self._sender, letter.recipient)
        self._settle(message, SENT)
        self._sent += 1

    def _letter(self, message: Message) -> Letter:
        try:
            return opened(self._sealing, message.id, message.sealed)
        except Exception:  # noqa: BLE001 - altered, or sealed by another house: nobody can read it
            raise Undelivered("The message cannot be read.", for_good=True) from None

    def _failed(self, message: Message, failure: Undelivered) -> None:
        pause = None if failure.for_good else pause_after(message.attempts)
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
