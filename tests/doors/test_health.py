from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from poolhouse import app as composition
from poolhouse.app import Front
from poolhouse.doors.health.asking import Question
from poolhouse.doors.health.metrics import Metrics
from poolhouse.doors.health.routes import Health
from poolhouse.kernel.services import Services
from poolhouse.keys.sealing import Sealer
from poolhouse.keys.store import DataKeys
from poolhouse.storage.engine import Database
from tests.support.house import ENDPOINT, TestHouse

READY = (200, b'{"status":"ok"}')
NOT_READY = (503, b'{"status":"unavailable"}')
HEAD = "0001"


def stamp(house: TestHouse, revision: str) -> None:
    """What Alembic leaves in a database at this revision."""
    with house.services.database.connection() as connection:
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:it)"), {"it": revision})


def health(services: Services, token: str | None = None, patience: float = 2.0) -> Health:
    metrics = Metrics((), lambda: 0)
    return Health(services, metrics, metrics_token=token, head=lambda: HEAD, patience=patience)


def ask(
    house: TestHouse, door: Health, path: str, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    usual = house.application
    house.application = Front(usual._aws, door.routes)
    try:
        status, fields, body = house.request("GET", ENDPOINT + path, headers)
    finally:
        house.application = usual
    assert fields["cache-control"] == "no-store"
    return status, body


def test_a_process_that_answers_lives_whatever_its_database_does(
    sqlite_house: TestHouse, tmp_path: Path
) -> None:
    services = replace(sqlite_house.services, database=Database(f"sqlite:///{tmp_path}"))
    assert ask(sqlite_house, health(services), "/health/live") == READY


def test_a_server_is_ready_when_its_database_is_at_the_newest_revision(house: TestHouse) -> None:
    door = health(house.services)
    assert ask(house, door, "/health/ready") == NOT_READY
    stamp(house, "0000")
    assert ask(house, door, "/health/ready") == NOT_READY
    stamp(house, HEAD)
    assert ask(house, door, "/health/ready") == READY


def test_readiness_tells_no_reason(sqlite_house: TestHouse, tmp_path: Path) -> None:
    """ADM-09, LOG-04: no name, path or version, whatever is wrong."""
    unreachable = replace(sqlite_house.services, database=Database(f"sqlite:///{tmp_path}"))
    stamp(sqlite_house, HEAD)
    sealer = Sealer(
        composition.master_keys(sqlite_house.settings),
        DataKeys(sqlite_house.services.database),
        sqlite_house.clock,
    )
    unopened = replace(sqlite_house.services, sealer=sealer)
    for services in (unreachable, unopened):
        assert ask(sqlite_house, health(services), "/health/ready") == NOT_READY
    sealer.prepare()
    assert ask(sqlite_house, health(unopened), "/health/ready") == READY


def test_a_server_that_is_shutting_down_is_not_ready(sqlite_house: TestHouse) -> None:
    stamp(sqlite_house, HEAD)
    door = health(sqlite_house.services)
    assert ask(sqlite_house, door, "/health/ready") == READY
    door.close()
    assert ask(sqlite_house, door, "/health/ready") == NOT_READY
    assert ask(sqlite_house, door, "/health/live") == READY


def test_a_database_that_hangs_makes_the_server_unready_in_time(sqlite_house: TestHouse) -> None:
    stamp(sqlite_house, HEAD)
    hanging = threading.Event()

    class Hanging(Database):
        def lease(self):  # type: ignore[no-untyped-def]
            hanging.wait(10)
            return super().lease()

    database = Hanging(str(sqlite_house.services.database.url))
    door = health(replace(sqlite_house.services, database=database), patience=0.05)
    assert ask(sqlite_house, door, "/health/ready") == NOT_READY
    assert ask(sqlite_house, door, "/metrics")[0] == 200  # without what only the database knows
    hanging.set()
    database.close()


def test_metrics_can_be_kept_for_those_who_know_the_token(sqlite_house: TestHouse) -> None:
    """ADM-09"""
    door = health(sqlite_house.services, token="scrape-secret")
    wrong = [
        "",
        "Bearer",
        "Bearer scrape-secre",
        "bearer scrape-secret",
        "Basic scrape-secret",
        "é",
    ]
    for given in wrong:
        status, body = ask(sqlite_house, door, "/metrics", {"authorization": given})
        assert status == 401
        assert b"poolhouse" not in body
    status, body = ask(sqlite_house, door, "/metrics", {"authorization": "Bearer scrape-secret"})
    assert status == 200
    assert b"poolhouse_workers 1.0" in body


# questions -----------------------------------------------------------------------------
def asked_by(count: int, question: Question[int], release: Callable[[], None]) -> list[int | None]:
    async def together() -> list[int | None]:
        asking = [asyncio.ensure_future(question.answer()) for _ in range(count)]
        await asyncio.sleep(0.02)
        release()
        return await asyncio.gather(*asking)

    return asyncio.run(together())


def test_everybody_who_asks_meanwhile_shares_one_answer() -> None:
    """NET-06: probes cannot take more than one thread."""
    asked: list[int] = []
    free = threading.Event()

    def ask_once() -> int:
        free.wait(5)
        asked.append(1)
        return len(asked)

    assert asked_by(100, Question(ask_once, 5), free.set) == [1] * 100


def test_an_answer_that_takes_too_long_is_none_and_is_not_asked_for_twice() -> None:
    asked: list[int] = []
    free = threading.Event()

    def ask_slowly() -> int:
        asked.append(1)
        free.wait(5)
        return 1

    async def both() -> tuple[int | None, int | None, int | None]:
        question = Question(ask_slowly, 0.02)
        first, second = await question.answer(), await question.answer()
        free.set()
        await asyncio.sleep(0.02)
        return first, second, await question.answer()

    assert asyncio.run(both()) == (None, None, 1)
    assert len(asked) == 2


def test_an_error_is_no_answer_and_its_text_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """LOG-01: the text of a database error may hold values."""

    def fail() -> int:
        raise ValueError("value of a row")

    assert asyncio.run(Question(fail, 1).answer()) is None
    assert "ValueError" in caplog.text
    assert "value of a row" not in caplog.text
