"""A few threads for heavy arithmetic, with a bounded queue in front of them."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Generic, ParamSpec, TypeVar

from poolhouse import turns
from poolhouse.contract.shape import Refusal, Refused
from poolhouse.turns import Turns

_NICENESS = 5

P = ParamSpec("P")
T = TypeVar("T")


class BoundedPool:
    """As many threads as cores, at lower priority than the rest of the process.

    `waiting` calls may queue; one more is refused at once, so that a storm of sign-ins costs its
    senders an answer and nobody else their turn.
    """

    def __init__(self, threads: int | None = None, waiting: int = 64) -> None:
        self.threads = threads or _cores()
        self._places = self.threads + waiting
        self._taken = 0
        self._lock = threading.Lock()
        self._here = threading.Lock()
        self._turns = Turns(self.threads, self.threads, name="hashing", prepare=_step_back)

    @property
    def in_hand(self) -> int:
        """How many calls are running or waiting now."""
        return self._taken

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's answer or exception, computed in the pool while this thread waits.

        Raises Refused(THROTTLED) where the queue is full, Refused(UNAVAILABLE) once closed.
        """
        result = _Result(partial(function, *args, **kwargs))
        with self._place(), turns.waiting():
            try:
                self._turns.start(result.compute)
            except RuntimeError:
                raise Refused(Refusal.UNAVAILABLE, "Shutting down") from None
            return result.get()

    def run_here(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same in this very thread, one such call at a time: for what takes a millisecond, and
        would take longer by the hop to the pool and back."""
        with self._place(), turns.waiting(), self._here:
            return function(*args, **kwargs)

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        with self._lock:
            if self._taken >= self._places:
                raise Refused(Refusal.THROTTLED, "Too many requests")
            self._taken += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken -= 1

    def close(self) -> None:
        """Finish what is queued and end the threads."""
        self._turns.close()


class _Result(Generic[T]):
    """What a call comes to in one thread, for the one other that waits for it. A Future would do,
    at three times the cost."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._value: list[T] = []
        self._error: BaseException | None = None
        self._there = threading.Lock()
        self._there.acquire()

    def compute(self) -> None:
        try:
            self._value.append(self._call())
        except BaseException as error:  # noqa: BLE001 - whoever waits is told
            self._error = error
        finally:
            self._there.release()

    def get(self) -> T:
        self._there.acquire()
        if self._error is not None:
            raise self._error
        return self._value[0]


def _cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    else:
        return os.cpu_count() or 1


def _step_back() -> None:
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):
            lowered = os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS
            os.setpriority(os.PRIO_PROCESS, thread, lowered)
