"""No turn is ever lost or doubled, whatever becomes of the work and whatever it waits for."""

from __future__ import annotations

import secrets
import threading
import weakref
from functools import partial
from threading import Event

import pytest

from poolhouse import turns
from poolhouse.turns import Turns
from tests.support.turning import LONG, Computing, close, turning, until, wait_for


def test_work_that_raises_keeps_neither_its_thread_nor_its_turn(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(BaseException):
        pass

    def broken() -> None:
        with turns.waiting():
            raise Broken("a secret")

    done, made = list[int](), Turns(1)
    for number in range(5):
        made.start(broken)
        made.start(partial(done.append, number))
    close(made)
    assert made._free == 1
    assert done == list(range(5))
    assert caplog.messages == ["work in turns raised Broken"] * 5


def test_who_waits_within_a_wait_gives_up_no_second_turn() -> None:
    computing, inside, over = Computing(), Event(), Event()

    def nested() -> None:
        with turns.waiting(), turns.waiting():
            inside.set()
            wait_for(over)

    def work() -> None:
        with computing:
            sum(range(2000))

    with turning(10) as made:
        made.start(nested)
        wait_for(inside)
        assert made._free == 1
        for _ in range(200):
            made.start(work)
        made.start(over.set)
    assert computing.most == 1


def test_after_a_wait_within_a_wait_one_still_waits() -> None:
    out, over = Event(), Event()

    def nested() -> None:
        with turns.waiting():
            with turns.waiting():
                pass
            out.set()
            wait_for(over)

    with turning(2) as made:
        made.start(nested)
        wait_for(out)
        made.start(over.set)


def test_waiting_is_nothing_to_a_thread_that_has_no_turn() -> None:
    with turning(1) as made:
        with turns.waiting(), turns.waiting():
            assert made._free == 1
        with pytest.raises(KeyError), turns.waiting():
            raise KeyError


def test_whoever_is_waited_for_unbeknown_goes_on_out_of_turn() -> None:
    """A lock, of the database say, held by one that waits for its turn, while whoever has the
    turn waits for the lock."""
    held, wanted, lock = Event(), Event(), threading.Lock()
    done = list[str]()

    def hold() -> None:
        with lock:
            with turns.waiting():
                held.set()
                wait_for(wanted)
            done.append("held")

    def want() -> None:
        wait_for(held)
        wanted.set()
        assert lock.acquire(timeout=LONG)
        lock.release()
        done.append("wanted")

    with turning(5, patience=0.01) as made:
        made.start(hold)
        for _ in range(3):
            made.start(want)
    assert done == ["held", *["wanted"] * 3]


def test_a_system_without_threads_to_spare_costs_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    usual, spare = threading.Thread.start, [0]

    def start(thread: threading.Thread) -> None:
        if isinstance(thread, turns._Worker) and not spare[0]:
            raise RuntimeError("can't start new thread")
        spare[0] -= 1
        usual(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    waits, over, done = Event(), Event(), list[str]()

    def wait() -> None:
        with turns.waiting():
            waits.set()
            wait_for(over)
        done.append("waited")

    made = Turns(3)
    with pytest.raises(RuntimeError):
        made.start(lambda: done.append("refused"))
    spare[0] = 1
    made.start(wait)
    wait_for(waits)
    made.start(lambda: done.append("later"))  # all threads wait, and there is no other
    over.set()
    until(lambda: len(done) == 2)
    spare[0] = 1
    close(made)
    assert done == ["waited", "later"]
    assert made._free == 1


def test_work_that_is_done_is_forgotten() -> None:
    """It holds a request, with a password perhaps."""

    class Request:
        pass

    request = Request()
    kept = weakref.ref(request)

    def work(_: Request) -> None:
        pass

    with turning(1) as made:
        made.start(partial(work, request))
        until(lambda: len(made._idle) == 1)
        del request
        assert kept() is None


def test_at_random_no_turn_is_lost_and_none_is_doubled() -> None:
    for at_a_time, threads in ((1, 8), (3, 8), (4, 3)):
        stress(at_a_time, threads, patience=LONG, bound=at_a_time)


def test_nor_where_many_go_on_out_of_turn() -> None:
    for at_a_time in (1, 3):
        stress(at_a_time, 8, patience=0.0, bound=8)


def stress(at_a_time: int, threads: int, *, patience: float, bound: int) -> None:
    """Works that compute, wait, wait for each other and wait within a wait, as it falls."""
    computing, given, done = Computing(), threading.Semaphore(0), list[int]()

    def step() -> None:
        with computing:
            sum(range(secrets.randbelow(3000)))
        kind = secrets.randbelow(4)
        with turns.waiting():
            if kind == 0:
                given.release()
            elif kind == 1:
                given.acquire(timeout=0.001)
            elif kind == 2:
                with turns.waiting():
                    pass

    def work(number: int) -> None:
        for _ in range(secrets.randbelow(4)):
            step()
        done.append(number)

    with turning(threads, at_a_time, patience) as made:
        for number in range(400):
            made.start(partial(work, number))
    assert sorted(done) == list(range(400))
    assert computing.most <= bound
