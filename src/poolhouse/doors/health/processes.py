"""The worker processes of one server, where several share their figures in a folder.

prometheus-client keeps each process's figures in files of `PROMETHEUS_MULTIPROC_DIR`, if that
was set before it was imported; the process that is asked for /metrics adds them up.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from prometheus_client.core import Metric
from prometheus_client.process_collector import ProcessCollector

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_MARK = "gauge_livesum_"  # every process has one such file while it lives
_LEAST = ("process_start_time_seconds", "process_max_fds")  # the others are added up


@contextmanager
def shared_figures(workers: int) -> Iterator[None]:
    """Around a run of several workers: a fresh folder for their figures, removed afterwards.
    One worker keeps its figures in memory."""
    if workers == 1 or os.environ.get(VARIABLE):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="poolhouse-figures-") as folder:
        os.environ[VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[VARIABLE]


def folder() -> Path | None:
    """Where the workers share their figures; None for a process on its own."""
    name = os.environ.get(VARIABLE)
    return Path(name) if name else None


def living(shared: Path | None) -> list[int]:
    """The ids of the workers. What a killed one left of its present state is removed; what it
    counted stays."""
    if shared is None:
        return [os.getpid()]
    found = []
    for mark in sorted(shared.glob(f"{_MARK}*.db")):
        number = int(mark.stem.removeprefix(_MARK))
        if _lives(number):
            found.append(number)
        else:
            mark.unlink(missing_ok=True)
    return found


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def resources(numbers: list[int]) -> list[Metric]:
    """Memory, processor time and open files of these processes together."""
    total: dict[str, Metric] = {}
    for number in numbers:
        for metric in ProcessCollector(pid=partial(int, number), registry=None).collect():
            kept = total.setdefault(metric.name, metric)
            if kept is not metric:
                kept.samples = [
                    old._replace(value=_joined(metric.name, old.value, new.value))
                    for old, new in zip(kept.samples, metric.samples, strict=True)
                ]
    return list(total.values())


def _joined(name: str, one: float, other: float) -> float:
    return min(one, other) if name in _LEAST else one + other
