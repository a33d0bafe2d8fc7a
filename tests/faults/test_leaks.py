"""What requests leave behind in a process: nothing that grows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.arena import PASSWORD, Arena
from tests.support.server import Server
from tests.support.wire import Wire

ROUNDS = 40


def held(server: Server) -> int:
    """Files and sockets that the server's processes have open."""
    pids = [server.pid, *map(int, _children(server.pid))]
    return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids)


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells")
def test_connections_that_come_and_go_leave_no_handle_open(arena: Arena) -> None:
    """REL-24: the short half of it; rows are swept, see the tests of each room."""
    name = arena.user()

    def once() -> None:
        with Wire(arena.server.port) as wire:
            assert arena.sign_in(wire, name).ok
            assert not arena.sign_in(wire, arena.name(), PASSWORD).ok
            assert not arena.refresh(wire, "x").ok
            wire.get("/health/live")

    for _ in range(ROUNDS):
        once()
    before = held(arena.server)
    for _ in range(2 * ROUNDS):
        once()
    assert held(arena.server) <= before + 4
