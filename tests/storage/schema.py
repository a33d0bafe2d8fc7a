"""What a database looks like inside, as a value that can be compared; and rows to fill it with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, inspect, text
from sqlalchemy.types import Boolean, Float, Integer, LargeBinary

from poolhouse.storage import migrating
from poolhouse.storage.engine import Database

Look = dict[str, list[tuple[Any, ...]]]

_POSTGRESQL = {
    "columns": """
        SELECT table_name, column_name, data_type, is_nullable, collation_name, column_default
        FROM information_schema.columns WHERE table_schema = 'public'""",
    "indexes": "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'""",
}
_SQLITE = {
    "columns": """
        SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk
        FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table'""",
    "indexes": """
        SELECT m.name, i.name, i."unique", i.partial, x.seqno, x.name,
               substr(s.sql, instr(upper(s.sql), ' WHERE '))
        FROM sqlite_master m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) x
        LEFT JOIN sqlite_master s ON s.name = i.name AND i.partial WHERE m.type = 'table'""",
    "references": """
        SELECT m.name, f."table", group_concat(f."from" || ' to ' || f."to"), f.on_delete
        FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
        GROUP BY m.name, f.id""",
}


def look(connection: Connection) -> Look:
    """Tables, columns, indexes and constraints, in the database's own words and any order."""
    queries = _POSTGRESQL if connection.dialect.name == "postgresql" else _SQLITE
    found = {}
    for subject, query in queries.items():
        rows = [tuple(row) for row in connection.execute(text(query))]
        mine = [row for row in rows if "alembic_version" not in str(row[0])]
        found[subject] = sorted(mine, key=repr)
    return found


def fill(connection: Connection) -> dict[str, dict[str, Any]]:
    """One row in every table there is, with every column set; the rows by table."""
    metadata = MetaData()
    metadata.reflect(connection)
    rows: dict[str, dict[str, Any]] = {}
    for table in metadata.sorted_tables:
        if table.name != "alembic_version":
            rows[table.name] = _row(table, rows)
            connection.execute(table.insert().values(rows[table.name]))
    return rows


def _row(table: Table, rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    row = {column.name: _value(table, column) for column in table.columns}
    for constraint in table.foreign_key_constraints:
        for element in constraint.elements:
            parent, _, name = element.target_fullname.partition(".")
            row[element.parent.name] = rows[parent][name]
    return row


_VALUES: tuple[tuple[type, Callable[[str], Any]], ...] = (
    (Boolean, lambda _: True),
    (Integer, len),
    (Float, lambda name: len(name) + 0.5),
    (LargeBinary, lambda name: name.encode()),
)


def _value(table: Table, column: Column[Any]) -> Any:
    name = f"{table.name}.{column.name}"
    for kind, value in _VALUES:
        if isinstance(column.type, kind):
            return value(name)
    # Text may be JSON, and a migration may read it; keys are plain words.
    return f'"{name}"' if str(column.type).upper() == "TEXT" else name


def kept(connection: Connection, rows: dict[str, dict[str, Any]]) -> list[str]:
    """The tables of `rows` whose row is still there, in every column that still is."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [
        name
        for name, row in rows.items()
        if name in metadata.tables and _is_kept(connection, metadata.tables[name], row)
    ]


def _is_kept(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    found = [dict(each._mapping) for each in connection.execute(table.select())]
    shared = [name for name in row if name in table.columns]
    wanted = {name: row[name] for name in shared}
    return wanted in [{name: each[name] for name in shared} for each in found]


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


# What 0001 did not have yet in its first days, newest first: the commit that brought it came later.
EARLY = {
    "factors": ["ALTER TABLE users DROP COLUMN factors"],
    "merged_into": ["DROP INDEX ix_identities_merged_into"],
    "topic": ["DROP INDEX ix_messages_topic", "ALTER TABLE messages DROP COLUMN topic"],
}


def made_early(database: Database, revision: str, lacking: int) -> None:
    """An empty database at a revision that began with a 0001 which lacked that much."""
    migrating.upgrade(database, "0001")
    with database.engine.begin() as connection:
        for statement in [each for lack in list(EARLY.values())[:lacking] for each in lack]:
            connection.execute(text(statement))
    migrating.upgrade(database, revision)
