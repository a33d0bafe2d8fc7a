"""SQLite has one pen: the writers of one process queue for it, and always give it back."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Semaphore
from typing import Any

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from poolhouse import turns
from poolhouse.contract.shape import Refusal, Refused
from poolhouse.kernel.unit import Unit
from poolhouse.storage import engine
from poolhouse.storage.engine import Database
from poolhouse.storage.leases import STATE, STATE_ONCE, facts
from tests.support.house import build_template
from tests.support.postgres import Cluster
from tests.support.turning import LONG, turning, wait_for

_VALUE = select(facts.c.value).where(facts.c.name == bindparam("name"))
_SET = update(facts).where(facts.c.name == bindparam("which")).values(value=bindparam("value"))
BUSY = (Refusal.UNAVAILABLE, "The database is busy.")


class Pen:
    """The lock of the writers, and that somebody waits for it."""

    def __init__(self, lock: Any) -> None:
        self._lock = lock
        self.waited_for = Event()
        self.locked: Callable[[], bool] = lock.locked
        self.release: Callable[[], None] = lock.release

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if blocking:
            self.waited_for.set()
        taken: bool = self._lock.acquire(blocking, timeout)
        return taken


@pytest.fixture
def file(tmp_path: Path, sqlite_template: Path) -> Path:
    return Path(shutil.copy(sqlite_template, tmp_path / "poolhouse.db"))


@pytest.fixture
def database(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Whoever meets another writer in SQLite itself does not wait: it is an error at once."""
    monkeypatch.setattr(engine, "_KEEPING_TURN", 0)
    monkeypatch.setattr(engine, "_is_busy", lambda _: False)
    made = Database(f"sqlite:///{file}")
    yield made
    made.close()


@pytest.fixture
def pen(database: Database) -> Pen:
    found: Any = Pen(database._writes)
    database._writes = found
    return found  # type: ignore[no-any-return]


def state(unit: Unit, name: str, value: str = "x") -> None:
    unit.write(STATE, name=name, value=value, since=0.0)


def value_of(database: Database, name: str) -> str | None:
    with Unit(database) as unit:
        row = unit.one(_VALUE, name=name)
    return row.value if row else None


def refused(call: Callable[[], object]) -> tuple[Refusal, str]:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.refusal, str(caught.value)


def write(database: Database, name: str) -> None:
    with Unit(database) as unit:
        state(unit, name)


def test_a_writer_waits_in_the_queue_until_the_one_before_has_ended(
    database: Database, pen: Pen
) -> None:
    with ThreadPoolExecutor(1) as threads:
        with Unit(database) as first:
            state(first, "first")
            second = threads.submit(write, database, "second")
            wait_for(pen.waited_for)
            assert not second.done()
            assert value_of(database, "second") is None
        second.result(LONG)
    assert value_of(database, "second") == "x"


@pytest.mark.parametrize("way", ["at_once", "at_once_for_now", "returned_at_once", "note"])
def test_so_does_every_write_without_a_transaction(database: Database, pen: Pen, way: str) -> None:
    def act() -> None:
        with Unit(database) as unit:
            getattr(unit, way)(STATE, name="second", value="x", since=0.0)

    with ThreadPoolExecutor(1) as threads:
        with Unit(database) as first:
            state(first, "first")
            second = threads.submit(act)
            wait_for(pen.waited_for)
            assert not second.done()
        second.result(LONG)
    assert value_of(database, "second") == "x"


def test_many_writers_of_one_process_never_meet_in_sqlite(database: Database) -> None:
    with Unit(database) as unit:
        state(unit, "counter", "0")

    def work(number: int) -> None:
        with Unit(database) as unit:
            unit.at_once(STATE, name=f"a{number}", value="x", since=0.0)
            unit.at_once_for_now(STATE, name=f"b{number}", value="x", since=0.0)
            unit.note(STATE, name=f"c{number}", value="x", since=0.0)
            unit.begin()
            row = unit.one(_VALUE, name="counter")
            assert row is not None
            unit.write(_SET, which="counter", value=str(int(row.value) + 1))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(100)))
    assert value_of(database, "counter") == "100"
    assert all(value_of(database, f"{kind}99") == "x" for kind in "abc")


def test_who_cannot_begin_gives_the_pen_back(database: Database, file: Path, pen: Pen) -> None:
    other = sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError):
        write(database, "one")
    with pytest.raises(OperationalError), Unit(database) as unit:
        unit.at_once(STATE, name="one", value="x", since=0.0)
    assert not pen.locked()
    other.close()
    write(database, "one")
    assert value_of(database, "one") == "x"


