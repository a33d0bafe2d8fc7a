"""Threads that work in turns: how many compute at once, who comes next, and the end."""

from __future__ import annotations

import sys
import threading
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from poolhouse import turns
from tests.support.turning import LONG, Computing, turning, until, wait_for

AT_A_TIME = pytest.mark.parametrize("at_a_time", [1, 3])


@AT_A_TIME
def test_no_more_than_so_many_compute_at_once(at_a_time: int) -> None:
    computing = Computing()

    def work() -> None:
        with computing:
            sum(range(2000))
        with turns.waiting():
            pass
        with computing:
            sum(range(2000))

    with turning(20, at_a_time) as made:
        for _ in range(300):
            made.start(work)
    assert computing.begun == 600
    assert computing.most <= at_a_time


@AT_A_TIME
def test_so_many_do_compute_at_once(at_a_time: int) -> None:
    together = threading.Barrier(at_a_time)

    def meet() -> None:
        together.wait(LONG)

    with turning(20, at_a_time) as made:
        for _ in range(at_a_time):
            made.start(meet)
    assert not together.broken


def test_work_is_begun_in_the_order_in_which_it_came() -> None:
    gate, begun = Event(), list[int]()
    with turning(5) as made:
        made.start(partial(wait_for, gate))
        for number in range(50):
            made.start(partial(begun.append, number))
        gate.set()
    assert begun == list(range(50))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are told by Python 3.14")
def test_the_system_knows_a_thread_by_its_name() -> None:
    told = list[str]()

    def look() -> None:
        told.append(Path(f"/proc/self/task/{threading.get_native_id()}/comm").read_text())

    with turning(1) as made:
        made.start(look)
    assert told == ["turns_0\n"]


def test_while_one_waits_another_goes_on() -> None:
    over = Event()

    def wait() -> None:
        with turns.waiting():
            wait_for(over)

    with turning(2) as made:
        made.start(wait)
        made.start(over.set)
    assert over.is_set()


def test_who_keeps_a_turn_has_others_wait() -> None:
    holds, gate, done = Event(), Event(), list[str]()

    def keep() -> None:
        holds.set()
        wait_for(gate)
        done.append("kept")

    with turning(2) as made:
        made.start(keep)
        wait_for(holds)
        made.start(lambda: done.append("other"))
        assert done == []
        gate.set()
    assert done == ["kept", "other"]


def test_whoever_has_waited_goes_before_work_that_has_not_begun() -> None:
    begins, over, gate, done = Event(), Event(), Event(), list[str]()

    def wait() -> None:
        with turns.waiting():
            wait_for(over)
        done.append("waited")

    def keep() -> None:
        begins.set()
        wait_for(gate)
        done.append("kept")

    with turning(3) as made:
        made.start(wait)
        made.start(keep)
        wait_for(begins)
        made.start(lambda: done.append("asked later"))
        over.set()
        until(lambda: len(made._back) == 1)
        gate.set()
    assert done == ["kept", "waited", "asked later"]


@AT_A_TIME
def test_more_work_than_threads_is_all_done(at_a_time: int) -> None:
    done = list[int]()

    def work(number: int) -> None:
        with turns.waiting():
            pass
        done.append(number)

    with turning(3, at_a_time) as made:
        for number in range(200):
            made.start(partial(work, number))
    assert sorted(done) == list(range(200))
    assert len(made._workers) <= 3


@AT_A_TIME
def test_work_that_comes_while_all_threads_wait_is_done_afterwards(at_a_time: int) -> None:
    waits, over, done = threading.Semaphore(0), Event(), list[int]()

    def wait() -> None:
        with turns.waiting():
            waits.release()
            wait_for(over)

    with turning(4, at_a_time) as made:
        for _ in range(4):
            made.start(wait)
        for _ in range(4):
            assert waits.acquire(timeout=LONG)
        for number in range(10):
            made.start(partial(done.append, number))
        assert done == []
        over.set()
    assert sorted(done) == list(range(10))


def test_more_turns_than_threads_do_no_harm() -> None:
    done = list[int]()
    with turning(2, 5) as made:
        for number in range(20):
            made.start(partial(done.append, number))
    assert sorted(done) == list(range(20))


def test_closing_waits_for_all_that_was_started_and_takes_no_more() -> None:
    waits, over, done = Event(), Event(), list[str]()

    def wait() -> None:
        with turns.waiting():
            waits.set()
            wait_for(over)
        done.append("waited")

    with turning(1) as made:
        made.start(wait)
        made.start(lambda: done.append("queued"))
        wait_for(waits)
        closing = threading.Thread(target=made.close)
        closing.start()
        until(lambda: made._closed)
        with pytest.raises(RuntimeError):
            made.start(lambda: done.append("too late"))
        assert closing.is_alive()
        over.set()
        closing.join(LONG)
        assert not closing.is_alive()
        assert done == ["waited", "queued"]


def test_what_never_worked_is_closed_and_so_is_what_was_closed() -> None:
    with turning(3) as made:
        made.close()
