"""A Core statement compiled once for its database, then executed on the driver's own cursor.

Rooms write SQLAlchemy Core; SQLAlchemy compiles it, types its parameters and names its columns,
once. Only what it would do again at each execution is left out, which is three quarters of the
cost of a small statement (`bench/`). Statements that expand at execution (`IN` with a bound list)
are executed by SQLAlchemy as ever.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

Converter = Callable[[Any], Any]
_MOST = 4096
_prepared: dict[tuple[int, str, tuple[str, ...]], Prepared | None] = {}
_kept: list[Executable] = []


class Prepared:
    """The text of a statement, and how its values and its columns are converted."""

    def __init__(self, compiled: SQLCompiler, dialect: Dialect) -> None:
        self.text = str(compiled)
        self._dialect = dialect
        converters = cast(Mapping[str, Converter], compiled._bind_processors)
        names = compiled.positiontup if compiled.positional else list(compiled.params)
        fixed = {n: v for n, v in compiled.params.items() if not compiled.binds[n].required}
        self._names = list(names or ())
        self._binds = [(name, converters.get(name)) for name in self._names]
        self._fixed = fixed
        self._positional = compiled.positional
        columns = compiled._result_columns or ()
        row: Any = namedtuple("Row", [c.keyname for c in columns], rename=True)  # type: ignore[misc]
        self._row = row._make
        self._types = [c.type for c in columns]
        self.returns_rows = bool(columns)
        self._columns: list[Converter | None] | None = None

    def values(self, given: Mapping[str, Any]) -> Any:
        """The parameters as the driver takes them. A value that is missing is an error."""
        every = {**self._fixed, **given} if self._fixed else given
        values = [convert(every[n]) if convert else every[n] for n, convert in self._binds]
        return values if self._positional else dict(zip(self._names, values, strict=True))

    def rows(self, raw: Sequence[Sequence[Any]], cursor: Any) -> list[Any]:
        """The rows as named tuples. How columns are converted shows with the first result; later
        ones are not asked for it, because describing costs a driver more than fetching."""
        if self._columns is None:
            pairs = zip(self._types, cursor.description, strict=True)
            self._columns = [t._cached_result_processor(self._dialect, d[1]) for t, d in pairs]
            if not any(self._columns):
                self._columns = []
        columns = self._columns
        if not columns:
            return [self._row(row) for row in raw]
        return [
            self._row([convert(v) if convert else v for convert, v in zip(columns, row)])  # noqa: B905
            for row in raw
        ]


def prepare(statement: Executable, dialect: Dialect, given: Mapping[str, Any]) -> Prepared | None:
    """The prepared form for these parameter names; None for a statement that needs SQLAlchemy."""
    key = id(statement), dialect.name, tuple(given)
    try:
        return _prepared[key]
    except KeyError:
        pass
    compiled = cast(Any, statement).compile(dialect=_written_for(dialect), column_keys=list(given))
    plain = isinstance(compiled, SQLCompiler) and not compiled.post_compile_params
    found = Prepared(compiled, dialect) if plain else None
    if len(_prepared) < _MOST:
        # The statement is kept, so that no other can come to have its id.
        _kept.append(statement)
        _prepared[key] = found
    return found


@cache
def _written_for(dialect: Dialect) -> Dialect:
    """PostgreSQL's own placeholders, `$1`: the driver need not look for others in the text."""
    if dialect.name != "postgresql":
        return dialect
    return cast(Any, type(dialect))(paramstyle="numeric_dollar")  # type: ignore[no-any-return]


def _cursor_of(connection: Connection) -> Any:
    """One that takes the text as it is written for the database."""
    raw: Any = connection.connection.dbapi_connection
    dialect = connection.dialect
    if dialect.name == "postgresql":
        return cast(Any, dialect).loaded_dbapi.RawCursor(raw)
    return raw.cursor()


class Outcome:
    """What came of a statement: rows, and how many rows it touched."""

    __slots__ = ("count", "rows")

    def __init__(self, rows: list[Any], count: int) -> None:
        self.rows = rows
        self.count = count


def execute(
    connection: Connection, statement: Executable, given: Mapping[str, Any], *, most: int = 0
) -> Outcome:
    """Executes, converts and answers the rows: all, or the first `most`.

    Raises SQLAlchemy's DBAPIError, as SQLAlchemy would.
    """
    dialect = connection.dialect
    prepared = prepare(statement, dialect, given)
    if prepared is None:
        result = connection.execute(statement, dict(given))
        rows = list(result.fetchmany(most) if most else result) if result.returns_rows else []
        return Outcome(rows, result.rowcount)
    values = prepared.values(given)
    cursor = _cursor_of(connection)
    try:
        cursor.execute(prepared.text, values)
        rows = []
        if prepared.returns_rows:
            raw = [cursor.fetchone()] if most == 1 else cursor.fetchall()
            rows = prepared.rows([row for row in raw if row is not None], cursor)
        return Outcome(rows, cursor.rowcount)
    except cast(Any, dialect).loaded_dbapi.Error as error:
        raise _told(connection, cursor, prepared.text, error) from error
    finally:
        cursor.close()


def control(connection: Connection, text: str) -> None:
    """A statement that is the same on both databases and takes nothing, as COMMIT. Raises
    DBAPIError."""
    cursor = _cursor_of(connection)
    try:
        cursor.execute(text)
    except cast(Any, connection.dialect).loaded_dbapi.Error as error:
        raise _told(connection, cursor, text, error) from error
    finally:
        cursor.close()


def _told(connection: Connection, cursor: Any, text: str, error: Exception) -> DBAPIError:
    """The driver's error as SQLAlchemy tells it."""
    dialect: Any = connection.dialect
    return DBAPIError.instance(  # type: ignore[return-value]
        text,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=dialect.is_disconnect(error, connection.connection, cursor),
        dialect=dialect,
    )
