"""Ends a PostgreSQL server of the tests when the process it was started for is gone.

python postgres_keeper.py OWNER_PID FOLDER

Detaches itself, waits for the owner to end in whatever way it ends, stops the server whose data
is in FOLDER/data and removes FOLDER. Imports nothing but the standard library.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

POLL_SECONDS = 0.2
PATIENCE_SECONDS = 5.0


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def alive(pid: int | None) -> bool:
    """False for a zombie too: it holds nothing any more and only waits for its parent."""
    if pid is None or not exists(pid):
        return False
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def wait_for_end(pid: int) -> None:
    """Returns once `pid` has ended. A process descriptor cannot be fooled by a reused number."""
    if hasattr(os, "pidfd_open"):
        with suppress(ProcessLookupError):
            select.select([os.pidfd_open(pid)], [], [])
        return
    while alive(pid):
        time.sleep(POLL_SECONDS)


def postmaster(folder: Path) -> int | None:
    """The server's process id as it wrote it down itself, or None where it does not run."""
    try:
        return int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def end(folder: Path) -> None:
    """Stops the server at once (its data is about to go) and removes all of it."""
    pid = postmaster(folder)
    if pid is not None:
        for sent in (signal.SIGQUIT, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.kill(pid, sent)
            deadline = time.monotonic() + PATIENCE_SECONDS
            while alive(pid) and time.monotonic() < deadline:
                time.sleep(0.01)
    shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    owner, folder = int(sys.argv[1]), Path(sys.argv[2])
    if os.fork():
        os._exit(0)
    os.setsid()
    wait_for_end(owner)
    end(folder)


if __name__ == "__main__":
    main()
