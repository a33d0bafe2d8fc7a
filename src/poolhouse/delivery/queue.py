"""The statements of the outbox's rows once they are committed. Each is a transaction of its own,
and the row count decides which of several couriers has a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, or_, select, update

from poolhouse.delivery.letters import EMAIL
from poolhouse.storage.engine import Database
from poolhouse.storage.outbox import Message, messages

WAITING = "waiting"
SENT = "sent"
DEAD = "dead"

_t = messages.c
_DUE = (
    select(messages)
    .where(
        _t.status == WAITING,
        _t.medium == EMAIL,
        _t.due_at <= bindparam("now"),
        _t.leased_until < bindparam("now"),
    )
    .order_by(_t.due_at, _t.created_at)
    .limit(bindparam("count"))
)
_NEXT = select(func.min(_t.due_at)).where(_t.status == WAITING, _t.medium == EMAIL)
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
    .where(or_(bindparam("of") == "", _t.status == bindparam("of")))
    .order_by(_t.created_at.desc(), _t.id)
    .limit(bindparam("count"))
)
_CLEAR = delete(messages).where(_t.created_at < bindparam("before"))


class Queue:
    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, now: float, count: int) -> list[Message]:
        """E-mails whose turn it is and that nobody has leased, the longest waiting first."""
        return self._all(_DUE, now=now, count=count)

    def next_due(self) -> float | None:
        """When the next waiting e-mail is due; None where none waits."""
        with self._database.connection() as connection:
            found = connection.execute(_NEXT).scalar()
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

    def newest(self, status: str, count: int) -> list[Message]:
        """Of one status, or of all where it is empty."""
        return self._all(_LIST, of=status, count=count)

    def clear(self, before: float) -> int:
        """Removes what was written before this moment, sent or not."""
        return self._write(_CLEAR, before=before)

    def _all(self, statement: Any, **values: Any) -> list[Message]:
        with self._database.connection() as connection:
            rows: Sequence[Row[Any]] = connection.execute(statement, values).all()
        return [Message(**row._asdict()) for row in rows]

    def _write(self, statement: Any, **values: Any) -> int:
        with self._database.connection() as connection:
            return connection.execute(statement, values).rowcount
