"""Servers for these tests: on a SQLite file and on a PostgreSQL that keeps its promises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import psycopg
import pytest

from tests.faults.arena import WORKERS, Arena, arena_on
from tests.support.postgres import Durable, libpq, start_durable, without
from tests.support.postgres_server import Unavailable
from tests.support.server import Server

BACKENDS = ("sqlite", "postgresql")


class Serving(Protocol):
    def __call__(self, backend: str, **settings: object) -> Server: ...


@pytest.fixture
def serving(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Serving]:
    """Starts servers on a fresh database of a backend; they end with the test."""
    with ExitStack() as stack:

        def start(backend: str, **settings: object) -> Server:
            if backend == "postgresql":
                cluster: Durable = request.getfixturevalue("durable_postgres")
                settings["database_url"] = cluster.database()
            server = Server(tmp_path / "data", **settings)
            stack.callback(server.kill9)
            return server.start()

        yield start


@pytest.fixture(scope="session")
def lasting_postgres() -> Iterator[Durable]:
    try:
        server = start_durable()
    except Unavailable as reason:
        without(str(reason))
    yield server
    server.remove()


@pytest.fixture
def durable_postgres(lasting_postgres: Durable) -> Iterator[Durable]:
    """One server for these tests, whole again after each: it takes long to make."""
    yield lasting_postgres
    try:
        with psycopg.connect(libpq(lasting_postgres.url), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM RESET ALL")
            connection.execute("SELECT pg_reload_conf()")
    except psycopg.OperationalError:
        lasting_postgres.restart()


def database_url(server: Server) -> str:
    given = server.environment.get("POOLHOUSE_DATABASE_URL")
    return given or f"sqlite:///{server.folder / 'poolhouse.db'}"


@pytest.fixture(scope="package", params=BACKENDS)
def arena(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Arena]:
    """A server of two workers for all tests here: each uses names of its own."""
    settings: dict[str, object] = {"workers": WORKERS, "trusted_proxies": "127.0.0.1"}
    if request.param == "postgresql":
        cluster: Durable = request.getfixturevalue("lasting_postgres")
        settings["database_url"] = cluster.database()
    servers: list[Server] = []

    def start(mail: str) -> Server:
        folder = tmp_path_factory.mktemp("arena") / "data"
        servers.append(Server(folder, smtp_url=mail, **settings))
        return servers[0].start()

    try:
        with arena_on(start) as made:
            yield made
    finally:
        for server in servers:
            server.kill9()
