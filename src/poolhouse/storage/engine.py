"""Connections, held open and lent out, and the two databases' differences in opening them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from poolhouse import turns
from poolhouse.clock import Clock
from poolhouse.contract.shape import Refusal, Refused
from poolhouse.storage.prepared import control

T = TypeVar("T")

BUSY_SECONDS = 20
_LOOK_AGAIN = 0.1
# How long SQLite itself waits for another process while a thread keeps its turn (see `patiently`).
_KEEPING_TURN = 0.1
_BUSY = "The database is busy."
# Row counts decide races, of INSERTs too, whose counts would else be forgotten.
_OPTIONS = {"preserve_rowcount": True}


class Database:
    """Lends connections in autocommit mode: a read costs no BEGIN and no ROLLBACK.

    A connection stays open between loans, so its prepared statements and its page cache do
    too. `most` bounds how many a process holds; whoever comes later waits.
    """

    def __init__(self, url: str, *, most: int = 16) -> None:
        self.url = make_url(url)
        self.engine = _engine(self.url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._idle: list[Connection] = []
        self._clock = Clock()
        self._open = 0
        self._most = most
        self._waiting = 0
        self._freed = threading.Condition()
        self._closed = False
        self._writes = threading.Lock() if self.is_sqlite else None

    def lease(self) -> Connection:
        """A connection outside any transaction. Give it back with `give_back` or `discard`."""
        try:
            return self._idle.pop()  # the usual case takes no lock
        except IndexError:
            with turns.waiting():
                return self._another()

    def _another(self) -> Connection:
        end = self._clock.elapsed() + BUSY_SECONDS
        with self._freed:
            while self._open >= self._most:
                self._waiting += 1
                self._freed.wait(max(0.0, min(end - self._clock.elapsed(), _LOOK_AGAIN)))
                self._waiting -= 1
                if self._idle:
                    with suppress(IndexError):
                        return self._idle.pop()
                if self._clock.elapsed() >= end:
                    raise Refused(Refusal.UNAVAILABLE, _BUSY)
            self._open += 1
        try:
            connection = self.engine.connect()
            _wait_in_sqlite(connection, _KEEPING_TURN)
            return connection
        except BaseException:
            self._forget()
            raise

    def give_back(self, connection: Connection) -> None:
        if self._closed:
            self.discard(connection)
            return
        self._idle.append(connection)
        if self._waiting:
            with self._freed:
                self._freed.notify()

    def discard(self, connection: Connection, *, gone: bool = False) -> None:
        """For a connection in doubt: whatever it had begun is undone. It is closed, and so are
        the idle ones where the server is `gone`. SQLite's is kept where it is sound: a file that
        cannot be written can often be read on, but not be opened anew."""
        if self.is_sqlite and _sound(connection):
            self.give_back(connection)
            return
        doubtful = [connection]
        with suppress(IndexError):
            while gone:
                doubtful.append(self._idle.pop())
        for one in doubtful:
            with suppress(DBAPIError):
                one.close()
            self._forget()

    def lock_writes(self) -> None:
        """Where one may write at a time, this thread; until `unlock_writes`. Those of other
        processes queue in SQLite itself, which has them look again and again.

        Raises Refused(UNAVAILABLE) where another thread does not end.
        """
        if self._writes is None or self._writes.acquire(blocking=False):
            return
        with turns.waiting():
            if not self._writes.acquire(timeout=BUSY_SECONDS):
                raise Refused(Refusal.UNAVAILABLE, _BUSY)

    def unlock_writes(self) -> None:
        if self._writes is not None:
            self._writes.release()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Around a write that commits by itself."""
        self.lock_writes()
        try:
            yield
        finally:
            self.unlock_writes()

    def _forget(self) -> None:
        with self._freed:
            self._open -= 1
            self._freed.notify()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A loan for plumbing: migrations, health, backups."""
        connection = self.lease()
        try:
            _wait_in_sqlite(connection, BUSY_SECONDS)
            yield connection
            _wait_in_sqlite(connection, _KEEPING_TURN)
        except BaseException as error:
            self.discard(connection, gone=is_gone(error))
            raise
        self.give_back(connection)

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()
        self.engine.dispose()


def begin(connection: Connection) -> None:
    """Opens a transaction that will write. On SQLite it takes the write lock now, because a
    reader's snapshot cannot be turned into a writer once another connection has committed."""
    immediate = connection.dialect.name == "sqlite"
    text = "BEGIN IMMEDIATE" if immediate else "BEGIN"
    patiently(lambda: control(connection, text))


def patiently(act: Callable[[], T]) -> T:
    """Does it, and again where SQLite refuses because another process writes, while others have
    their turn. Raises its error where that does not end, and any other at once."""
    try:
        return act()
    except DBAPIError as error:
        if not _is_busy(error):
            raise
    clock = Clock()
    end = clock.elapsed() + BUSY_SECONDS
    with turns.waiting():
        while True:
            try:
                return act()
            except DBAPIError as error:
                if not _is_busy(error) or clock.elapsed() >= end:
                    raise


def _is_busy(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY  # the rest says why


def _wait_in_sqlite(connection: Connection, seconds: float) -> None:
    raw: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        raw.execute(f"PRAGMA busy_timeout={seconds * 1000:.0f}").close()


@contextmanager
def unsynchronized(connection: Connection) -> Iterator[None]:
    """Commits inside do not wait for the disk where that is ours to say, on SQLite: what a dying
    process wrote is kept, what a machine wrote that loses power may be lost."""
    if connection.dialect.name != "sqlite":
        yield
        return
    control(connection, "PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        control(connection, "PRAGMA synchronous=FULL")


def is_unavailable(error: DBAPIError) -> bool:
    """True where the database did not decide anything: locked, full, gone. Worth a later try."""
    return isinstance(error, OperationalError) or error.connection_invalidated


def _sound(connection: Connection) -> bool:
    """Whether a SQLite connection is outside any transaction, after a rollback if need be, and
    waits for the disk again (see `unsynchronized`)."""
    raw: Any = connection.connection.dbapi_connection
    if raw is None:
        return False
    try:
        if raw.in_transaction:
            raw.rollback()
        raw.execute("PRAGMA synchronous=FULL")
        _wait_in_sqlite(connection, _KEEPING_TURN)
        return not raw.in_transaction
    except sqlite3.Error:
        return False


def is_gone(error: BaseException) -> bool:
    """True where the database server hung up: every connection to it is dead."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        execution_options=_OPTIONS,
        connect_args={"application_name": "poolhouse", "connect_timeout": 10},
    )


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        hide_parameters=True,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        execution_options=_OPTIONS,
        connect_args={
            "timeout": BUSY_SECONDS,
            "check_same_thread": False,
            "cached_statements": 256,
        },
    )

    @event.listens_for(engine, "connect")
    def _prepare(raw, _record) -> None:  # type: ignore[no-untyped-def]
        cursor = raw.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-16384",
            "mmap_size=268435456",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine
