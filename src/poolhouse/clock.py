"""The time. Nothing else in the house asks the machine for it."""

from __future__ import annotations

import time


class Clock:
    """Wall-clock time in UTC. Tests hand in one that stands still or is stepped."""

    def now(self) -> float:
        """Seconds since the epoch, with a fraction."""
        return time.time()

    def elapsed(self) -> float:
        """Monotonic seconds, for measuring durations only."""
        return time.monotonic()
