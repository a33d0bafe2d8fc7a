"""Which revision a database is at, and how it comes to the newest.

Alembic is imported only where something is to be done: a server that starts on a database of
its own revision asks one question.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.pool import NullPool

from poolhouse.storage.base import metadata
from poolhouse.storage.engine import Database

FOLDER = Path(__file__).parent / "migrations"
_NAMED = 5


class DatabaseTooNew(Exception):
    """The database was written by a newer Poolhouse; this one must not touch it."""


class DatabaseIncomplete(Exception):
    """The database lacks what its revision has; this code could not work with it."""


def head() -> str:
    """The newest revision of this code. Files are named `<revision>_<what>.py`, in order."""
    names = sorted(path.name for path in (FOLDER / "versions").glob("[0-9]*.py"))
    return names[-1].partition("_")[0]


def revisions() -> list[str]:
    return sorted(p.name.partition("_")[0] for p in (FOLDER / "versions").glob("[0-9]*.py"))


def current(database: Database) -> str | None:
    """The database's revision; None for an empty one."""
    with database.connection() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return row[0] if row else None


def upgrade(database: Database, to: str = "head") -> bool:
    """Brings the database to a revision, in one transaction; False where it is there already.

    Raises DatabaseTooNew, DatabaseIncomplete.
    """
    found = current(database)
    if found is not None and found not in revisions():
        raise DatabaseTooNew(
            f"The database is at revision {found}, which this version does not know (its newest "
            f"is {head()}). Start the Poolhouse that wrote it, or a newer one."
        )
    done = found != (head() if to == "head" else to)
    if done:
        _run(database, to)
    if to == "head":
        check(database)
    return done


def check(database: Database) -> None:
    """Compares the tables and columns of a database at the newest revision with those of the code,
    as far as its modules are imported. What a database has beyond them does not matter.

    Raises DatabaseIncomplete.
    """
    with database.connection() as connection:
        found = inspect(connection).get_multi_columns()
    there = {(table, column["name"]) for (_, table), columns in found.items() for column in columns}
    wanted = [(table.name, column.name) for table in metadata.sorted_tables for column in table.c]
    lacking = [f"{table}.{column}" for table, column in wanted if (table, column) not in there]
    if lacking:
        named = ", ".join(lacking[:_NAMED]) + (", …" if len(lacking) > _NAMED else "")
        raise DatabaseIncomplete(
            f"The database says that it is at revision {head()}, but lacks {named}. It was changed "
            "by hand, or restored in part: restore a whole copy of it."
        )


def _run(database: Database, to: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    engine = create_engine(database.url, poolclass=NullPool)
    if database.is_sqlite:
        # The driver would begin after the first write, and commit before each change of the
        # schema: an interrupted migration would stay half done.
        event.listen(engine, "connect", _no_implicit_transactions)
        event.listen(engine, "begin", _begin_immediate)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)
    engine.dispose()


def _no_implicit_transactions(raw, _record) -> None:  # type: ignore[no-untyped-def]
    raw.isolation_level = None
    raw.execute("PRAGMA busy_timeout = 20000")


def _begin_immediate(connection) -> None:  # type: ignore[no-untyped-def]
    connection.exec_driver_sql("BEGIN IMMEDIATE")
