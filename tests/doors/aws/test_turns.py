"""With one turn for all, whoever waits for something holds up nobody else."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import Any

import pytest

from poolhouse import app as composition
from poolhouse.doors.aws import rpc
from poolhouse.kernel.perform import House
from poolhouse.storage import engine
from poolhouse.userpools.signin import tries
from tests.doors.furnishing import instead
from tests.support.house import TestHouse
from tests.support.signing_in import PASSWORD, Scene, refused, scene_of
from tests.support.turning import LONG, until, wait_for

ARN = "arn:aws:lambda:us-east-1:000000000000:function:hangs"


@pytest.fixture(autouse=True)
def one_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL too; asked for before the house is built."""
    monkeypatch.setattr(rpc, "TURNS_ON_POSTGRESQL", 1)
    assert rpc.TURNS_ON_SQLITE == 1


class Hold:
    """What it stands for waits here, and says so; then it goes on as ever."""

    def __init__(self, then: Callable[..., Any] = lambda *_: None) -> None:
        self._then = then
        self.reached, self.gate = Event(), Event()

    def __call__(self, *args: Any) -> Any:
        self.reached.set()
        wait_for(self.gate)
        return self._then(*args)


@contextmanager
def meanwhile(hold: Hold, call: Callable[..., Any], *args: Any) -> Iterator[Future[Any]]:
    """The call is under way inside, and waits where it is held."""
    with ThreadPoolExecutor(1) as thread:
        called = thread.submit(call, *args)
        try:
            wait_for(hold.reached)
            yield called
            assert not called.done()
        finally:
            hold.gate.set()


def others_go_on(scene: Scene, *, sign_up: bool = True) -> None:
    """Operations that take a turn, reading and writing."""
    scene.idp.create_group(UserPoolId=scene.pool, GroupName="meanwhile")
    groups = scene.idp.list_groups(UserPoolId=scene.pool)["Groups"]
    assert [group["GroupName"] for group in groups] == ["meanwhile"]
    assert scene.idp.describe_user_pool(UserPoolId=scene.pool)["UserPool"]["Id"] == scene.pool
    if sign_up:
        scene.public.sign_up(ClientId=scene.open, Username="new", Password=PASSWORD)


