"""The unit of work, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DBAPIError

from poolhouse.kernel.unit import Unit
from poolhouse.storage.leases import STATE, STATE_ONCE, facts
from tests.support.house import TestHouse

_VALUE = select(facts.c.value).where(facts.c.name == bindparam("name"))
_LOCKED = _VALUE.with_for_update()
_SET = update(facts).where(facts.c.name == bindparam("which")).values(value=bindparam("value"))


def state(unit: Unit, name: str, value: str) -> None:
    unit.write(STATE, name=name, value=value, since=0.0)


def value_of(house: TestHouse, name: str) -> str | None:
    with Unit(house.services.database) as unit:
        row = unit.one(_VALUE, name=name)
    return row.value if row else None


def test_a_unit_that_ends_well_is_kept_and_one_that_raises_is_not(house: TestHouse) -> None:
    with Unit(house.services.database) as unit:
        state(unit, "kept", "yes")
    with pytest.raises(KeyError), Unit(house.services.database) as unit:
        state(unit, "lost", "yes")
        raise KeyError
    assert value_of(house, "kept") == "yes"
    assert value_of(house, "lost") is None


def test_a_hundred_concurrent_increments_lose_nothing(house: TestHouse) -> None:
    """The two SQLite traps, and PostgreSQL's READ COMMITTED: read, then write, is one step."""
    with Unit(house.services.database) as unit:
        state(unit, "counter", "0")

    def increment(_: int) -> None:
        with Unit(house.services.database) as unit:
            unit.begin()
            row = unit.one(_LOCKED, name="counter")
            assert row is not None
            unit.write(_SET, which="counter", value=str(int(row.value) + 1))

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(increment, range(100)))
    assert value_of(house, "counter") == "100"


def test_of_many_who_take_a_thing_one_gets_it(house: TestHouse) -> None:
    """REL-04: the row count decides the race."""

    def take(number: int) -> int:
        with Unit(house.services.database) as unit:
            return unit.write(STATE_ONCE, name="thing", value=str(number), since=0.0)

    with ThreadPoolExecutor(20) as threads:
        assert sorted(threads.map(take, range(50))) == [0] * 49 + [1]


def test_a_note_is_kept_although_the_unit_is_refused(house: TestHouse) -> None:
    """AUT-08: the record of a failure does not vanish with the refusal."""
    with pytest.raises(KeyError), Unit(house.services.database) as unit:
        state(unit, "change", "made")
        unit.note(STATE, name="note", value="taken", since=0.0)
        raise KeyError
    assert value_of(house, "note") == "taken"
    assert value_of(house, "change") is None


def test_what_is_done_at_once_outlives_the_refusal(house: TestHouse) -> None:
    with pytest.raises(KeyError), Unit(house.services.database) as unit:
        unit.at_once(STATE, name="count", value="1", since=0.0)
        raise KeyError
    assert value_of(house, "count") == "1"


def test_nothing_slow_is_done_inside_a_transaction(sqlite_house: TestHouse) -> None:
    with Unit(sqlite_house.services.database) as unit:
        unit.outside()
        state(unit, "open", "yes")
        with pytest.raises(RuntimeError):
            unit.outside()
        with pytest.raises(RuntimeError):
            unit.at_once(STATE, name="x", value="y", since=0.0)


def test_readers_do_not_wait_for_a_writer(house: TestHouse) -> None:
    with Unit(house.services.database) as writer:
        state(writer, "slow", "change")
        assert value_of(house, "slow") is None
    assert value_of(house, "slow") == "change"


def test_a_failed_statement_leaves_no_broken_connection_behind(house: TestHouse) -> None:
    with pytest.raises(DBAPIError), Unit(house.services.database) as unit:
        unit.write(STATE, name=None, value="x", since=0.0)
    for _ in range(20):
        assert value_of(house, "nothing") is None
