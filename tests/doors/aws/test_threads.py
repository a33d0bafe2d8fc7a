"""The threads behind the door: whoever asked may be gone, and an answer may fail to be made."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from poolhouse.doors.aws import rpc
from tests.doors.furnishing import front_where_sign_up, instead
from tests.support.house import ENDPOINT, TestHouse
from tests.support.turning import LONG, until, wait_for

Reply = tuple[int, dict[str, str], bytes]
TARGET = "AWSCognitoIdentityProviderService.SignUp"
SIGN_UP = b'{"ClientId":"abc","Username":"ann","Password":"x"}'


async def served(house: TestHouse) -> Reply:
    """One SignUp, on the loop of this very test."""
    headers = [(b"x-amz-target", TARGET.encode())]
    return await house._serve("POST", ENDPOINT + "/", headers, SIGN_UP)


class Breaking(BaseException):
    pass


def test_what_no_answer_can_be_made_of_takes_no_thread_along(sqlite_house: TestHouse) -> None:
    """SQLite has one turn: it would be the last."""
    outcomes = iter([Breaking(), Breaking(), None])

    def does() -> None:
        if outcome := next(outcomes):
            raise outcome

    async def main() -> Reply:
        for _ in range(2):
            with pytest.raises(Breaking):
                await asyncio.wait_for(served(sqlite_house), LONG)
        return await asyncio.wait_for(served(sqlite_house), LONG)

    with instead(sqlite_house, front_where_sign_up(sqlite_house, does)):
        assert asyncio.run(main())[0] == 200


def test_whoever_leaves_before_the_answer_leaves_no_trace(sqlite_house: TestHouse) -> None:
    """What is under way is done; what has not begun is not."""
    begun, gate, done, troubles = threading.Event(), threading.Event(), list[int](), list[Any]()

    def does() -> None:
        begun.set()
        wait_for(gate)
        done.append(1)

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: troubles.append(told))
        asked = [asyncio.create_task(served(sqlite_house)) for _ in range(3)]
        await asyncio.to_thread(wait_for, begun)
        for one in asked[:2]:
            one.cancel()
        await asyncio.wait(asked[:2], timeout=LONG)
        gate.set()
        assert (await asyncio.wait_for(asked[2], LONG))[0] == 200

    with instead(sqlite_house, front_where_sign_up(sqlite_house, does)):
        asyncio.run(main())
    assert done == [1, 1]
    assert troubles == []


def test_the_end_of_the_loop_does_not_hold_up_the_end_of_the_door(
    sqlite_house: TestHouse,
) -> None:
    begun, gate, done = threading.Event(), threading.Event(), list[int]()

    def does() -> None:
        begun.set()
        wait_for(gate)
        done.append(1)

    async def main() -> None:
        tasks.append(asyncio.create_task(served(sqlite_house)))
        await asyncio.to_thread(wait_for, begun)

    tasks = list[Any]()
    front = front_where_sign_up(sqlite_house, does)
    with instead(sqlite_house, front):
        asyncio.run(main())
        gate.set()
        closing = threading.Thread(target=front.close, daemon=True)
        closing.start()
        closing.join(LONG)
        assert not closing.is_alive()
    assert done == [1]


def most_at_once(house: TestHouse, expected: int) -> int:
    """How many of twenty operations are under way once `expected` are and the rest has come."""
    lock, gate = threading.Lock(), threading.Event()
    under_way, most = [0], [0]

    def does() -> None:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        wait_for(gate)
        with lock:
            under_way[0] -= 1

    async def main() -> None:
        asked = [asyncio.create_task(served(house)) for _ in range(20)]
        await asyncio.to_thread(until, lambda: most[0] == expected and _asked(front) == 20)
        gate.set()
        await asyncio.wait_for(asyncio.gather(*asked), LONG)

    front = front_where_sign_up(house, does)
    with instead(house, front):
        asyncio.run(main())
    return most[0]


def _asked(front: Any) -> int:
    found: int = front._aws._turns._under_way
    return found


def test_so_many_operations_compute_at_a_time_as_the_database_bears(house: TestHouse) -> None:
    sqlite = house.services.database.is_sqlite
    expected = rpc.TURNS_ON_SQLITE if sqlite else rpc.TURNS_ON_POSTGRESQL
    assert most_at_once(house, expected) == expected
