"""Taking the disk away from a running server, and giving it back."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.server import Server

_LITTLE = 96 * 1024
_WHOLE = 24 * 1024 * 1024
_PAGE = 4096


class Squeeze(Protocol):
    def little(self) -> None:
        """From now on there is room for a few writes more."""

    def none(self) -> None:
        """From now on there is no room at all."""

    def release(self) -> None: ...


class FileSizes:
    """By a limit on the size of the server's files (setrlimit(2), RLIMIT_FSIZE): a write beyond
    it fails with EFBIG. No privilege is needed. Its log is a file too, so nothing can be logged
    either."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def little(self) -> None:
        sizes = [path.stat().st_size for path in self._server.folder.iterdir()]
        self._limit(max(sizes) + _LITTLE)

    def none(self) -> None:
        self._limit(1)

    def release(self) -> None:
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        if self._server.lives:  # the limit ends with the process
            limits = (size, resource.RLIM_INFINITY)
            resource.prlimit(self._server.pid, resource.RLIMIT_FSIZE, limits)


class SmallDisk:
    """By filling the file system that the data folder is on: a write fails with ENOSPC."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def little(self) -> None:
        self._fill(spare=_LITTLE)

    def none(self) -> None:
        self._fill(spare=0)

    def release(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def _fill(self, spare: int) -> None:
        with self._ballast.open("ab", buffering=0) as file, suppress(OSError):
            while self._free() > spare:
                file.write(bytes(_PAGE))

    def _free(self) -> int:
        found = os.statvfs(self._ballast.parent)
        return found.f_bavail * found.f_frsize


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A folder on a file system of its own; skips where we may not mount one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={_WHOLE}", "none", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("A file system cannot be mounted here; the test of file sizes stands for it.")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
