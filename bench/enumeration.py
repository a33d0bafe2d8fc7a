"""Whether an answer's time tells who exists: known and unknown names, tried in turn.

    python -m bench.enumeration                     500 tries of each, SQLite
    python -m bench.enumeration --postgres URL
    python -m bench.enumeration --tries 100 --only forgot_password --states confirmed,disabled

Users that are confirmed are asked for, and users in every other state. What a first step is
answered before a password is proved must not tell the state either.

Each request is measured twice: by the client's clock, and by the time that the server's threads
ran on a processor meanwhile (/proc/PID/task/*/schedstat), which nobody outside sees and which tells
what is still uneven in the work. "gap" is the median of unknown names over that of known ones, less
one; "p" is the two-sided Mann-Whitney U test in its normal approximation. A flow is suspicious
where the clock's p is below 0.01: it is measured anew, and named only if it is so again:
one of ten thousand is by chance. Answers are compared too, by status, error and words, or challenge
and fields: one that no unknown name was given is named at once (names that nobody has differ as
users do, so ask for a hundred), and the times are those of answers that both are given.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench import strangers
from bench.load import Connection
from bench.processes import Server, children, environment, start
from poolhouse.userpools.users.rows import CONFIRMED

PORT = 8140
_SIGNIFICANT = 0.01
_WARM = 5

Samples = dict[bool, list[float]]
Shape = tuple[str, ...]


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
    """What one step took, by the shape of its answer."""

    wall: dict[Shape, Samples] = field(default_factory=lambda: defaultdict(_times))
    cpu: dict[Shape, Samples] = field(default_factory=lambda: defaultdict(_times))

    def only_known(self) -> list[Shape]:
        """Answers that no unknown name was given."""
        return sorted(shape for shape, found in self.wall.items() if not found[False])

    def compared(self, of: dict[Shape, Samples]) -> Samples:
        """Those with an answer that known and unknown names are given: as a stranger sees it."""
        both = [found for found in of.values() if found[True] and found[False]]
        return {known: [x for found in both for x in found[known]] for known in (True, False)}

    def suspicious(self) -> bool:
        wall = self.compared(self.wall)
        return mann_whitney(wall[True], wall[False]) < _SIGNIFICANT


def gap(samples: Samples) -> float:
    return statistics.median(samples[False]) / statistics.median(samples[True]) - 1


def shape_of(status: int, answer: bytes) -> Shape:
    """What of an answer depends on no name."""
    given = json.loads(answer or b"{}")
    named = [str(given.get(name, "")) for name in ("__type", "message", "ChallengeName")]
    offered = ",".join(given.get("AvailableChallenges") or [])
    members = (*sorted(given), *sorted(given.get("ChallengeParameters") or {}))
    return (str(status), *named, offered, *members)


class Meter:
    """Sends, and measures what is to be measured."""

    def __init__(self, connection: Connection, server: Server, state: str) -> None:
        self._state = "" if state == CONFIRMED else f"{state}: "
        self._connection = connection
        self._tasks = [Path(f"/proc/{pid}/task") for pid in children(server.process.pid)]
        self.found: dict[str, Measured] = {}

    async def timed(self, label: str, known: bool, request: bytes) -> tuple[int, bytes]:
        measured = self.found.setdefault(self._state + label, Measured())
        cpu, began = self._ran(), time.perf_counter()
        answer = await self._connection.send(request)
        took, ran = time.perf_counter() - began, self._ran() - cpu
        shape = shape_of(*answer)
        measured.wall[shape][known].append(took * 1000)
        measured.cpu[shape][known].append(ran / 1e6)
        return answer

    async def untimed(self, request: bytes) -> tuple[int, bytes]:
        return await self._connection.send(request)

    def _ran(self) -> int:
        """Nanoseconds on a processor. A function's process, or a thread, may have ended."""
        total = 0
        for folder in self._tasks:
            with suppress(FileNotFoundError, ProcessLookupError):
                for task in folder.iterdir():
                    total += int((task / "schedstat").read_text().split()[0])
        return total


async def _measure(
    server: Server, state: str, flow: strangers.Flow, pairs: Iterator[tuple[str, str]], tries: int
) -> dict[str, Measured]:
    connection = Connection(*await asyncio.open_connection("127.0.0.1", server.port))
    meter, warm = Meter(connection, server, state), _WARM
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
    for name, of in (("wall", measured.wall), ("cpu", measured.cpu)):
        kind = measured.compared(of)
        if not kind[True]:
            continue
        medians = [statistics.median(kind[known]) for known in (True, False)]
        p = mann_whitney(kind[True], kind[False])
        parts.append(
            f"{name} {medians[0]:7.3f} {medians[1]:7.3f} ms gap {gap(kind):+6.1%} p {p:.3f}"
        )
    print(f"{label:60} {'   '.join(parts) or 'no answer in common'}", flush=True)


def _run(server: Server, folder: Path, options: argparse.Namespace) -> list[str]:
    place = strangers.Place(server, environment(folder, PORT, options.postgres, 1))
    tries = options.tries + _WARM
    place.furnish(tries, options.states)
    server.settle()
    told: list[str] = []
    print(f"{'':60} medians: known, unknown")
    for state in options.states:
        flows = place.flows(tries) if state == CONFIRMED else place.flows_of(state, tries)
        for flow, pairs in flows:
            if options.only in flow.__name__:
                told += _tried(server, state, flow, pairs, options.tries)
    return told


def _tried(
    server: Server, state: str, flow: strangers.Flow, pairs: strangers.Pairs, tries: int
) -> list[str]:
    """The steps that tell."""
    suspects: set[str] = set()
    told: list[str] = []
    for again in (False, True):
        found = asyncio.run(_measure(server, state, flow, pairs(), tries))
        for label, measured in found.items():
            if not again or label in suspects:
                _print(f"{label}{' again' if again else ''}", measured)
            if not again and (other := measured.only_known()):
                print(f"  only for known names: {other}", flush=True)
                told.append(f"{label} (by its answer)")
        now = {label for label, measured in found.items() if measured.suspicious()}
        suspects = now if not again else suspects & now
        if not suspects:
            break
    return [*told, *sorted(suspects)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tries", type=int, default=500)
    parser.add_argument("--postgres")
    parser.add_argument("--only", default="", help="flows whose name holds this")
    every = [CONFIRMED, *strangers.STATES]
    parser.add_argument("--states", default=",".join(every), help="of: %(default)s")
    options = parser.parse_args()
    options.states = options.states.split(",")
    if not set(options.states) <= set(every):
        parser.error(f"--states: of {', '.join(every)}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        strangers.write_functions(folder)
        server = start(folder, PORT, options.postgres)
        try:
            told = _run(server, folder, options)
        finally:
            server.stop()
    print(f"Who exists is told by: {', '.join(told)}." if told else "No flow tells who exists.")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
