"""How long a subject is locked after how many failures.

Source: "Lockout behavior for failed sign-in attempts", developer guide: from the fifth failure
one second, doubling, about a quarter of an hour at most; forgotten after a quarter of an hour. And
NIST SP 800-63B-4, 3.2.2: after a hundred failures in a row, however slow, no try is judged before
the password was set anew.
"""

from __future__ import annotations

FREE_TRIES = 5
LONGEST_LOCK = 900.0
FORGOTTEN_AFTER = 900.0
MOST_IN_A_ROW = 100
# Failures in a row are kept this long after the last of them.
ROW_FORGOTTEN_AFTER = 30 * 86_400.0
# A try whose process died without judging it is no longer pending after this long.
ABANDONED_AFTER = 30.0


def lock_after(failures: int) -> float:
    """Seconds of lock that the n-th failure brings."""
    if failures < FREE_TRIES:
        return 0.0
    return min(2.0 ** (failures - FREE_TRIES), LONGEST_LOCK)


def longest_growth() -> int:
    """The number of failures from which the lock grows no more."""
    failures = FREE_TRIES
    while lock_after(failures) < LONGEST_LOCK:
        failures += 1
    return failures
