"""From any revision to the newest, whole or not at all, on both databases."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, event, text

import poolhouse
from poolhouse.storage import migrating
from poolhouse.storage.base import metadata
from poolhouse.storage.engine import Database
from tests.storage.schema import EARLY, Look, fill, kept, look, made_early, tables
from tests.support.server import POOLHOUSE, environment

NewDatabase = Callable[[], str]

# Every table of the code, whoever imports its module in a running server.
for _module in pkgutil.walk_packages(poolhouse.__path__, "poolhouse."):
    if "migrations" not in _module.name and not _module.name.endswith(".main"):
        importlib.import_module(_module.name)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


def build(url: str) -> None:
    """The tables as the code has them, with no migration."""
    with opened(url) as database:
        metadata.create_all(database.engine)


def seen(url: str) -> Look:
    with opened(url) as database, database.engine.connect() as connection:
        return look(connection)


def test_a_migrated_database_is_what_the_code_says(new_database: NewDatabase) -> None:
    """REL-15: to the last index, collation and constraint."""
    fresh, migrated = new_database(), new_database()
    build(fresh)
    with opened(migrated) as database:
        assert migrating.upgrade(database)
        assert migrating.current(database) == migrating.head()
        assert not migrating.upgrade(database), "there is nothing left to do"
        with database.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
    assert seen(migrated) == seen(fresh)


@pytest.mark.parametrize("revision", migrating.revisions())
def test_rows_of_every_revision_come_through_to_the_newest(
    revision: str, new_database: NewDatabase
) -> None:
    """REL-15"""
    with opened(new_database()) as database:
        migrating.upgrade(database, revision)
        with database.engine.begin() as connection:
            rows = fill(connection)
        migrating.upgrade(database)
        assert migrating.current(database) == migrating.head()
        with database.engine.connect() as connection:
            assert kept(connection, rows) == list(rows)
            if database.is_sqlite:
                assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
                assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"


@pytest.mark.parametrize("lacking", range(1, len(EARLY) + 1))
@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_a_database_of_the_first_days_gets_what_it_lacks(
    revision: str, lacking: int, new_database: NewDatabase
) -> None:
    """REL-15: 0001 was changed after databases had gone through it."""
    url, fresh = new_database(), new_database()
    build(fresh)
    with opened(url) as database:
        made_early(database, revision, lacking)
        with database.engine.begin() as connection:
            rows = fill(connection)
        migrating.upgrade(database)
        migrating.check(database)
        with database.engine.connect() as connection:
            assert kept(connection, rows) == list(rows)
            if database.is_sqlite:
                assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    assert seen(url) == seen(fresh)


@pytest.mark.parametrize("revision", ["0001", "0002", "0003"])
def test_failures_in_a_row_are_parted_from_the_recent_ones(
    revision: str, new_database: NewDatabase
) -> None:
    """REL-15, AUT-05: one number held both until 0004."""
    with opened(new_database()) as database:
        migrating.upgrade(database, revision)
        with database.engine.begin() as connection:
            fill(connection)
            connection.execute(text("UPDATE lockouts SET failures = 99004"))
        migrating.upgrade(database)
        with database.engine.connect() as connection:
            parted = connection.execute(text("SELECT failures, in_a_row FROM lockouts")).all()
            assert parted == [(4, 99)]


def test_a_database_that_lacks_something_is_named(new_database: NewDatabase) -> None:
    with opened(new_database()) as database:
        migrating.upgrade(database)
        migrating.check(database)
        with database.engine.begin() as connection:
            connection.execute(text("ALTER TABLE users DROP COLUMN factors"))
            connection.execute(text("DROP TABLE recovery_codes"))
        with pytest.raises(migrating.DatabaseIncomplete) as told:
            migrating.check(database)
    for name in ("users.factors", "recovery_codes.mac", f"revision {migrating.head()}"):
        assert name in str(told.value)
    assert "users.sub" not in str(told.value)


@contextmanager
def failing_at(statement: int) -> Iterator[None]:
    """The process ends before it sends this statement of the migration, as by kill -9: what it
    began is not committed."""
    sent = 0

    def count(*_: Any) -> None:
        nonlocal sent
        sent += 1
        if sent == statement:
            raise KeyboardInterrupt

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", count)


@pytest.mark.parametrize("statement", [5, 12, 25, 40, 60])
def test_an_interrupted_migration_leaves_nothing_behind(
    statement: int, new_database: NewDatabase
) -> None:
    """REL-15"""
    with opened(new_database()) as database:
        with failing_at(statement), pytest.raises(KeyboardInterrupt):
            migrating.upgrade(database)
        with database.engine.connect() as connection:
            assert tables(connection) == set()
        assert migrating.upgrade(database)
        assert migrating.current(database) == migrating.head()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(
    new_database: NewDatabase,
) -> None:
    """REL-15"""
    url = new_database()
    with opened(url) as database:
        migrating.upgrade(database)
        before = seen(url)
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(migrating.DatabaseTooNew, match="revision 9999"):
            migrating.upgrade(database)
        assert migrating.current(database) == "9999"
    assert seen(url) == before


def test_servers_that_migrate_at_once_take_turns(new_database: NewDatabase, tmp_path: Path) -> None:
    """REL-15"""
    url, fresh = new_database(), new_database()
    build(fresh)
    processes = [
        subprocess.Popen(
            [*POOLHOUSE, "migrate", "--data-dir", str(tmp_path / f"data{number}")],
            env=environment({"POOLHOUSE_DATABASE_URL": url}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    ended = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    assert ended == [("", 0)] * 3
    assert seen(url) == seen(fresh)
