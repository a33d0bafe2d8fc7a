"""The end in good order, and no second server on one data folder."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.conftest import Serving
from tests.faults.crowd import Place
from tests.faults.test_slow_parts import hashing
from tests.support.server import POOLHOUSE, Server
from tests.support.wire import Reply, Wire

SIGN_UPS = 6
DEADLINE = 60.0
SLOW = {"argon2_memory": 65536, "argon2_time": 6}


def sign_up(server: Server, place: Place, name: str) -> Reply:
    with Wire(server.port) as wire:
        return wire.ask("SignUp", ClientId=place.client, Username=name, Password="Aa1!aaaaaaa")


@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_lets_requests_under_way_finish_and_takes_no_new_ones(
    workers: int, serving: Serving
) -> None:
    """REL-21"""
    server = serving("sqlite", workers=workers, **SLOW)
    place = Place.made(server)
    names = [f"u{number}" for number in range(SIGN_UPS)]
    with ThreadPoolExecutor(SIGN_UPS) as threads:
        under_way = [threads.submit(sign_up, server, place, name) for name in names]
        wait_for_hashes(server)
        server.terminate()
        statuses = [each.result().status for each in under_way]
    assert server.wait() in (0, -15)
    assert statuses == [200] * SIGN_UPS
    assert server.status("/health/live") is None
    assert "Traceback" not in server.told()
    server.start()
    idp = server.client("cognito-idp")
    listed = idp.list_users(UserPoolId=place.pool)["Users"]
    assert {user["Username"] for user in listed} == set(names)


def wait_for_hashes(server: Server) -> None:
    """Until all sign-ups are being worked at."""
    deadline = time.monotonic() + DEADLINE
    while hashing(server) < SIGN_UPS:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_idle_connection_does_not_hold_up_the_end(serving: Serving) -> None:
    """REL-21: a kept connection with nothing asked is closed."""
    server = serving("sqlite")
    with Wire(server.port) as wire:
        assert not wire.ask("ListUsers", UserPoolId="x").ok
        server.terminate()
        assert server.wait() in (0, -15)


def test_a_second_server_on_one_data_folder_is_refused_in_one_sentence(serving: Serving) -> None:
    """REL-22, REL-07: and the first one goes on."""
    server = serving("sqlite")
    second = subprocess.run(
        [*POOLHOUSE, "serve", "--port", "0"],
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr == (
        f"poolhouse: Another server is running on {server.folder}. Stop it, or set "
        "POOLHOUSE_DATA_DIR to another folder.\n"
    )
    assert second.stdout == ""
    assert server.status("/health/ready") == 200


def test_what_a_killed_server_locked_is_free_again(serving: Serving) -> None:
    """REL-22: the lock ends with the process, not with a file somebody must remove."""
    server = serving("sqlite")
    server.kill9()
    assert (server.folder / "serving.lock").exists()
    server.start()