def test_a_sign_in_that_waits_for_its_hash_holds_up_nobody(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = scene_of(house)
    scene.user("ann")
    hasher: Any = house.services.hasher
    hold = Hold(hasher._judge)
    monkeypatch.setattr(hasher, "_judge", hold)
    with meanwhile(hold, scene.tokens, "ann") as signed_in:
        # A sign-up hashes too; there may be one thread for that.
        others_go_on(scene, sign_up=False)
    assert signed_in.result(LONG)["AccessToken"]


def test_a_function_that_hangs_holds_up_nobody(house: TestHouse) -> None:
    other, scene = scene_of(house), scene_of(house, LambdaConfig={"PreSignUp": ARN})
    hold = Hold(lambda event: event)
    house.bind(ARN, hold)
    given = {"ClientId": scene.open, "Username": "ann", "Password": PASSWORD}
    with meanwhile(hold, lambda: scene.public.sign_up(**given)) as signed_up:
        others_go_on(scene, sign_up=False)
        others_go_on(other)
    assert signed_up.result(LONG)["UserSub"]


def test_a_function_that_asks_the_house_itself_waits_within_its_wait(house: TestHouse) -> None:
    """One of the embedding program, on the operation's own thread."""
    scene = scene_of(house, LambdaConfig={"PreSignUp": ARN})

    def function(event: dict[str, Any]) -> dict[str, Any]:
        house.services.hasher.hash(PASSWORD)
        others_go_on(scene, sign_up=False)
        return event

    house.bind(ARN, function)
    scene.public.sign_up(ClientId=scene.open, Username="ann", Password=PASSWORD)
    assert front_turns(house) == 1


def front_turns(house: TestHouse) -> int:
    """The turns that nobody has, once all threads are idle."""
    house.application.close()
    turns = house.application._aws._turns
    assert turns._under_way == 0
    return turns._free


def test_an_answer_that_waits_for_its_tick_holds_up_nobody(house: TestHouse) -> None:
    scene, hold = scene_of(house), Hold()
    paused = House(house.services, composition.catalogue(), composition.provers(), pause=hold)
    attempt = ("nobody", PASSWORD, scene.hiding)
    with instead(house, composition.front(paused)):
        with meanwhile(hold, refused, scene.sign_in, *attempt) as told:
            others_go_on(scene)
        assert told.result(LONG)[0] == "NotAuthorizedException"


def test_who_waits_for_others_tries_holds_up_nobody(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, hold = scene_of(house), Hold()
    scene.user("ann")
    admissions = iter([False, True])
    monkeypatch.setattr(tries, "_admitted", lambda *_: next(admissions))
    monkeypatch.setattr(tries.admit, "__defaults__", (hold,))
    with meanwhile(hold, scene.tokens, "ann") as signed_in:
        others_go_on(scene)
    assert signed_in.result(LONG)["AccessToken"]


def test_who_waits_to_write_holds_up_nobody_who_reads(
    sqlite_house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = scene_of(sqlite_house)
    database = sqlite_house.services.database
    group = {"UserPoolId": scene.pool, "GroupName": "later"}
    wants, lock = Event(), database.lock_writes

    def lock_writes() -> None:
        wants.set()
        lock()

    monkeypatch.setattr(database, "lock_writes", lock_writes)
    with ThreadPoolExecutor(1) as thread:
        lock()
        try:
            written = thread.submit(lambda: scene.idp.create_group(**group))
            wait_for(wants)
            assert scene.idp.list_groups(UserPoolId=scene.pool)["Groups"] == []
            assert scene.idp.describe_user_pool(UserPoolId=scene.pool)["UserPool"]
            assert not written.done()
        finally:
            database.unlock_writes()
        assert written.result(LONG)["Group"]["GroupName"] == "later"


@pytest.mark.parametrize("written", ["in a transaction", "at once"])
def test_who_waits_for_another_process_to_write_holds_up_nobody(
    sqlite_house: TestHouse, written: str
) -> None:
    """REL-07, REL-09: a backup, or a shell that somebody has left open, stops no reader."""
    scene = scene_of(sqlite_house)
    scene.user("ann")
    group = {"UserPoolId": scene.pool, "GroupName": "later"}
    write = partial(scene.idp.create_group, **group)
    if written == "at once":
        write = partial(scene.tokens, "ann")
    other = sqlite3.connect(sqlite_house.settings.data_dir / "poolhouse.db")
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as thread:
        try:
            waits = thread.submit(write)
            time.sleep(0.2)
            began = time.monotonic()
            assert scene.idp.list_groups(UserPoolId=scene.pool)["Groups"] == []
            assert scene.idp.describe_user_pool(UserPoolId=scene.pool)["UserPool"]
            assert time.monotonic() - began < engine.BUSY_SECONDS / 4
            assert not waits.done()
        finally:
            other.close()
        assert waits.result(LONG)


def test_who_waits_for_a_connection_holds_up_nobody(house: TestHouse) -> None:
    scene = scene_of(house)
    database = house.services.database
    with ThreadPoolExecutor(1) as thread:
        leases = [database.lease() for _ in range(database._most)]
        waiting = thread.submit(scene.idp.describe_user_pool, UserPoolId=scene.pool)
        try:
            until(lambda: database._waiting > 0)
            # It needs a turn, and no connection.
            assert refused(scene.public.sign_up, ClientId="?")[0] == "InvalidParameterException"
            assert not waiting.done()
        finally:
            for connection in leases:
                database.give_back(connection)
        assert waiting.result(LONG)["UserPool"]["Id"] == scene.pool
