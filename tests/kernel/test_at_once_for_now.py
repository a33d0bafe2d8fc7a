"""A write that outlives the unit and the process, but is not waited for on its way to the disk."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.exc import DBAPIError

from poolhouse.kernel.unit import Rushed, Unit
from poolhouse.storage import engine
from poolhouse.storage.engine import Database
from poolhouse.storage.leases import STATE, facts
from poolhouse.storage.prepared import control
from tests.support.house import TestHouse

FULL = 2
_VALUE = select(facts.c.value).where(facts.c.name == bindparam("name"))
_SET = update(facts).where(facts.c.name == bindparam("which")).values(value=bindparam("value"))
_DIES = """
import os, signal, sys
from poolhouse.kernel.unit import Unit
from poolhouse.storage.engine import Database
from poolhouse.storage.leases import STATE

Unit(Database(sys.argv[1])).at_once_for_now(STATE, name="count", value="1", since=0.0)
os.kill(os.getpid(), signal.SIGKILL)
"""


def count(unit: Unit, name: str | None = "count") -> int:
    return unit.at_once_for_now(STATE, name=name, value="1", since=0.0)


def value_of(database: Database) -> str | None:
    with Unit(database) as unit:
        row = unit.one(_VALUE, name="count")
    return row.value if row else None


def levels(database: Database) -> set[int]:
    """`synchronous` of every connection; none is lent."""
    assert len(database._idle) == database._open > 0
    return {one.execute(text("PRAGMA synchronous")).scalar_one() for one in database._idle}


def raw_of(database: Database) -> Any:
    """The driver's connection that is lent next."""
    return database._idle[-1].connection.dbapi_connection


def test_others_see_it_while_the_unit_goes_on_and_though_it_is_refused(house: TestHouse) -> None:
    other = Database(house.settings.database)
    with pytest.raises(KeyError), Unit(house.services.database) as unit:
        assert count(unit) == 1
        assert value_of(other) == "1"
        raise KeyError
    assert value_of(other) == "1"
    other.close()


def test_it_outlives_the_process_that_is_killed(house: TestHouse) -> None:
    url = house.services.database.url.render_as_string(hide_password=False)
    died = subprocess.run([sys.executable, "-c", _DIES, url], timeout=60, check=False)
    assert died.returncode == -signal.SIGKILL
    assert value_of(house.services.database) == "1"


def test_only_this_one_write_does_not_wait_for_the_disk(sqlite_house: TestHouse) -> None:
    database = sqlite_house.services.database
    value_of(database)
    told = list[str]()
    raw_of(database).set_trace_callback(told.append)
    with Unit(database) as unit:
        count(unit)
        unit.at_once(STATE, name="other", value="1", since=0.0)
    raw_of(database).set_trace_callback(None)
    words = [statement.split("(")[0].split(" AS")[0].strip() for statement in told]
    assert words == [
        "PRAGMA synchronous=NORMAL",
        "INSERT INTO facts",
        "PRAGMA synchronous=FULL",
        "INSERT INTO facts",
    ]
    assert levels(database) == {FULL}


def test_on_postgresql_it_is_a_write_like_any_other(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list[str]()
    monkeypatch.setattr(engine, "control", lambda _, words: told.append(words))
    with Unit(house.services.database) as unit:
        count(unit)
    assert bool(told) == house.services.database.is_sqlite


def failing(database: Database) -> dict[str, Callable[[], object]]:
    def without_a_value() -> None:
        Unit(database).at_once_for_now(_SET, which="count")

    def unknown() -> None:
        Unit(database).at_once_for_now(text("INSERT INTO nothing VALUES (1)"))

    return {
        "IntegrityError": lambda: count(Unit(database), None),
        "KeyError": without_a_value,
        "OperationalError": unknown,
    }


@pytest.mark.parametrize("error", ["IntegrityError", "KeyError", "OperationalError"])
def test_a_write_that_fails_leaves_every_connection_waiting_for_the_disk(
    sqlite_house: TestHouse, error: str
) -> None:
    database = sqlite_house.services.database
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is asked below
        failing(database)[error]()
    assert caught.type.__name__ == error
    assert levels(database) == {FULL}
    with Unit(database) as unit:
        count(unit)
    assert levels(database) == {FULL}


def denied(*levels: str) -> Callable[..., int]:
    """Has SQLite refuse to go to these levels, once."""
    left = list(levels)

    def deny(action: int, what: str | None, value: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_PRAGMA and what == "synchronous" and value in left:
            left.remove(value)
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    return deny


@pytest.mark.parametrize("levels_denied", [["NORMAL"], ["FULL"], ["FULL", "FULL"]])
def test_nor_does_a_level_that_cannot_be_set(
    sqlite_house: TestHouse, levels_denied: list[str]
) -> None:
    database = sqlite_house.services.database
    value_of(database)
    raw = raw_of(database)
    raw.set_authorizer(denied(*levels_denied))
    with pytest.raises(DBAPIError), Unit(database) as unit:
        count(unit)
    value_of(database)
    assert levels(database) == {FULL}
    assert database._writes is not None
    assert not database._writes.locked()


@pytest.mark.parametrize("begun", [False, True])
def test_nor_does_a_connection_that_is_discarded_on_the_way(
    sqlite_house: TestHouse, begun: bool
) -> None:
    database = sqlite_house.services.database
    connection = database.lease()
    control(connection, "PRAGMA synchronous=NORMAL")
    if begun:
        control(connection, "BEGIN IMMEDIATE")
    database.discard(connection)
    assert levels(database) == {FULL}


def test_it_is_no_write_for_a_transaction_or_a_quick_unit(sqlite_house: TestHouse) -> None:
    database = sqlite_house.services.database
    with pytest.raises(Rushed):
        count(Unit(database, quick=True))
    with Unit(database) as unit:
        unit.begin()
        with pytest.raises(RuntimeError):
            count(unit)
    assert value_of(database) is None
