"""How much of the server the functions may hold: a function that hangs stops neither the others
nor what needs no function.

Source of the rule for the last free places: "dynamic thresholds" of shared buffers (Choudhury and
Hahne, 1998).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from poolhouse.clock import Clock
from poolhouse.triggers.failures import Throttled, TimedOut

AT_ONCE = 8
"""Calls of one function under way at once."""
WAITING = 8
"""Calls of one function that wait for those."""
MOST = 40
"""Calls of all functions, under way or waiting. Nobody holds more than are left to the others."""
HANGS = 3
"""Calls in a row that ended in a time-out, after which a function rests."""
REST = 15.0
"""Seconds of that rest. Then one call at a time is tried, once, until one is answered."""
ATTEMPTS = 3


@dataclass
class _Place:
    working: int = 0
    waiting: int = 0
    hangs: int = 0
    rests_until: float = 0.0

    @property
    def held(self) -> int:
        return self.working + self.waiting


class Limits:
    def __init__(self, clock: Clock, patience: float, most: int = MOST) -> None:
        """`patience`: seconds that a call waits for others."""
        self._clock = clock
        self._patience = patience
        self._most = most
        self._held = 0
        self._places: dict[str, _Place] = {}
        self._freed = threading.Condition()

    @contextmanager
    def entered(self, name: str) -> Iterator[int]:
        """A place for one call; yields how often it may be tried. Raises Throttled."""
        with self._freed:
            place = self._places.get(name) or _Place()
            self._enter(name, place)
            attempts = 1 if place.hangs >= HANGS else ATTEMPTS
        hung = False
        try:
            yield attempts
        except TimedOut:
            hung = True
            raise
        finally:
            with self._freed:
                self._leave(name, place, hung=hung)

    def _enter(self, name: str, place: _Place) -> None:
        left = self._most - self._held
        if self._resting(place) or place.held >= min(AT_ONCE + WAITING, left):
            raise Throttled
        self._places[name] = place
        until = self._clock.elapsed() + self._patience
        self._held += 1
        place.waiting += 1
        try:
            while place.working >= AT_ONCE:
                self._freed.wait(max(0.0, until - self._clock.elapsed()))
                if place.hangs >= HANGS or self._clock.elapsed() >= until:
                    raise Throttled
        except BaseException:
            self._held -= 1
            raise
        finally:
            place.waiting -= 1
        place.working += 1

    def _resting(self, place: _Place) -> bool:
        if place.hangs < HANGS:
            return False
        return bool(place.held) or self._clock.elapsed() < place.rests_until

    def _leave(self, name: str, place: _Place, *, hung: bool) -> None:
        self._held -= 1
        place.working -= 1
        place.hangs = place.hangs + 1 if hung else 0
        place.rests_until = self._clock.elapsed() + REST
        if not place.held and not place.hangs:
            self._places.pop(name, None)
        self._freed.notify_all()
