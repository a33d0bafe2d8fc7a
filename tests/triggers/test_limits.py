"""A function that hangs stops neither the others nor what needs no function."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from poolhouse.triggers.failures import Throttled, TimedOut
from poolhouse.triggers.limits import AT_ONCE, ATTEMPTS, HANGS, REST, WAITING, Limits
from tests.triggers import receivers, refusals
from tests.triggers.receivers import receiving
from tests.triggers.scene import ARN, SkippingClock, staged

THROTTLED = refusals.unreached("TooManyRequestsException")
MOST = 40


@pytest.fixture
def clock() -> SkippingClock:
    return SkippingClock()


@pytest.fixture
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def fill(limits: Limits, name: str, held: ExitStack, most: int = 100) -> int:
    """How many calls of it are let in beside those that are; each stays."""
    for number in range(most):
        try:
            held.enter_context(limits.entered(name))
        except Throttled:
            return number
    return most


class Crowd:
    """Threads that call `a`, each of which stays inside until they may go."""

    def __init__(self, limits: Limits, *, hangs: bool = False) -> None:
        self._limits, self._hangs = limits, hangs
        self.go, self.inside = threading.Event(), threading.Semaphore(0)

    def call(self) -> None:
        with self._limits.entered("a"):
            self.inside.release()
            self.go.wait(20)
            if self._hangs:
                raise TimedOut

    def fill(self, threads: ThreadPoolExecutor, waiting: int = 0) -> list[Future[None]]:
        """As many as are let in, and so many that wait."""
        calls = [threads.submit(self.call) for _ in range(AT_ONCE + waiting)]
        for _ in range(AT_ONCE):
            assert self.inside.acquire(timeout=20)
        return calls


def hang(limits: Limits, name: str) -> int:
    """A call that hangs; how often it would have been tried."""
    with pytest.raises(TimedOut), limits.entered(name) as attempts:
        raise TimedOut
    return attempts


def test_one_function_has_so_many_calls_at_once(clock: SkippingClock, held: ExitStack) -> None:
    """REL-18"""
    limits = Limits(clock, patience=0.0, most=1000)
    assert fill(limits, "a", held) == AT_ONCE
    assert fill(limits, "b", held) == AT_ONCE


def test_whoever_waits_is_let_in_when_another_leaves(clock: SkippingClock) -> None:
    crowd = Crowd(Limits(clock, patience=20.0))
    with ThreadPoolExecutor(AT_ONCE + 3) as threads:
        calls = crowd.fill(threads, waiting=3)
        assert not crowd.inside.acquire(timeout=0.1)
        crowd.go.set()
        for one in calls:
            one.result(20)


def test_only_so_many_wait_and_the_rest_are_refused_at_once(clock: SkippingClock) -> None:
    """REL-18"""
    limits = Limits(clock, patience=20.0, most=1000)
    go, refused = threading.Event(), threading.Semaphore(0)

    def work() -> None:
        try:
            with limits.entered("a"):
                go.wait(20)
        except Throttled:
            refused.release()

    with ThreadPoolExecutor(AT_ONCE + WAITING + 5) as threads:
        done = [threads.submit(work) for _ in range(AT_ONCE + WAITING + 5)]
        for _ in range(5):
            assert refused.acquire(timeout=15)
        assert not refused.acquire(timeout=0.1)
        go.set()
        for one in done:
            one.result(20)


def test_many_functions_that_hang_leave_a_place_to_one_more(
    clock: SkippingClock, held: ExitStack
) -> None:
    """REL-18"""
    limits = Limits(clock, patience=0.0, most=MOST)
    taken = [fill(limits, f"hanging {number}", held) for number in range(20)]
    assert taken[:4] == [AT_ONCE] * 4
    assert sum(taken) <= MOST
    assert taken == sorted(taken, reverse=True)


def test_what_was_taken_is_given_back(clock: SkippingClock) -> None:
    limits = Limits(clock, patience=0.0, most=MOST)
    for number in range(200):
        with ExitStack() as held:
            assert fill(limits, f"f{number % 7}", held) == AT_ONCE
    assert not limits._places


def test_a_function_that_keeps_hanging_rests_and_is_then_tried_once(
    clock: SkippingClock, held: ExitStack
) -> None:
    """REL-18"""
    limits = Limits(clock, patience=0.0)
    assert [hang(limits, "a") for _ in range(HANGS)] == [ATTEMPTS] * HANGS
    assert fill(limits, "a", held) == 0
    assert fill(limits, "b", held, 1) == 1
    clock.skipped += REST
    assert hang(limits, "a") == 1
    assert fill(limits, "a", held) == 0
    clock.skipped += REST
    with limits.entered("a") as attempts:
        assert attempts == 1
        assert fill(limits, "a", held) == 0
    assert fill(limits, "a", held) == AT_ONCE


def test_an_answer_in_between_is_no_rest(clock: SkippingClock) -> None:
    limits = Limits(clock, patience=0.0)
    for _ in range(HANGS):
        for _ in range(HANGS - 1):
            hang(limits, "a")
        with limits.entered("a") as attempts:
            assert attempts == ATTEMPTS


def test_whoever_waits_for_a_function_that_comes_to_rest_is_refused(clock: SkippingClock) -> None:
    crowd = Crowd(Limits(clock, patience=20.0), hangs=True)
    with ThreadPoolExecutor(AT_ONCE + 2) as threads:
        first = crowd.fill(threads)
        later = [threads.submit(crowd.call) for _ in range(2)]
        crowd.go.set()
        for one in first:
            with pytest.raises(TimedOut):
                one.result(20)
        # They were let in before the third had hung, or were refused, but nobody waits on.
        for one in later:
            with pytest.raises((TimedOut, Throttled)):
                one.result(20)


def test_a_receiver_that_hangs_stops_no_other(tmp_path: Path) -> None:
    """REL-18: with the bindings, the network and the threads of a server."""
    with (
        receiving(receivers.silence) as hanging,
        receiving(receivers.echo) as sound,
        staged(tmp_path, patience=1.0) as stage,
        ThreadPoolExecutor(40) as threads,
    ):
        stage.bind(
            {"arn": ARN + "hangs", "lambda": hanging.url},
            {"arn": "*", "lambda": sound.url},
        )
        waiting = [threads.submit(stage.refused, "hangs") for _ in range(30)]
        for _ in range(AT_ONCE):
            assert hanging.arrived.acquire(timeout=20)
        for _ in range(20):
            assert stage.call("sound")["response"] == {"autoConfirmUser": True}
        assert {one.result(60) for one in waiting} == {refusals.TIMED_OUT, THROTTLED}
        assert stage.refused("hangs") == THROTTLED


def test_functions_of_one_endpoint_are_told_apart(tmp_path: Path) -> None:
    """REL-18"""

    def by_name(exchange: receivers.Exchange) -> None:
        hangs = "/hangs/" in exchange.asked.path
        answer: Callable[[receivers.Exchange], None] = (
            receivers.silence if hangs else receivers.echo
        )
        answer(exchange)

    with receiving(by_name) as receiver, staged(tmp_path, patience=0.3) as stage:
        stage.bind({"arn": "*", "lambda": receiver.url})
        assert [stage.refused("hangs") for _ in range(HANGS)] == [refusals.TIMED_OUT] * HANGS
        assert stage.refused("hangs") == THROTTLED
        assert stage.call("sound")["response"] == {"autoConfirmUser": True}
        stage.clock.skipped += REST
        before = len(receiver.asked)
        assert stage.refused("hangs") == refusals.TIMED_OUT
        assert len(receiver.asked) == before + 1
