"""Work in the background: each job by one process at a time, whoever is free.

A job's row is leased by a conditional UPDATE. A process that dies keeps a lease for `LEASE`
seconds, then another takes it; so a job may run twice and must bear that.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from poolhouse.contract.shape import Refused
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit
from poolhouse.storage import leases

LEASE = 300.0
_TICK = 1.0

log = logging.getLogger("poolhouse.jobs")


@dataclass(frozen=True, slots=True)
class Job:
    """`run` is called every `every` seconds by one of all processes; `again` says, after a run,
    whether there is more to do at once (in the next tick)."""

    name: str
    every: float
    run: Callable[[Services], bool]


class Worker:
    """A thread that does the jobs that are due."""

    def __init__(self, services: Services, jobs: Sequence[Job]) -> None:
        self._services = services
        self._jobs = jobs
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)

    def start(self) -> None:
        for job in self._jobs:
            with Unit(self._services.database) as unit:
                unit.write(leases.ENTER, name=job.name, due_at=0.0, leased_until=0.0)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=10)

    def _work(self) -> None:
        while not self._stopping.wait(_TICK):
            for job in self._jobs:
                if self._stopping.is_set():
                    return
                try:
                    self.attempt(job)
                except (DBAPIError, Refused) as error:
                    log.warning("job %s could not run: %s", job.name, type(error).__name__)
                except Exception:
                    log.exception("job %s failed", job.name)

    def attempt(self, job: Job) -> bool:
        """Does the job if it is due and nobody else is at it; True if it was done."""
        now = self._services.clock.now()
        with Unit(self._services.database) as unit:
            if unit.write(leases.TAKE, which=job.name, now=now, until=now + LEASE) != 1:
                return False
        more = False
        try:
            more = job.run(self._services)
        finally:
            pause = 0.0 if more else job.every
            with Unit(self._services.database) as unit:
                unit.write(leases.RETURN, which=job.name, next=now + pause)
        return True
