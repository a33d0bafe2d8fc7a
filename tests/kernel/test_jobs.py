"""Jobs are done by one process at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from poolhouse.kernel.jobs import LEASE, Job, Worker
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit
from poolhouse.storage import leases
from tests.support.house import TestHouse


def enter(house: TestHouse, name: str) -> None:
    with Unit(house.services.database) as unit:
        unit.write(leases.ENTER, name=name, due_at=0.0, leased_until=0.0)


def test_a_job_that_is_due_is_done_by_one_of_many(house: TestHouse) -> None:
    done: list[int] = []

    def run(_: Services) -> bool:
        done.append(1)
        return False

    job = Job("sweep", 60.0, run)
    enter(house, job.name)
    workers = [Worker(house.services, [job]) for _ in range(10)]
    with ThreadPoolExecutor(10) as threads:
        results = list(threads.map(lambda worker: worker.attempt(job), workers))
    assert (sum(results), len(done)) == (1, 1)


def test_a_job_is_due_again_after_its_pause_and_at_once_where_more_is_to_do(
    sqlite_house: TestHouse,
) -> None:
    more = iter([True, False, False])
    job = Job("stock", 60.0, lambda _: next(more))
    enter(sqlite_house, job.name)
    worker = Worker(sqlite_house.services, [job])
    assert worker.attempt(job)
    assert worker.attempt(job)
    assert not worker.attempt(job)
    sqlite_house.clock.step(61)
    assert worker.attempt(job)


def test_a_failed_job_gives_its_lease_back_and_a_dead_ones_lease_runs_out(
    sqlite_house: TestHouse,
) -> None:
    def fail(_: Services) -> bool:
        raise KeyError

    job = Job("failing", 5.0, fail)
    enter(sqlite_house, job.name)
    worker = Worker(sqlite_house.services, [job])
    with pytest.raises(KeyError):
        worker.attempt(job)
    sqlite_house.clock.step(6)
    now = sqlite_house.clock.now()
    with Unit(sqlite_house.services.database) as unit:
        assert unit.write(leases.TAKE, which=job.name, now=now, until=now + LEASE) == 1
    assert not worker.attempt(job)
    sqlite_house.clock.step(LEASE + 1)
    with pytest.raises(KeyError):
        worker.attempt(job)


def test_the_worker_goes_on_after_a_bad_job_and_stops_when_told(sqlite_house: TestHouse) -> None:
    """REL-20"""
    seen = threading.Event()

    def fail(_: Services) -> bool:
        raise KeyError

    def run(_: Services) -> bool:
        seen.set()
        return False

    worker = Worker(sqlite_house.services, [Job("bad", 1.0, fail), Job("good", 1.0, run)])
    worker.start()
    assert seen.wait(10)
    worker.stop()
