"""Every statement of the record of calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, delete, insert, or_, select
from sqlalchemy.exc import DBAPIError

from poolhouse.contract.shape import Refused
from poolhouse.storage.engine import Database
from poolhouse.storage.prepared import execute
from poolhouse.triggers.rows import FunctionCall, function_calls

KEPT_FOR = 86_400.0
"""Seconds."""
KEPT_AT_MOST = 10_000

_t = function_calls.c
_NEWEST = (
    select(function_calls)
    .where(or_(bindparam("of") == "", _t.arn == bindparam("of")))
    .order_by(_t.at.desc(), _t.id)
    .limit(bindparam("count"))
)
_OLDEST_KEPT = select(_t.at).order_by(_t.at.desc()).offset(bindparam("kept")).limit(1)
_CLEAR = delete(function_calls).where(
    or_(_t.at < bindparam("before"), and_(_t.at <= _OLDEST_KEPT.scalar_subquery()))
)


class CallsUnwritten(Exception):
    """The database did not take them; the name of why."""


class FunctionCalls:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """In one statement, so that many calls cost one write. Raises CallsUnwritten."""
        try:
            with self._database.writing(), self._database.connection() as connection:
                connection.execute(insert(function_calls).values(list(rows)))
        except (DBAPIError, Refused) as error:
            raise CallsUnwritten(type(error).__name__) from None

    def newest(self, arn: str = "", count: int = 20) -> Sequence[FunctionCall]:
        with self._database.connection() as connection:
            rows = execute(connection, _NEWEST, {"of": arn, "count": count}).rows
        return [FunctionCall(r.at, r.arn, r.source, r.outcome, r.seconds) for r in rows]

    def clear(self, now: float) -> int:
        """Removes what is older than `KEPT_FOR`, and all but the newest `KEPT_AT_MOST`."""
        values = {"before": now - KEPT_FOR, "kept": KEPT_AT_MOST}
        with self._database.writing(), self._database.connection() as connection:
            return execute(connection, _CLEAR, values).count
