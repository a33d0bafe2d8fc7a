"""One process of a running server: the composed house, with its background work."""

from __future__ import annotations

import gc
from collections.abc import Iterator

from poolhouse import app as composition
from poolhouse import logs
from poolhouse.app import Front
from poolhouse.delivery.courier import Courier
from poolhouse.delivery.gateway import gateway_of
from poolhouse.delivery.lanes import Carrier
from poolhouse.delivery.post import post_of
from poolhouse.housekeeping import JOBS
from poolhouse.kernel.jobs import Worker
from poolhouse.kernel.services import Services
from poolhouse.settings import load
from poolhouse.userpools.triggers.senders import Senders


def carriers(services: Services) -> Iterator[Carrier]:
    """Whoever takes messages away: a mail server and a gateway where they are set up, and the
    functions of pools that send their own."""
    for found in (post_of(services.settings), gateway_of(services.settings)):
        if found is not None:
            yield found
    yield Senders(services.functions)


def application() -> Front:
    """The ASGI application, from the settings in the environment. Each worker process calls
    this once; `poolhouse serve` has migrated and founded before."""
    settings = load()
    logs.set_up(settings)
    services = composition.services(settings)
    courier, worker = Courier(services, *carriers(services)), Worker(services, JOBS)
    front = composition.front(composition.house(services, courier.wake))
    front.on_start += [worker.start, courier.start]
    front.on_stop = [
        worker.stop,
        courier.stop,
        *front.on_stop,
        services.functions.close,
        services.hasher.close,
        services.database.close,
    ]
    # What was made until here lives as long as the process: no collection needs to look at it.
    gc.freeze()
    return front
