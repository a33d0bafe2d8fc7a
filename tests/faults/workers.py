"""Which worker process answers: a server of several workers, asked worker by worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Barrier

import pytest

from tests.support.server import Server
from tests.support.wire import Reply, Wire

_MOST_TRIES = 400


@contextmanager
def wires_over(server: Server, workers: int, *, each: int = 1) -> Iterator[list[Wire]]:
    """So many kept connections to each worker, worker by worker in turn. The system deals
    connections out as it likes, so they are opened until every worker has enough."""
    if not Path("/proc/net/tcp").exists():
        pytest.skip("Only Linux tells which process has a connection.")
    found: dict[int, list[Wire]] = {}
    opened: list[Wire] = []
    try:
        while min([len(wires) for wires in found.values()] or [0]) < each or len(found) < workers:
            assert len(opened) < _MOST_TRIES, f"some worker does not answer: {found.keys()}"
            opened.append(Wire(server.port))
            found.setdefault(_holder(server, _taken_up(opened[-1])), []).append(opened[-1])
        yield [wire for turn in zip(*found.values(), strict=False) for wire in turn][
            : each * workers
        ]
    finally:
        for wire in opened:
            wire.close()


class Racers:
    """Threads that ask at the same moment, over connections to all workers alike."""

    def __init__(self, wires: list[Wire]) -> None:
        self._wires = wires
        self._threads = ThreadPoolExecutor(len(wires))

    def race(self, ask: Callable[[Wire, int], Reply], runners: int | None = None) -> list[Reply]:
        wires = self._wires[:runners]
        barrier = Barrier(len(wires))

        def run(number: int) -> Reply:
            barrier.wait()
            return ask(wires[number], number)

        return list(self._threads.map(run, range(len(wires))))

    def close(self) -> None:
        self._threads.shutdown()


def _taken_up(wire: Wire) -> int:
    """Our port of a connection that a worker has answered on."""
    connection = wire.open()
    connection.request("GET", "/health/live")
    connection.getresponse().read()
    port: int = connection.sock.getsockname()[1]
    return port


def _holder(server: Server, mine: int) -> int:
    """The process that has the other end."""
    inode = _inode(local=server.port, remote=mine)
    for pid in _family(server.pid):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                if link.readlink().name == f"socket:[{inode}]":
                    return pid
    raise AssertionError("no worker has the connection")


def _inode(local: int, remote: int) -> str:
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ports = [int(address.partition(":")[2], 16) for address in fields[1:3]]
        if ports == [local, remote]:
            return fields[9]
    raise AssertionError("there is no such connection")


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in _family(int(child)))]
