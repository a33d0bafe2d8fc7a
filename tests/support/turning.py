"""Threads that take turns, and that they end as they began."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event

from poolhouse.turns import Turns, Work

LONG = 30.0


def close(made: Turns) -> None:
    """In a thread of its own, so that a close that never returns is told as such."""
    closing = threading.Thread(target=made.close, daemon=True)
    closing.start()
    closing.join(LONG)
    assert not closing.is_alive(), "it never closes"


class _Watched(Turns):
    """Keeps what works raised: a wait in vain, most likely."""

    def __init__(self, threads: int, at_a_time: int, patience: float) -> None:
        super().__init__(threads, at_a_time, patience=patience)
        self.raised: list[BaseException] = []

    def start(self, work: Work) -> None:
        super().start(partial(self._watched, work))

    def _watched(self, work: Work) -> None:
        try:
            work()
        except BaseException as error:
            self.raised.append(error)
            raise


@contextmanager
def turning(threads: int, at_a_time: int = 1, patience: float = LONG) -> Iterator[Turns]:
    """Every test ends with as many turns as it began with, and no thread. No work may raise."""
    made = _Watched(threads, at_a_time, patience)
    yield made
    close(made)
    assert made.raised == []
    assert made._free == at_a_time
    assert not any(worker.is_alive() for worker in made._workers)


class Computing:
    """Counts who computes now, and the most there ever were."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = self.most = self.begun = 0

    def __enter__(self) -> None:
        with self._lock:
            self.begun += 1
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.now -= 1


def wait_for(event: Event) -> None:
    assert event.wait(LONG)


def until(true: Callable[[], bool]) -> None:
    """Looks again and again."""
    pause = Event()
    for _ in range(int(LONG * 1000)):
        if true():
            return
        pause.wait(0.001)
    raise AssertionError("it never came")
