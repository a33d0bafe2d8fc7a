"""When a message is tried again, and when it is given up."""

from __future__ import annotations

LEASE = 180.0
"""Seconds that a courier has a message to itself. Should it die, another sends it afterwards."""

_PAUSES = (30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0, 14_400.0)


def pause_after(attempts: int) -> float | None:
    """Seconds to wait after the n-th failure (from 1); None to give up."""
    return _PAUSES[attempts - 1] if attempts <= len(_PAUSES) else None
