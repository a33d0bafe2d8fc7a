"""Connections: lent, taken back, replaced when the database was away."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import JSON, Select, bindparam, literal_column, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from poolhouse.storage.engine import Database, is_unavailable
from tests.support.postgres import Durable

NewDatabase = Callable[[], str]
ONE = text("SELECT 1")


def ask(database: Database) -> int:
    with database.connection() as connection:
        found: int = connection.execute(ONE).scalar_one()
        return found


def warm(database: Database, count: int) -> None:
    """So many connections lie idle afterwards."""
    leases = [database.lease() for _ in range(count)]
    for connection in leases:
        database.give_back(connection)


def test_after_a_restart_of_postgresql_every_connection_is_replaced(
    durable_postgres: Durable,
) -> None:
    """REL-08: the first to notice throws all idle ones away, so that only one request fails."""
    database = Database(durable_postgres.database())
    warm(database, 8)
    durable_postgres.restart()
    with pytest.raises(DBAPIError) as failed:
        ask(database)
    assert is_unavailable(failed.value)
    assert [ask(database) for _ in range(10)] == [1] * 10
    durable_postgres.stop()
    for _ in range(40):  # more than may be open at once: a failed loan is given back
        with pytest.raises(DBAPIError) as failed:
            ask(database)
        assert is_unavailable(failed.value)
    durable_postgres.restart()
    assert ask(database) == 1
    database.close()


def test_more_threads_than_connections_all_get_their_turn(new_database: NewDatabase) -> None:
    database = Database(new_database(), most=3)
    barrier = Barrier(20)

    def work(_: int) -> int:
        barrier.wait()
        return sum(ask(database) for _ in range(20))

    with ThreadPoolExecutor(20) as threads:
        assert list(threads.map(work, range(20))) == [20] * 20
    database.close()


def test_a_lost_connection_makes_room_for_another(new_database: NewDatabase) -> None:
    database = Database(new_database(), most=1)
    for _ in range(3):
        with pytest.raises(DBAPIError), database.connection() as connection:
            connection.execute(text("SELECT * FROM nothing"))
    assert ask(database) == 1
    database.close()


@pytest.mark.parametrize("given", [{"who": "canary"}, {"who": "canary", "n": object()}])
def test_an_error_tells_nothing_of_what_the_statement_was_given(
    new_database: NewDatabase, given: dict[str, object]
) -> None:
    """LOG-01: jobs and commands may log it, whether the database refused or the values."""
    database = Database(new_database())
    wrong: Select[Any] = select(literal_column("x")).where(
        bindparam("who", type_=JSON) == bindparam("n", 1, type_=JSON)
    )
    told = pytest.raises((StatementError, TypeError))  # psycopg's own, where it writes JSON
    with told as caught, database.connection() as connection:
        connection.execute(wrong.select_from(text("nothing")), given)
    assert "canary" not in str(caught.value)
    database.close()


def test_what_a_discarded_connection_had_begun_is_undone(new_database: NewDatabase) -> None:
    database = Database(new_database())
    with database.connection() as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
    connection = database.lease()
    connection.exec_driver_sql("BEGIN")
    connection.execute(text("INSERT INTO t VALUES (1)"))
    database.discard(connection)
    with database.connection() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 0
    database.close()


def test_a_commit_on_sqlite_is_on_the_disk_before_it_is_answered(tmp_path: Path) -> None:
    """REL-01, REL-02: that is not SQLite's default in every build."""
    database = Database(f"sqlite:///{tmp_path / 'one.db'}")
    with database.connection() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    database.close()
