"""The unit of work: one operation, one transaction. Nothing else in the house commits.

Reads run in autocommit on a connection lent for the statement, so a unit that only reads
never opens a transaction and holds nothing while it waits for a hash or a call out. The
first write opens the transaction and keeps its connection until the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.exc import DBAPIError

from poolhouse.storage import outbox
from poolhouse.storage.base import values_of
from poolhouse.storage.engine import Database, begin, is_gone, patiently, unsynchronized
from poolhouse.storage.prepared import Outcome, control, execute

# A named tuple; its fields are the columns of the statement.
AnyRow = Any


class Rushed(BaseException):
    """A unit that was to be quick is about to write: begin it again where it may wait. Not an
    Exception, so that nothing takes it for a refusal."""


class Overtaken(Exception):
    """Another unit was first, in a way that no constraint tells: decide once more. A refusal that
    is one of these too is the answer where that does not help."""


class Unit:
    """Statements of one operation. Use as a context manager: it commits where nothing was
    raised and rolls back where something was; notes are kept either way."""

    def __init__(self, database: Database, *, quick: bool = False) -> None:
        """A `quick` unit only reads; its first write raises Rushed."""
        self._database = database
        self._quick = quick
        self._connection: Connection | None = None
        self._notes: list[tuple[Executable, dict[str, Any]]] = []
        self._afterwards: list[Callable[[], None]] = []
        self.announced = False
        self.concealed = False

    # reading ---------------------------------------------------------------------------
    def one(self, statement: Executable, **values: Any) -> AnyRow | None:
        """The first row, or None."""
        rows = self._run(statement, values, most=1).rows
        return rows[0] if rows else None

    def all(self, statement: Executable, **values: Any) -> Sequence[AnyRow]:
        return self._run(statement, values).rows

    def _run(self, statement: Executable, values: dict[str, Any], most: int = 0) -> Outcome:
        """In the transaction where one is open, else on a connection lent for the statement."""
        if self._connection is not None:
            return execute(self._connection, statement, values, most=most)
        return self._lent(statement, values, most=most)

    def _lent(
        self, statement: Executable, values: dict[str, Any], *, most: int = 0, lasting: bool = True
    ) -> Outcome:
        connection = self._database.lease()
        try:
            outcome = patiently(partial(_once, connection, statement, values, most, lasting))
        except BaseException as error:
            self._database.discard(connection, gone=is_gone(error))
            raise
        self._database.give_back(connection)
        return outcome

    # writing ---------------------------------------------------------------------------
    def begin(self) -> None:
        """Opens the transaction, where a read must already be part of it: read, decide, write.
        On SQLite no other writer moves from here; on PostgreSQL lock the row you read."""
        if self._connection is None:
            self._may_wait()
            self._database.lock_writes()
            try:
                self._connection = self._begun()
            except BaseException:
                self._database.unlock_writes()
                raise

    def _begun(self) -> Connection:
        connection = self._database.lease()
        try:
            begin(connection)
        except BaseException as error:
            self._database.discard(connection, gone=is_gone(error))
            raise
        return connection

    def write(self, statement: Executable, **values: Any) -> int:
        """Executes inside the transaction. The number of rows: it decides every race."""
        self.begin()
        return self._run(statement, values).count

    def write_many(self, statement: Executable, rows: list[dict[str, Any]]) -> None:
        if rows:
            self.begin()
            assert self._connection is not None
            self._connection.execute(statement, rows)

    def returning(self, statement: Executable, **values: Any) -> AnyRow | None:
        """A write that answers a row (INSERT, UPDATE or DELETE … RETURNING), or None."""
        self.begin()
        return self.one(statement, **values)

    def at_once(self, statement: Executable, **values: Any) -> int:
        """Commits this one write now, whatever becomes of the unit: counting an attempt before
        it is judged, taking a thing that even a wrong answer spends."""
        return self._at_once(statement, values).count

    def at_once_for_now(self, statement: Executable, **values: Any) -> int:
        """The same for what counts while this process and its siblings live: a machine that loses
        power may forget it, so nobody is told of it but by a later write."""
        return self._at_once(statement, values, lasting=False).count

    def returned_at_once(self, statement: Executable, **values: Any) -> AnyRow | None:
        """The same for a write that answers a row (… RETURNING): what this very write left, which
        a read after it may find changed by others."""
        # To the end: that is when SQLite commits it.
        rows = self._at_once(statement, values).rows
        return rows[0] if rows else None

    def _at_once(
        self, statement: Executable, values: dict[str, Any], *, lasting: bool = True
    ) -> Outcome:
        self.outside()
        with self._database.writing():
            return self._lent(statement, values, lasting=lasting)

    def note(self, statement: Executable, **values: Any) -> None:
        """A write that is kept whether the operation succeeds or is refused."""
        self._may_wait()
        self._notes.append((statement, values))

    def afterwards(self, act: Callable[[], None]) -> None:
        """Done once the unit is kept. What it raises is the answer, and undoes nothing."""
        self._may_wait()
        self._afterwards.append(act)

    def announce(self, message: outbox.Message) -> None:
        """Rides the commit: leaves after it, at least once, or not at all. What still waits on
        the same topic does not leave any more."""
        if message.topic:
            self.write(outbox.SUPERSEDE, about=message.topic, now=message.created_at)
        self.write(outbox.ADD, **values_of(message))
        self.announced = True

    def outside(self) -> None:
        """Guards what takes long (a hash, a call out): it must not hold a transaction, and a
        quick unit has no time for it."""
        self._may_wait()
        if self._connection is not None:
            raise RuntimeError("A transaction is open: hash, call out and count before writing.")

    def conceal(self) -> None:
        """The answer does not tell who exists, and its time shall not either: it leaves on the
        next tick (see `perform`)."""
        self._may_wait()
        self.concealed = True

    def _may_wait(self) -> None:
        if self._quick:
            raise Rushed

    # ending ----------------------------------------------------------------------------
    def __enter__(self) -> Unit:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._finish("COMMIT" if kind is None else "ROLLBACK")
        finally:
            self._keep_notes()
        if kind is None:
            for act in self._afterwards:
                act()

    def _finish(self, ending: str) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            control(connection, ending)
        except DBAPIError as error:
            self._database.discard(connection, gone=is_gone(error))
            if ending == "COMMIT":
                raise
            return
        finally:
            self._database.unlock_writes()
        self._database.give_back(connection)

    def _keep_notes(self) -> None:
        notes, self._notes = self._notes, []
        for statement, values in notes:
            self.at_once(statement, **values)


def _once(
    connection: Connection, statement: Executable, values: dict[str, Any], most: int, lasting: bool
) -> Outcome:
    """Outside any transaction; `lasting` where it waits for the disk."""
    if lasting:
        return execute(connection, statement, values, most=most)
    with unsynchronized(connection):
        return execute(connection, statement, values, most=most)
