from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from poolhouse.contract.shape import Refusal, Refused
from poolhouse.keys.bounded import BoundedPool
from tests.support.turning import LONG, turning


@pytest.fixture
def pool() -> Iterator[BoundedPool]:
    made = BoundedPool(threads=2, waiting=3)
    yield made
    made.close()


def _fill(pool: BoundedPool, calls: int) -> tuple[threading.Event, list[threading.Thread]]:
    """Start calls that end at the event; returns once all of them hold a place."""
    gate = threading.Event()
    senders = [threading.Thread(target=pool.run, args=(gate.wait, 10)) for _ in range(calls)]
    for sender in senders:
        sender.start()
    while pool.in_hand < calls:
        time.sleep(0.001)
    return gate, senders


def test_answers_and_exceptions_come_back_to_the_caller(pool: BoundedPool) -> None:
    assert pool.run(pow, 2, 10, mod=1000) == 24
    with pytest.raises(ZeroDivisionError):
        pool.run(divmod, 1, 0)


def test_the_work_is_done_in_at_most_so_many_threads(pool: BoundedPool) -> None:
    names = {pool.run(threading.get_ident) for _ in range(20)}
    assert threading.get_ident() not in names
    assert len(names) <= 2


WAYS = pytest.mark.parametrize("way", ["run", "run_here"])


@WAYS
def test_one_call_more_than_the_queue_holds_is_refused_at_once(pool: BoundedPool, way: str) -> None:
    """NET-06"""
    run = getattr(pool, way)
    gate, senders = _fill(pool, 2 + 3)
    with pytest.raises(Refused) as caught:
        run(int)
    gate.set()
    for sender in senders:
        sender.join()
    assert caught.value.refusal is Refusal.THROTTLED
    assert run(int) == 0


@WAYS
def test_calls_that_fail_give_their_place_back(pool: BoundedPool, way: str) -> None:
    """NET-06"""
    for _ in range(20):
        with pytest.raises(ZeroDivisionError):
            getattr(pool, way)(divmod, 1, 0)
    gate, senders = _fill(pool, 2 + 3)
    gate.set()
    for sender in senders:
        sender.join()


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities on Linux only")
def test_its_threads_step_back_and_the_others_do_not(pool: BoundedPool) -> None:
    """NET-06"""

    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = niceness()
    assert pool.run(niceness) == min(before + 5, 19)
    assert niceness() == before


def test_whoever_waits_for_an_answer_lets_others_have_their_turn(pool: BoundedPool) -> None:
    gate, answers = threading.Event(), list[bool]()
    with turning(2) as made:
        made.start(lambda: answers.append(pool.run(gate.wait, LONG)))
        made.start(gate.set)
    assert answers == [True]


def test_what_is_run_here_is_done_in_its_own_thread_one_at_a_time(pool: BoundedPool) -> None:
    assert pool.run_here(threading.get_ident) == threading.get_ident()
    together, most = 0, 0

    def compute() -> None:
        nonlocal together, most
        together += 1
        most = max(most, together)
        time.sleep(0.002)
        together -= 1

    callers = [threading.Thread(target=pool.run_here, args=(compute,)) for _ in range(5)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert most == 1


def test_a_closed_pool_is_unavailable() -> None:
    pool = BoundedPool(threads=1)
    pool.close()
    for _ in range(100):
        with pytest.raises(Refused) as caught:
            pool.run(int)
        assert caught.value.refusal is Refusal.UNAVAILABLE


def test_there_are_as_many_threads_as_cores_unless_told() -> None:
    pool = BoundedPool()
    assert 1 <= pool.threads <= (os.cpu_count() or 1)
    pool.close()
