"""The courier: takes letters from the outbox to the post and the gateway, in the background.

Any number of couriers, in any number of processes, share one outbox: each message is leased by
one of them. A message goes out at least once: a courier that dies after handing it in and before
writing so down leaves it to the next, under the same Message-ID.
"""

from __future__ import annotations

from typing import Protocol

from poolhouse.clock import Clock
from poolhouse.delivery.gateway import gateway_of
from poolhouse.delivery.lanes import Carrier, Lane
from poolhouse.delivery.letters import Sealing
from poolhouse.delivery.post import post_of
from poolhouse.delivery.queue import Queue
from poolhouse.settings import Settings
from poolhouse.storage.engine import Database

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
    """A lane for each carrier: those given, else the mail server and the SMS gateway of the
    settings. `start` and `stop` it with the process, `wake` it after each commit that wrote
    messages. Of a medium without a carrier messages wait to be read."""

    def __init__(self, services: Furnishings, *carriers: Carrier) -> None:
        settings = services.settings
        named = carriers or (post_of(settings), gateway_of(settings))
        queue = Queue(services.database)
        self._lanes = [
            Lane(carrier, queue, services.sealer, services.clock)
            for carrier in named
            if carrier is not None
        ]

    def start(self) -> None:
        """Begins to work. A courier is started once."""
        for lane in self._lanes:
            lane.start()

    def stop(self, patience: float = _PATIENCE) -> None:
        """Ends after the messages in hand, or leaves them behind after `patience` seconds each:
        their lease ends, and the next courier sends them."""
        for lane in self._lanes:
            lane.end()
        for lane in self._lanes:
            lane.join(patience)

    def wake(self) -> None:
        """There may be something to take along."""
        for lane in self._lanes:
            lane.wake()

    def round(self) -> int:
        """Hands in everything that is due now; the number of messages that were sent."""
        return sum(lane.round() for lane in self._lanes)
