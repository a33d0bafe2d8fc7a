"""The record of calls: what became of them, and nothing of what was said."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import func, select

from poolhouse.contract.shape import ServiceError
from poolhouse.triggers import store
from poolhouse.triggers.calls import Calls
from poolhouse.triggers.rows import function_calls
from poolhouse.triggers.store import KEPT_FOR, CallsUnwritten, FunctionCalls
from tests.support.house import TestHouse
from tests.triggers.scene import ARN, event

NOW = 1_800_000_000.0


def row(at: float, arn: str = ARN + "f") -> dict[str, Any]:
    return {
        "id": f"{arn} {at}",
        "at": at,
        "arn": arn,
        "source": "PreSignUp_SignUp",
        "outcome": "answered",
        "seconds": 0.25,
    }


def test_the_newest_come_first_and_of_one_function_if_so_asked(house: TestHouse) -> None:
    calls = FunctionCalls(house.services.database)
    calls.add([row(NOW + number, ARN + "ab"[number % 2]) for number in range(6)])
    assert [call.at - NOW for call in calls.newest(count=3)] == [5, 4, 3]
    assert [call.at - NOW for call in calls.newest(ARN + "a")] == [4, 2, 0]
    assert calls.newest()[0].seconds == 0.25


def test_old_ones_and_too_many_are_removed(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "KEPT_AT_MOST", 4)
    calls = FunctionCalls(house.services.database)
    calls.add([row(NOW - KEPT_FOR - 1), row(NOW - KEPT_FOR + 1)])
    assert calls.clear(NOW) == 1
    calls.add([row(NOW + number) for number in range(5)])
    assert calls.clear(NOW) == 2
    assert [call.at - NOW for call in calls.newest()] == [4, 3, 2, 1]


def test_what_a_call_came_to_is_recorded_and_not_what_was_said(house: TestHouse) -> None:
    def function(asked: dict[str, Any]) -> Any:
        if asked["request"].get("note") == "refuse":
            raise ValueError("open-sesame")
        return asked if asked["request"].get("note") == "echo" else None

    house.bind(ARN + "f", function)
    functions = house.services.functions
    for note in ("echo", "refuse", "null"):
        with suppress(ServiceError):
            functions.call(ARN + "f", event(note=note), trigger="PreSignUp")
    functions.calls.close()
    found = functions.calls.newest()
    outcomes = {call.outcome for call in found}
    assert outcomes == {"answered", "refused", "unrecognizable"}
    assert {(call.arn, call.source) for call in found} == {(ARN + "f", "PreSignUp_SignUp")}
    with house.services.database.connection() as connection:
        kept = connection.execute(select(function_calls)).all()
    assert "sesame" not in str(kept) and "ann" not in str(kept)


def test_a_database_that_takes_nothing_delays_no_call(
    sqlite_house: TestHouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls = Calls(sqlite_house.services.database)
    stuck, go = threading.Event(), threading.Event()
    kept: list[dict[str, Any]] = []

    def add(rows: Sequence[dict[str, Any]]) -> None:
        stuck.set()
        go.wait(20)
        kept.extend(rows)
        raise CallsUnwritten("OperationalError")

    monkeypatch.setattr(calls._store, "add", add)
    calls.add(NOW, "first", "s", "o", 0.0)
    assert stuck.wait(20)
    for number in range(3000):
        calls.add(NOW, str(number), "s", "o", 0.0)
    go.set()
    calls.close()
    assert 1 < len(kept) < 3000
    assert "1 calls could not be recorded: OperationalError" in caplog.text


def test_many_calls_are_all_written_in_few_statements(
    sqlite_house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(sqlite_house.services.database)
    add, go = calls._store.add, threading.Event()
    sizes: list[int] = []

    def counted(rows: Sequence[dict[str, Any]]) -> None:
        go.wait(20)
        sizes.append(len(rows))
        add(rows)

    monkeypatch.setattr(calls._store, "add", counted)
    for number in range(500):
        calls.add(NOW + number, "a", "s", "o", 0.0)
    go.set()
    calls.close()
    assert len(sizes) <= 1 + 500 // 50 + 1
    with sqlite_house.services.database.connection() as connection:
        assert connection.scalar(select(func.count()).select_from(function_calls)) == 500
