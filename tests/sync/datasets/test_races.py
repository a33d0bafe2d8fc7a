"""IDP-12: two devices at once never lose a record, nor pass a limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from botocore.exceptions import ClientError

from tests.support.house import TestHouse
from tests.sync.devices import device, pool, replace

CONFLICT = "ResourceConflictException"


def at_once(count: int, ask: Callable[[int], object]) -> list[str]:
    """The error codes of so many calls begun together; "" for those that went well."""
    ready = Barrier(count)

    def one(number: int) -> str:
        ready.wait(timeout=30)
        try:
            ask(number)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return ""

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


def test_of_many_devices_that_write_a_record_at_once_one_wins(house: TestHouse) -> None:
    mine = device(pool(house))
    token = mine.token("prefs")
    for count in range(3):

        def write(number: int, count: int = count) -> None:
            mine.write("prefs", replace("a", str(number), count), token=token)

        outcome = at_once(8, write)
        assert sorted(outcome) == [""] + [CONFLICT] * 7
        assert mine.values("prefs") == [("a", str(outcome.index("")), count + 1)]


def test_devices_that_write_different_records_at_once_all_win(house: TestHouse) -> None:
    mine = device(pool(house))
    token = mine.token("prefs")
    outcome = at_once(
        12, lambda number: mine.write("prefs", replace(f"k{number}", "v"), token=token)
    )
    assert outcome == [""] * 12
    found = mine.values("prefs")
    assert sorted(key for key, _, _ in found) == sorted(f"k{number}" for number in range(12))
    assert [count for _, _, count in found] == list(range(1, 13))
    shown = mine.describe("prefs")
    assert (shown["NumRecords"], shown["DataStorage"]) == (12, sum(len(k) + 1 for k, _, _ in found))


def test_a_deletion_and_a_write_at_once_leave_a_dataset_or_none(house: TestHouse) -> None:
    mine = device(pool(house))
    for _ in range(4):
        count = mine.write("prefs", replace("a", "1"))[0]["SyncCount"]
        token = mine.token("prefs")
        asks: Sequence[Callable[[], object]] = (
            lambda: mine.delete("prefs"),
            lambda count=count, token=token: mine.write(  # type: ignore[misc]
                "prefs", replace("a", "2", count), token=token
            ),
        )
        deleted, written = at_once(2, lambda number, asks=asks: asks[number]())  # type: ignore[misc]
        assert deleted == "" and written in ("", CONFLICT)
        assert mine.names() == [] and mine.values("prefs") == []


def test_the_limit_of_datasets_holds_when_all_are_made_at_once(house: TestHouse) -> None:
    mine = device(pool(house))
    tokens = [mine.token(f"d{number}") for number in range(24)]

    def make(number: int) -> None:
        mine.write(f"d{number}", replace("a", ""), token=tokens[number])

    outcome = at_once(24, make)
    assert sorted(outcome) == [""] * 20 + ["LimitExceededException"] * 4
    assert len(mine.names()) == 20
