"""One process of a running server: the composed house, with its background work."""

from __future__ import annotations

from poolhouse import app as composition
from poolhouse import logs
from poolhouse.app import Front
from poolhouse.delivery.courier import Courier
from poolhouse.housekeeping import JOBS
from poolhouse.kernel.jobs import Worker
from poolhouse.settings import load


def application() -> Front:
    """The ASGI application, from the settings in the environment. Each worker process calls
    this once; `poolhouse serve` has migrated and founded before."""
    settings = load()
    logs.set_up(settings)
    services = composition.services(settings)
    courier, worker = Courier(services), Worker(services, JOBS)
    front = composition.front(composition.house(services, courier.wake))
    front.on_start += [worker.start, courier.start]
    front.on_stop = [
        worker.stop,
        courier.stop,
        *front.on_stop,
        services.hasher.close,
        services.database.close,
    ]
    return front
