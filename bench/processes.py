"""A server under measurement: started like an operator would, its CPU read from the system."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from poolhouse.housekeeping import JOBS, stock_keys

_TICK = os.sysconf("SC_CLK_TCK")
_QUIET = 0.03
"""CPU seconds a second that are nobody's request."""
_LULL = 2 + next(job.every for job in JOBS if job.run is stock_keys)
"""Seconds until spare signing keys have been looked after again."""
_LONGEST_SETTLING = 300.0
ROOT_KEY = "AKIABENCHROOTKEY0000"
ROOT_SECRET = "bench-root-secret-0123456789-abcdefghij"


def children(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) in found:
            found.append(int(path.parent.name))
    return sorted(set(found))


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of these processes, and of those of their children that ended."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(fields[place]) for place in (11, 12, 13, 14))
    return total / _TICK


def thread_seconds(pids: list[int], name: str) -> float:
    """User and system time of those threads of these processes whose names begin so."""
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*"):
            try:
                if (task / "comm").read_text().startswith(name):
                    total += int((task / "schedstat").read_text().split()[0])
            except OSError:
                continue
    return total / 1e9


def resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    port: int
    ready_cpu: float
    ready_wall: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> float:
        return cpu_seconds(children(self.process.pid))

    def hashing_cpu(self) -> float:
        """Of it, what password hashes took: they have threads of their own."""
        return thread_seconds(children(self.process.pid), "hashing")

    def worker_mib(self) -> float:
        """The largest process: a worker, not the parent that watches over several."""
        return max(resident_mib(pid) for pid in children(self.process.pid))

    def settle(self) -> None:
        """Waits until the server has nothing left to do: signing keys are made ahead, a few a
        second at low priority, and would be counted as the load's."""
        until, quiet = time.monotonic() + _LONGEST_SETTLING, 0
        while quiet < _LULL and time.monotonic() < until:
            before = self.cpu()
            time.sleep(1)
            quiet = quiet + 1 if self.cpu() - before <= _QUIET else 0

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def environment(folder: Path, port: int, database_url: str | None, workers: int) -> dict[str, str]:
    given = {k: v for k, v in os.environ.items() if not k.startswith("POOLHOUSE_")}
    # As under `make serve`: what was compiled at the first start need not be at the second.
    given.pop("PYTHONDONTWRITEBYTECODE", None)
    given |= {
        "POOLHOUSE_DATA_DIR": str(folder),
        "POOLHOUSE_PORT": str(port),
        "POOLHOUSE_WORKERS": str(workers),
        "POOLHOUSE_ROOT_ACCESS_KEY_ID": ROOT_KEY,
        "POOLHOUSE_ROOT_SECRET_ACCESS_KEY": ROOT_SECRET,
        "POOLHOUSE_LOG_LEVEL": "warning",
        # The functions that pools of the bench call are its own.
        "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
    }
    if database_url:
        given["POOLHOUSE_DATABASE_URL"] = database_url
    return given


def start(folder: Path, port: int, database_url: str | None = None, workers: int = 1) -> Server:
    """Starts `poolhouse serve` and waits until it is ready."""
    command = [str(Path(sys.executable).with_name("poolhouse")), "serve"]
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        env=environment(folder, port, database_url, workers),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    while not _ready(port):
        if process.poll() is not None:
            said = process.stderr.read().decode() if process.stderr else ""
            raise SystemExit(f"The server ended: {said}")
        if time.monotonic() - began > 60:
            process.kill()
            raise SystemExit("The server is not ready after a minute.")
        time.sleep(0.01)
    wall = time.monotonic() - began
    return Server(process, port, cpu_seconds(children(process.pid)), wall)


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
