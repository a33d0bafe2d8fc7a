"""A real server process of a test: `poolhouse serve` on a port of its own, to be asked over
sockets, stopped, killed, and started again on the same data."""

from __future__ import annotations

import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from tests.support.house import REGION, ROOT_KEY, ROOT_SECRET

START_SECONDS = 60.0
STOP_SECONDS = 45.0
# Below the ports that the system gives to clients: while a server is down, a client that asks
# for its port could else be connected to itself, and hold the port.
PORTS = range(20000, 30000)

# Many passwords are hashed in these tests; what a hash costs is not their subject.
CHEAP = {
    "POOLHOUSE_ROOT_ACCESS_KEY_ID": ROOT_KEY,
    "POOLHOUSE_ROOT_SECRET_ACCESS_KEY": ROOT_SECRET,
    "POOLHOUSE_ARGON2_MEMORY": "8192",
    "POOLHOUSE_ARGON2_TIME": "1",
    "POOLHOUSE_SPARE_SIGNING_KEYS": "2",
}


class Server:
    """A server on `folder`. Keyword arguments are settings: `log_level="debug"`. It is its own
    process group, so that `kill9` reaches its workers too."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.port = free_port()
        self.output = folder.with_name(f"{folder.name}.out")
        self.errors = folder.with_name(f"{folder.name}.err")
        given = {f"POOLHOUSE_{name.upper()}": str(value) for name, value in settings.items()}
        self.environment = environment(CHEAP, {"POOLHOUSE_DATA_DIR": str(folder)}, given)
        self._process: subprocess.Popen[bytes] | None = None

    # life ------------------------------------------------------------------------------
    def start(self, *, ready: bool = True) -> Server:
        """Returns once it answers that it is ready; `ready=False`: as soon as it answers."""
        command = [*POOLHOUSE, "serve", "--port", str(self.port)]
        with self.output.open("ab") as out, self.errors.open("ab") as err:
            self._process = subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        try:
            self._wait("/health/ready" if ready else "/health/live")
        except BaseException:
            self.kill9()
            raise
        return self

    def _wait(self, path: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self.status(path) != 200:
            if not self.lives or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start:\n{self.told()[-4000:]}")
            time.sleep(0.02)

    def status(self, path: str) -> int | None:
        """What a GET is answered with; None where nobody answers."""
        connection = self.connection()
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def wait_until_ready(self) -> None:
        self._wait("/health/ready")

    @property
    def lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def terminate(self) -> None:
        """Asks it to end, and does not wait."""
        assert self._process is not None
        self._process.terminate()

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        assert self._process is not None
        return self._process.wait(STOP_SECONDS)

    def stop(self) -> int:
        """In good order; the exit code."""
        self.terminate()
        return self.wait()

    def kill9(self) -> None:
        """All its processes at once, with no chance to write anything."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def told(self) -> str:
        """All it has written to standard output and standard error."""
        return self.output.read_text() + self.errors.read_text()

    # asking ----------------------------------------------------------------------------
    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connection(self, timeout: float = 30.0) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def client(self, service: str, **keys: Any) -> Any:
        """A boto3 client, signed as root unless other keys are given."""
        keys = keys or {"aws_access_key_id": ROOT_KEY, "aws_secret_access_key": ROOT_SECRET}
        return self._client(service, Config(), **keys)

    def unsigned(self, service: str) -> Any:
        """A boto3 client that signs nothing."""
        return self._client(service, Config(signature_version=UNSIGNED))

    def _client(self, service: str, config: Config, **keys: Any) -> Any:
        plain = Config(
            retries={"total_max_attempts": 1},
            max_pool_connections=64,
            connect_timeout=5,
            read_timeout=60,
        )
        return boto3.session.Session().client(
            service, region_name=REGION, endpoint_url=self.url, config=plain.merge(config), **keys
        )


POOLHOUSE = (sys.executable, "-m", "poolhouse.cli.entry")


def environment(*given: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without its settings and credentials, and with the given."""
    mine = {k: v for k, v in os.environ.items() if not k.startswith(("POOLHOUSE_", "AWS_"))}
    for more in given:
        mine.update(more)
    return mine


def free_port() -> int:
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