@pytest.mark.parametrize("way", ["write", "at_once", "at_once_for_now", "note"])
def test_who_meets_a_writer_of_another_process_waits_for_it_and_not_for_ever(
    file: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """REL-07"""
    monkeypatch.setattr(engine, "_KEEPING_TURN", 0.01)
    database, other = Database(f"sqlite:///{file}"), sqlite3.connect(file, check_same_thread=False)

    def write() -> None:
        with Unit(database) as unit:
            getattr(unit, way)(STATE, name="one", value="x", since=0.0)

    other.execute("BEGIN IMMEDIATE")
    with monkeypatch.context() as patched:
        patched.setattr(engine, "BUSY_SECONDS", 0.1)
        with pytest.raises(OperationalError):
            write()
    with ThreadPoolExecutor(1) as thread:
        waits = thread.submit(write)
        time.sleep(0.3)
        assert not waits.done()
        other.close()
        waits.result(LONG)
    assert value_of(database, "one") == "x"
    database.close()


def test_so_does_who_finds_no_connection(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    database = Database(f"sqlite:///{file}", most=1)
    with database.connection():
        assert refused(lambda: write(database, "one")) == BUSY
    write(database, "one")
    assert value_of(database, "one") == "x"
    database.close()


def test_who_raises_or_is_refused_gives_the_pen_back(database: Database, pen: Pen) -> None:
    for error in (KeyError(), Refused(Refusal.THROTTLED, "no"), SystemExit()):
        with pytest.raises(type(error)), Unit(database) as unit:
            state(unit, "one")
            assert pen.locked()
            raise error
        assert not pen.locked()
    for way in ("write", "at_once", "at_once_for_now", "returned_at_once", "note"):
        with pytest.raises(IntegrityError), Unit(database) as unit:
            getattr(unit, way)(STATE, name=None, value="x", since=0.0)
        assert not pen.locked(), way
    assert value_of(database, "one") is None


def test_who_cannot_commit_gives_the_pen_back(database: Database, pen: Pen) -> None:
    def deny(action: int, what: str | None, *_: object) -> int:
        no = action == sqlite3.SQLITE_TRANSACTION and what == "COMMIT"
        return sqlite3.SQLITE_DENY if no else sqlite3.SQLITE_OK

    with pytest.raises(DBAPIError), Unit(database) as unit:
        state(unit, "one")
        assert unit._connection is not None
        raw: Any = unit._connection.connection.dbapi_connection
        raw.set_authorizer(deny)
    raw.set_authorizer(None)
    assert not pen.locked()
    assert value_of(database, "one") is None
    write(database, "one")
    assert value_of(database, "one") == "x"


def test_whoever_waits_too_long_is_told_that_the_database_is_busy(
    database: Database, pen: Pen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.01)

    def at_once() -> None:
        with Unit(database) as unit:
            unit.at_once_for_now(STATE, name="one", value="x", since=0.0)

    with Unit(database) as first:
        state(first, "first")
        assert refused(lambda: write(database, "one")) == BUSY
        assert refused(at_once) == BUSY
        assert pen.locked(), "it is still the first one's"
    assert not pen.locked()
    assert value_of(database, "first") == "x"
    assert value_of(database, "one") is None


@pytest.fixture
def elsewhere(postgres: Cluster) -> Iterator[Database]:
    url = postgres.database(postgres.template("house", build_template))
    made = Database(url)
    yield made
    made.close()
    postgres.drop(url)


def test_on_postgresql_nobody_queues(elsewhere: Database) -> None:
    database = elsewhere
    with Unit(database) as first:
        state(first, "first")
        with Unit(database) as second:
            assert second.write(STATE_ONCE, name="second", value="x", since=0.0) == 1
            second_at_once = Unit(database)
            assert second_at_once.at_once_for_now(STATE, name="third", value="x", since=0.0) == 1
    assert [value_of(database, name) for name in ("first", "second", "third")] == ["x"] * 3


def test_a_writer_that_waits_comes_back_although_the_others_want_its_row(
    elsewhere: Database,
) -> None:
    """They keep their turns while PostgreSQL has them wait for it."""
    held, wanted = Event(), Semaphore(0)

    def hold() -> None:
        with Unit(elsewhere) as unit:
            state(unit, "row", "held")
            held.set()
            with turns.waiting():
                assert all(wanted.acquire(timeout=LONG) for _ in range(2))

    def want() -> None:
        wait_for(held)
        wanted.release()
        write(elsewhere, "row")

    with turning(3, 2, patience=0.01) as made:
        for work in (hold, want, want):
            made.start(work)
    assert value_of(elsewhere, "row") == "x"
