"""A few threads for heavy arithmetic, with a bounded queue in front of them."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from poolhouse import turns
from poolhouse.contract.shape import Refusal, Refused

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
        self._executor = ThreadPoolExecutor(
            self.threads, thread_name_prefix="hashing", initializer=_step_back
        )

    @property
    def in_hand(self) -> int:
        """How many calls are running or waiting now."""
        return self._taken

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's answer or exception, computed in the pool while this thread waits.

        Raises Refused(THROTTLED) where the queue is full, Refused(UNAVAILABLE) once closed.
        """
        with self._place(), turns.waiting():
            return self._submit(function, *args, **kwargs).result()

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

    def _submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        try:
            return self._executor.submit(function, *args, **kwargs)
        except RuntimeError:
            raise Refused(Refusal.UNAVAILABLE, "Shutting down") from None

    def close(self) -> None:
        """Finish what is queued and end the threads."""
        self._executor.shutdown()


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
