"""The statements of the outbox's rows once they are committed. Each is a transaction of its own,
and the row count decides which of several couriers has a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, exists, func, or_, select, update

from poolhouse.storage.engine import Database
from poolhouse.storage.outbox import Message, messages

WAITING = "waiting"
SENT = "sent"
DEAD = "dead"
PRETENDED = "pretended"
"""Written to cost what a message costs. It is never sent, shown or counted."""

_t = messages.c
_DUE = (
    select(messages)
    .where(
        _t.status == WAITING,
        _t.medium == bindparam("by"),
        _t.due_at <= bindparam("now"),
        _t.leased_until < bindparam("now"),
    )
    .order_by(_t.due_at, _t.created_at)
    .limit(bindparam("count"))
)
_NEXT = select(func.min(_t.due_at)).where(_t.status == WAITING, _t.medium == bindparam("by"))
_CLAIM = (
    update(messages)
    .where(_t.id == bindparam("key"), _t.status == WAITING, _t.leased_until == bindparam("seen"))
    .values(leased_until=bindparam("until"), attempts=_t.attempts + 1)
)
_SETTLE = (
    update(messages)
    .where(_t.id == bindparam("key"), _t.status == WAITING, _t.leased_until == bindparam("seen"))
    .values(
        status=bindparam("becomes"),
        due_at=bindparam("again_at"),
        trouble=bindparam("why"),
        leased_until=0.0,
    )
)
_BY_ID = select(messages).where(_t.id == bindparam("key"))
_LIST = (
    select(messages)
    .where(
        or_(bindparam("of") == "", _t.status == bindparam("of")),
        or_(bindparam("by") == "", _t.medium == bindparam("by")),
        _t.status != PRETENDED,
    )
    .order_by(_t.created_at.desc(), _t.id)
    .limit(bindparam("count"))
)
_CLEAR = delete(messages).where(
    or_(
        _t.created_at < bindparam("before"),
        and_(_t.status == PRETENDED, _t.created_at < bindparam("soon_before")),
    )
)
_newer = messages.alias("newer")
_AGAIN = (
    update(messages)
    .where(
        or_(bindparam("only") == "", _t.id == bindparam("only")),
        _t.status == DEAD,
        _t.expires_at > bindparam("now"),
        # A newer message on the topic has made this one's code useless.
        ~exists().where(
            _t.topic != "", _newer.c.topic == _t.topic, _newer.c.created_at > _t.created_at
        ),
    )
    .values(status=WAITING, attempts=0, due_at=bindparam("now"), leased_until=0.0, trouble="")
)
_COUNTS = (
    select(_t.medium, _t.status, func.count().label("number"))
    .where(_t.status.in_((WAITING, DEAD)))
    .group_by(_t.medium, _t.status)
)


class Queue:
    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, medium: str, now: float, count: int) -> list[Message]:
        """Messages whose turn it is and that nobody has leased, the longest waiting first."""
        return self._all(_DUE, by=medium, now=now, count=count)

    def next_due(self, medium: str) -> float | None:
        """When the next waiting message is due; None where none waits."""
        with self._database.connection() as connection:
            found = connection.execute(_NEXT, {"by": medium}).scalar()
        return None if found is None else float(found)

    def claim(self, message: Message, until: float) -> bool:
        """Takes the message as it was read, until that moment; False where another did."""
        return self._write(_CLAIM, key=message.id, seen=message.leased_until, until=until) == 1

    def settle(
        self, message_id: str, leased_until: float, status: str, *, due_at: float, trouble: str
    ) -> bool:
        """Writes down what became of a message that is still leased; False where it is not."""
        settled = self._write(
            _SETTLE,
            key=message_id,
            seen=leased_until,
            becomes=status,
            again_at=due_at,
            why=trouble,
        )
        return settled == 1

    def find(self, message_id: str) -> Message | None:
        return next(iter(self._all(_BY_ID, key=message_id)), None)

    def newest(self, status: str, count: int, medium: str = "") -> list[Message]:
        """Of one status and medium, or of all where they are empty."""
        return self._all(_LIST, of=status, by=medium, count=count)

    def retry(self, message_id: str, now: float) -> int:
        """Has a dead message, or all of them where the id is empty, tried again as if it were
        new; the number of them. What has expired or was replaced stays dead."""
        return self._write(_AGAIN, only=message_id, now=now)

    def counts(self) -> dict[tuple[str, str], int]:
        """Messages by medium and status, waiting and dead ones only."""
        with self._database.connection() as connection:
            rows = connection.execute(_COUNTS).all()
        return {(row.medium, row.status): row.number for row in rows}

    def clear(self, before: float, soon_before: float) -> int:
        """Removes what was written before this moment, sent or not, and what was only pretended
        before the second."""
        return self._write(_CLEAR, before=before, soon_before=soon_before)

    def _all(self, statement: Any, **values: Any) -> list[Message]:
        with self._database.connection() as connection:
            rows: Sequence[Row[Any]] = connection.execute(statement, values).all()
        return [Message(**row._asdict()) for row in rows]

    def _write(self, statement: Any, **values: Any) -> int:
        with self._database.writing(), self._database.connection() as connection:
            return connection.execute(statement, values).rowcount
