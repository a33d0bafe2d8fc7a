"""When a message is tried again, and when it is given up."""

from __future__ import annotations

LEASE = 180.0
"""Seconds that a courier has a message to itself. Should it die, another sends it afterwards."""

_PAUSES = (30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0, 14_400.0)


MOST_ASKED = 3600.0
"""Seconds: no server is left alone for longer because it asks for it."""
_SHORT_REST, _LONG_REST = 5.0, 60.0


def pause_after(attempts: int, asked: float | None = None) -> float | None:
    """Seconds to wait after the n-th failure (from 1); None to give up. `asked`: how long the
    other side asked to be left alone."""
    if attempts > len(_PAUSES):
        return None
    return max(_PAUSES[attempts - 1], min(asked or 0.0, MOST_ASKED))


def rest_after(asked: float | None) -> float:
    """Seconds that a lane rests when it is the other side that is in trouble."""
    return min(max(asked or 0.0, _SHORT_REST), _LONG_REST)
