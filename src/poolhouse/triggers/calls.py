"""The last calls, for whoever wonders why a sign-in failed. Written behind the calls, by a thread
of its own: where it cannot keep up, the record has gaps and the calls do not wait."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, insert, or_, select
from sqlalchemy.exc import DBAPIError

from poolhouse import ids
from poolhouse.contract.shape import Refused
from poolhouse.storage.engine import Database
from poolhouse.storage.prepared import execute
from poolhouse.triggers.rows import function_calls

KEPT_FOR = 86_400.0
_WAITING_AT_MOST = 1000

_t = function_calls.c
_ADD = insert(function_calls)
_NEWEST = (
    select(function_calls)
    .where(or_(bindparam("of") == "", _t.arn == bindparam("of")))
    .order_by(_t.at.desc(), _t.id)
    .limit(bindparam("count"))
)
_CLEAR = delete(function_calls).where(_t.at < bindparam("before"))

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """`at` in epoch seconds; `outcome` is `answered`, `refused`, or an error's name."""

    at: float
    arn: str
    source: str
    outcome: str
    seconds: float


class Calls:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: queue.Queue[dict[str, object] | None] = queue.Queue(_WAITING_AT_MOST)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, at: float, arn: str, source: str, outcome: str, seconds: float) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="calls", daemon=True)
                self._thread.start()
        row = {
            "id": ids.random_uuid(),
            "at": at,
            "arn": arn,
            "source": source,
            "outcome": outcome,
            "seconds": seconds,
        }
        try:
            self._queue.put_nowait(row)
        except queue.Full:
            return

    def newest(self, arn: str = "", count: int = 20) -> Sequence[FunctionCall]:
        with self._database.connection() as connection:
            rows = execute(connection, _NEWEST, {"of": arn, "count": count}).rows
        return [FunctionCall(r.at, r.arn, r.source, r.outcome, r.seconds) for r in rows]

    def clear(self, now: float) -> int:
        """Removes what is older than `KEPT_FOR`."""
        with self._database.connection() as connection:
            return execute(connection, _CLEAR, {"before": now - KEPT_FOR}).count

    def close(self) -> None:
        """Writes what waits, for at most a moment."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(2)

    def _write(self) -> None:
        while (row := self._queue.get()) is not None:
            try:
                with self._database.connection() as connection:
                    execute(connection, _ADD, row)
            except (DBAPIError, Refused) as error:
                log.warning("a call could not be recorded: %s", type(error).__name__)
