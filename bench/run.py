"""Every hot operation, measured from another process, in units of one RSA-2048 signature.

    python -m bench.run                    SQLite, 1,000 and then 100,000 users
    python -m bench.run --users 1000       one size only
    python -m bench.run --postgres URL     PostgreSQL; its own CPU is shown apart
    python -m bench.run --workers 2
    python -m bench.run --only GetUser

"signs" is the server's CPU per run (a request; of sign-ins in two steps, both) divided by the CPU
of one signature (the median of samples taken in the same seconds, beside the load, since two busy
threads of one core slow each other down), which is what carries over to other machines. "crypto"
is the share of it that no server could leave out: signatures, hashes, SRP's powers, each measured
in the same run. What is beyond a password's hash is what other threads took than those that hash.
Requests per second carry the load of whatever else the machine does.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import place as places
from bench import seeding
from bench.plans import Plan, Plans
from bench.processes import Server, cpu_seconds, environment, start
from bench.yardstick import Yardstick

PORT = 8765
CLIENTS = 8


@dataclass
class Row:
    plan: Plan
    users: int
    per_second: float
    cpu_ms: float
    hashing_ms: float
    database_ms: float
    signs: float
    crypto_share: float
    p50: float
    p99: float


class Bench:
    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options = options
        self.folder = folder
        self.yardstick = Yardstick()
        self.rows: list[Row] = []
        # The first start migrates and founds; the second is what an operator waits for.
        start(folder, PORT, options.postgres, options.workers).stop()
        self.server: Server = start(folder, PORT, options.postgres, options.workers)
        given = environment(folder, PORT, options.postgres, options.workers)
        self.place = places.Place(self.server, given, PORT + 1)

    def measure(self, users: int) -> None:
        for plan in Plans(self.place, users).all():
            if self.options.only in plan.name:
                self._one(plan, users)

    def _load_of(self, plan: Plan) -> dict[str, Any]:
        common = {"port": PORT, "clients": CLIENTS, "seconds": self.options.seconds, "first": 0}
        return {**common, **plan.load}

    def _one(self, plan: Plan, users: int) -> None:
        load = self._load_of(plan)
        warm = 4 if "count" in load else 20
        _load({**load, "seconds": 5, "count": warm})
        # What is good once must not be sent twice: the warm-up took the first ones.
        load["first"] = warm
        if "count" in load:
            load["count"] -= warm
        before, samples = self._spent(), list[float]()
        seen = _load(load, lambda: samples.append(self.yardstick.sign_ms()))
        cpu, hashing, database = (
            (now - then) / seen["count"] * 1000
            for now, then in zip(self._spent(), before, strict=True)
        )
        sign = statistics.median(samples or [self.yardstick.alone_ms])
        row = Row(
            plan,
            users,
            seen["per_second"],
            cpu,
            hashing,
            database,
            cpu / sign,
            (hashing + self.yardstick.unavoidable_ms(sign, plan.crypto)) / cpu if cpu else 0,
            seen["p50_ms"],
            seen["p99_ms"],
        )
        self.rows.append(row)
        _print(row)

    def _spent(self) -> tuple[float, float, float]:
        """CPU seconds so far: the server's, of them its hashing threads', and the database's."""
        return self.server.cpu(), self.server.hashing_cpu(), self._database_cpu()

    def _database_cpu(self) -> float:
        if not self.options.postgres:
            return 0.0
        found = subprocess.run(["pgrep", "postgres"], capture_output=True, text=True, check=False)
        return cpu_seconds([int(pid) for pid in found.stdout.split()])

    def beside_passwords(self) -> None:
        """GetUser's latency while eight clients sign in by password."""
        plans = Plans(self.place, 1000)
        storm = self._load_of(plans.find("password sign-in"))
        storm["seconds"] += 1
        load = subprocess.Popen(
            [sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert load.stdin
        load.stdin.write(json.dumps(storm).encode())
        load.stdin.close()
        time.sleep(0.5)
        seen = _load({**self._load_of(plans.find("GetUser")), "clients": 2})
        load.wait()
        print(
            f"GetUser beside 8 password sign-ins: p50 {seen['p50_ms']:.1f} ms, "
            f"p99 {seen['p99_ms']:.1f} ms"
        )

    def compare(self) -> None:
        """Rows that have something more than another, beside it; rows of two sizes."""
        at = {(row.plan.name, row.users): row for row in self.rows}
        for row in self.rows:
            base = at.get((row.plan.beyond, row.users))
            if base is not None:
                more, signs = row.cpu_ms - base.cpu_ms, row.signs - base.signs
                print(
                    f"{row.plan.name:30} {row.users:7} users  {more:+.3f} ms "
                    f"= {signs:+.2f} signs beside {base.plan.name}"
                )
        growth: dict[str, list[Row]] = {}
        for row in self.rows:
            growth.setdefault(row.plan.name, []).append(row)
        for name, rows in growth.items():
            if len(rows) > 1:
                first, last = rows[0], rows[-1]
                print(
                    f"{name:30} x{last.signs / first.signs:.2f} "
                    f"from {first.users} to {last.users} users"
                )


def _load(plan: dict[str, Any], meanwhile: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Drives one plan in a process of its own; `meanwhile` is called ten times a second."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out:
        given.write(json.dumps(plan).encode())
        given.seek(0)
        load = subprocess.Popen([sys.executable, "-m", "bench.load"], stdin=given, stdout=out)
        time.sleep(0.5)
        while load.poll() is None:
            meanwhile()
            time.sleep(0.1)
        if load.returncode:
            raise SystemExit("The load failed; see above.")
        out.seek(0)
        seen: dict[str, Any] = json.loads(out.read())
    return seen


def _print(row: Row) -> None:
    beyond, sign = row.cpu_ms - row.hashing_ms, row.cpu_ms / row.signs
    print(
        f"{row.plan.name:30} {row.users:7} users  {row.per_second:8.0f}/s"
        f"  cpu {row.cpu_ms:7.3f} ms"
        f" = {row.signs:6.2f} signs  crypto {row.crypto_share:4.0%}"
        f"  p50 {row.p50:6.1f}  p99 {row.p99:6.1f} ms"
        + (
            f"  beyond its hash {beyond:.2f} ms = {beyond / sign:.2f} signs"
            if row.hashing_ms
            else ""
        )
        + (f"  database {row.database_ms:.3f} ms" if row.database_ms else ""),
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, nargs="*", default=[1000, 100_000])
    parser.add_argument("--postgres")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--only", default="", help="operations whose name holds this")
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    if min(options.users) < seeding.WITH_PASSWORD:
        parser.error(f"--users: at least {seeding.WITH_PASSWORD}, who can sign in")
    hook = places.hook(PORT + 1)
    try:
        with tempfile.TemporaryDirectory() as name:
            bench = Bench(options, Path(name))
            try:
                _run(bench, options)
            finally:
                bench.server.stop()
    finally:
        hook.terminate()


def _run(bench: Bench, options: argparse.Namespace) -> None:
    server, yardstick = bench.server, bench.yardstick
    print(f"{platform.machine()}, {platform.python_version()}; alone, in CPU:")
    print(f"one sign {yardstick.alone_ms:.3f} ms; in signs: {yardstick.told()}")
    print(f"ready after {server.ready_cpu:.2f} CPU s, {server.ready_wall:.2f} s")
    print(f"idle: {server.worker_mib():.0f} MiB a worker", flush=True)
    server.settle()
    bench.place.furnish()
    filled = 0
    for users in options.users:
        seeding.fill(bench.place.environment, bench.place.app.pool, filled, users)
        filled = users
        server.settle()
        bench.measure(users)
    if not options.only:
        server.settle()
        bench.beside_passwords()
    print(f"with {filled} users: {server.worker_mib():.0f} MiB a worker")
    bench.compare()


if __name__ == "__main__":
    main()
