"""Whether an answer's time tells who exists: known and unknown names, tried in turn.

    python -m bench.enumeration                     500 tries of each, SQLite
    python -m bench.enumeration --postgres URL
    python -m bench.enumeration --tries 100 --only ForgotPassword

Each request is measured twice: by the client's clock, and by the time that the server's threads
ran on a processor meanwhile (/proc/PID/task/*/schedstat), which nobody outside sees and which tells
what is still uneven in the work. "gap" is the median of unknown names over that of known ones, less
one; "p" is the two-sided Mann-Whitney U test in its normal approximation. A flow is suspicious
where the clock's p is below 0.01: it is measured anew, with other names, and named only if it is so
again.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench import strangers
from bench.load import Connection
from bench.processes import Server, children, environment, start

PORT = 8140
_SIGNIFICANT = 0.01

Samples = dict[bool, list[float]]


def mann_whitney(one: list[float], other: list[float]) -> float:
    """The two-sided p-value that both samples are of one distribution, ties corrected."""
    ranked = sorted([(x, 0) for x in one] + [(x, 1) for x in other])
    n, m, rank_sum, ties, place = len(one), len(other), 0.0, 0.0, 0
    while place < len(ranked):
        end = place
        while end < len(ranked) and ranked[end][0] == ranked[place][0]:
            end += 1
        rank, count = (place + 1 + end) / 2, end - place
        rank_sum += rank * sum(1 for _, which in ranked[place:end] if which == 0)
        ties += count**3 - count
        place = end
    mean, total = n * m / 2, n + m
    variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    z = (rank_sum - n * (n + 1) / 2 - mean) / math.sqrt(variance)
    return math.erfc(abs(z) / math.sqrt(2))


def _times() -> Samples:
    return {True: [], False: []}


@dataclass
class Measured:
    wall: Samples = field(default_factory=_times)
    cpu: Samples = field(default_factory=_times)

    def suspicious(self) -> bool:
        return mann_whitney(self.wall[True], self.wall[False]) < _SIGNIFICANT


def gap(samples: Samples) -> float:
    return statistics.median(samples[False]) / statistics.median(samples[True]) - 1


class Meter:
    """Sends, and measures what is to be measured."""

    def __init__(self, connection: Connection, server: Server) -> None:
        self._connection = connection
        self._tasks = [Path(f"/proc/{pid}/task") for pid in children(server.process.pid)]
        self.found: dict[str, Measured] = {}

    async def timed(self, label: str, known: bool, request: bytes) -> tuple[int, bytes]:
        measured = self.found.setdefault(label, Measured())
        cpu, began = self._ran(), time.perf_counter()
        answer = await self._connection.send(request)
        measured.wall[known].append((time.perf_counter() - began) * 1000)
        measured.cpu[known].append((self._ran() - cpu) / 1e6)
        return answer

    async def untimed(self, request: bytes) -> tuple[int, bytes]:
        return await self._connection.send(request)

    def _ran(self) -> int:
        """Nanoseconds on a processor."""
        total = 0
        for folder in self._tasks:
            for task in folder.iterdir():
                total += int((task / "schedstat").read_text().split()[0])
        return total


async def _measure(
    server: Server, flow: strangers.Flow, pairs: Iterator[tuple[str, str]], tries: int
) -> dict[str, Measured]:
    connection = Connection(*await asyncio.open_connection("127.0.0.1", server.port))
    meter, warm = Meter(connection, server), 5
    for number in range(tries + warm):
        if number == warm:
            meter.found = {}
        known, unknown = next(pairs)
        both = [(known, True), (unknown, False)]
        random.shuffle(both)
        for name, exists in both:
            await flow(meter, name, exists)
    return meter.found


def _print(label: str, measured: Measured) -> None:
    parts = []
    for name, kind in (("wall", measured.wall), ("cpu", measured.cpu)):
        medians = [statistics.median(kind[known]) for known in (True, False)]
        p = mann_whitney(kind[True], kind[False])
        parts.append(
            f"{name} {medians[0]:7.3f} {medians[1]:7.3f} ms gap {gap(kind):+6.1%} p {p:.3f}"
        )
    print(f"{label:44} {'   '.join(parts)}", flush=True)


def _run(server: Server, folder: Path, options: argparse.Namespace) -> list[str]:
    place = strangers.Place(server, environment(folder, PORT, options.postgres, 1))
    place.furnish(2 * (options.tries + 5))
    server.settle()
    told: list[str] = []
    print(f"{'':44} medians: known, unknown")
    for flow, pairs in place.flows(options.tries + 5):
        if options.only not in flow.__name__:
            continue
        suspects: set[str] = set()
        for again in (False, True):
            found = asyncio.run(_measure(server, flow, pairs(), options.tries))
            for label, measured in found.items():
                if not again or label in suspects:
                    _print(f"{label}{' again' if again else ''}", measured)
            now = {label for label, measured in found.items() if measured.suspicious()}
            suspects = now if not again else suspects & now
            if not suspects:
                break
        told += sorted(suspects)
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tries", type=int, default=500)
    parser.add_argument("--postgres")
    parser.add_argument("--only", default="", help="flows whose name holds this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        strangers.write_functions(folder)
        server = start(folder, PORT, options.postgres)
        try:
            told = _run(server, folder, options)
        finally:
            server.stop()
    print(f"Times tell who exists: {', '.join(told)}." if told else "No flow's times tell.")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
