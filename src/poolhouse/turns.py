"""Threads that carry out work in turns: many may be under way, so many compute at a time.

One interpreter runs one thread, and hands over whenever a thread lets go of its lock, as database
drivers do several times a statement. With eight threads at it, a sign-in was handed over sixty
times, at a greater cost than its own work (`bench/`). So a thread that has its turn keeps it until
its work is done or waits for something else, and then passes it on to one other.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Work = Callable[[], None]

log = logging.getLogger(__name__)


class _Here(threading.local):
    worker: _Worker | None = None


_here = _Here()


class Turns:
    """Work is begun in the order in which it came; whoever waited for something goes on first."""

    def __init__(
        self,
        threads: int,
        at_a_time: int = 1,
        *,
        name: str = "turns",
        patience: float = 1.0,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        """`threads`: how many works may be under way, those that wait for something included.
        `patience`: seconds after which whoever has waited goes on out of turn: those who have
        theirs may be waiting for that very thread, in a way that they did not tell of.
        `prepare` is the first that each thread does."""
        self._most = threads
        self._name = name
        self._patience = patience
        self.prepare = prepare
        self._lock = threading.Lock()
        self._free = at_a_time  # less than none: so many went on out of turn
        self._asked: deque[Work] = deque()
        self._back: deque[_Worker] = deque()
        self._idle: list[_Worker] = []
        self._workers: list[_Worker] = []
        self._under_way = 0
        self._drained = threading.Condition(self._lock)
        self._closed = False

    def start(self, work: Work) -> None:
        """Has it done in a thread; it should raise nothing. Raises RuntimeError once closed, and
        where the system gives no thread at all."""
        with self._lock:
            if self._closed:
                raise RuntimeError("These threads have ended.")
            self._under_way += 1
            self._asked.append(work)
            if self._free > 0:
                self._free -= 1
                self._pass_on()
            if not self._workers:
                self._asked.pop()
                self._under_way -= 1
                raise RuntimeError("There is no thread for this.")

    def close(self) -> None:
        """Returns when all that was started is done."""
        with self._drained:
            self._closed = True
            self._drained.wait_for(lambda: self._under_way == 0)
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.bell.release()
            worker.join()

    # a turn, always under the lock -----------------------------------------------------
    def _pass_on(self) -> None:
        """To whoever comes next; else nobody has it."""
        if self._free < 0:
            self._free += 1
        elif self._back:
            self._back.popleft().bell.release()
        elif self._asked and (worker := self._hired()) is not None:
            worker.work = self._asked.popleft()
            worker.bell.release()
        else:
            self._free += 1

    def _hired(self) -> _Worker | None:
        if self._idle:
            return self._idle.pop()
        if len(self._workers) == self._most:
            return None
        worker = _Worker(self, f"{self._name}_{len(self._workers)}")
        try:
            worker.start()
        except RuntimeError:
            return None  # the system has no thread to spare: those that there are have to do
        self._workers.append(worker)
        return worker

    # what workers do -------------------------------------------------------------------
    def done(self, worker: _Worker) -> None:
        """Returns when the worker has other work and a turn for it; without work at the end."""
        with self._lock:
            worker.work = None
            self._under_way -= 1
            if self._asked and not self._back and self._free >= 0:
                worker.work = self._asked.popleft()
                return
            self._idle.append(worker)
            self._pass_on()
            if self._closed and self._under_way == 0:
                self._drained.notify_all()
        worker.bell.acquire()

    def give_up(self) -> None:
        with self._lock:
            self._pass_on()

    def take_again(self, worker: _Worker) -> None:
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return
            self._back.append(worker)
        if worker.bell.acquire(timeout=self._patience):
            return
        with self._lock:
            if worker in self._back:
                self._back.remove(worker)
                self._free -= 1
                return
        worker.bell.acquire()  # it rang just now


class _Worker(threading.Thread):
    """Sleeps until its bell rings: it has its turn then."""

    def __init__(self, turns: Turns, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.turns = turns
        self.work: Work | None = None
        self.bell = threading.Lock()
        self.bell.acquire()

    def run(self) -> None:
        _here.worker = self
        _tell_name(self.name)
        self.turns.prepare()
        self.bell.acquire()
        while self.work is not None:
            try:
                self.work()
            except BaseException as error:  # noqa: BLE001 - the thread and its turn are needed
                log.error("work in turns raised %s", type(error).__name__)
            self.turns.done(self)


def _tell_name(name: str) -> None:
    """The system's own name of this thread, as `top -H` shows it; Python tells it from 3.14 on."""
    if sys.platform == "linux":
        with suppress(OSError):
            Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_text(name)


@contextmanager
def waiting() -> Iterator[None]:
    """Around what waits for another thread, a disk or the network: others have their turn
    meanwhile. Nothing in a thread that has no turn: of another kind, or waiting already."""
    worker = _here.worker
    if worker is None:
        yield
        return
    _here.worker = None
    worker.turns.give_up()
    try:
        yield
    finally:
        worker.turns.take_again(worker)
        _here.worker = worker
