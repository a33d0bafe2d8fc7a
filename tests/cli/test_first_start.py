"""From an empty folder to the first signed-up user, as a newcomer lives it."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """On a folder with a space in its name; it makes its own root key."""
    made = Server(tmp_path / "my data")
    for name in ("POOLHOUSE_ROOT_ACCESS_KEY_ID", "POOLHOUSE_ROOT_SECRET_ACCESS_KEY"):
        del made.environment[name]
    yield made
    made.kill9()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_start_says_once_all_that_is_needed(server: Server) -> None:
    """REL-22, ADM-03"""
    server.start()
    greeting = server.output.read_text()
    credentials = server.folder / "root-credentials"
    assert str(credentials) in greeting
    assert server.url in greeting
    found = re.findall(r"^  (First user pool|its client id)\s+(\S+)$", greeting, re.MULTILINE)
    pool, client = (value for _, value in found)
    secret = re.search(r"^aws_secret_access_key = (\S+)$", credentials.read_text(), re.MULTILINE)
    assert secret is not None
    assert secret[1] not in greeting + server.errors.read_text()
    keys = re.findall(r"= (\S+)", credentials.read_text())
    idp = server.client("cognito-idp", aws_access_key_id=keys[0], aws_secret_access_key=keys[1])
    described = idp.describe_user_pool_client(UserPoolId=pool, ClientId=client)
    assert described["UserPoolClient"]["ClientId"] == client

    server.stop()
    server.start()
    again = server.output.read_text().removeprefix(greeting)
    assert server.url in again
    for once in (pool, client, keys[0], "curl"):
        assert once not in again
    assert len(idp.list_user_pools(MaxResults=60)["UserPools"]) == 1


def test_the_line_to_paste_signs_somebody_up(server: Server) -> None:
    if shutil.which("curl") is None:
        pytest.skip("There is no curl here.")
    server.start()
    line = next(line.strip() for line in server.output.read_text().splitlines() if "curl" in line)
    ended = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    answer = json.loads(ended.stdout)
    assert answer["UserConfirmed"] is False
    assert answer["CodeDeliveryDetails"]["Destination"] == "a***@e***"
    assert re.fullmatch(r"[0-9a-f-]{36}", answer["UserSub"])


def test_what_it_makes_is_for_its_owner_s_eyes_only(server: Server) -> None:
    """REL-22: with any umask; the secrets even where the folder was there before."""
    server.folder.mkdir(mode=0o755)
    server.start()
    assert mode(server.folder / "root-credentials") == 0o600
    assert mode(server.folder / "master.key") == 0o600
    for path in server.folder.iterdir():
        assert mode(path) & 0o077 == 0, f"others may read {path.name}"


def test_a_folder_that_it_makes_is_closed_to_others(server: Server) -> None:
    server.start()
    assert mode(server.folder) == 0o700


def test_the_root_key_of_the_settings_is_written_nowhere(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    secret = server.environment["POOLHOUSE_ROOT_SECRET_ACCESS_KEY"]
    try:
        server.start()
        assert not (server.folder / "root-credentials").exists()
        assert secret not in server.told()
        assert server.client("sts").get_caller_identity()["Arn"].endswith(":root")
    finally:
        server.kill9()
