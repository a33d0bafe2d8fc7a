"""A house's outbox, and couriers of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from poolhouse import ids
from poolhouse.delivery import gateway as texting
from poolhouse.delivery.bodies import template
from poolhouse.delivery.courier import Courier
from poolhouse.delivery.letters import EMAIL, Letter, sealed
from poolhouse.delivery.outbox import Outbox
from poolhouse.delivery.post import MailServer, Post
from poolhouse.kernel.unit import Unit
from poolhouse.storage.outbox import Message
from tests.support.house import TestHouse

HOUR = 3600.0
SENDER = "no-reply@localhost"


class Mail:
    """A house's outbox, and couriers of it."""

    def __init__(self, house: TestHouse) -> None:
        self.house = house
        self.services = house.services
        self.outbox = Outbox(house.services.database, house.services.sealer)

    def write(
        self, number: int = 0, *, medium: str = EMAIL, lifetime: float = HOUR, **more: str
    ) -> str:
        message_id, now = ids.random_uuid(), self.services.clock.now()
        to = f"user{number}@example.com" if medium == EMAIL else f"+4930{number}"
        letter = Letter(recipient=to, subject="s", text=f"{number}")
        wrapped = sealed(self.services.sealer, message_id, letter)
        message = Message(message_id, "p", medium, "test", wrapped, now, now + lifetime)
        with Unit(self.services.database) as unit:
            unit.announce(replace(message, **more))  # type: ignore[arg-type]
        return message_id

    def post(self, port: int, timeout: float = 2.0) -> Post:
        server = MailServer("127.0.0.1", port, implicit_tls=False)
        return Post(server, sender=SENDER, timeout=timeout)

    def gateway(self, port: int, timeout: float = 2.0) -> texting.Gateway:
        place = texting.place_of(f"http://127.0.0.1:{port}/")
        return texting.Gateway(place, template("json"), timeout=timeout)

    def courier(self, port: int, timeout: float = 2.0) -> Courier:
        return Courier(self.services, self.post(port, timeout))

    def message(self, message_id: str) -> Message:
        opened = self.outbox.open(message_id)
        assert opened is not None
        return opened.message

    def status(self, message_id: str) -> str:
        return self.message(message_id).status


@contextmanager
def at_work(courier: Courier) -> Iterator[Courier]:
    courier.start()
    try:
        yield courier
    finally:
        courier.stop()


@contextmanager
def left_behind(courier: Courier) -> Iterator[None]:
    courier.start()
    try:
        yield
    finally:
        courier.stop(patience=0.1)


def until(condition: Callable[[], Any]) -> None:
    """Waits for a background thread; fails after ten seconds."""
    pause = threading.Event()
    for _ in range(1000):
        if condition():
            return
        pause.wait(0.01)
    pytest.fail("it did not come to pass")
