"""The last calls, for whoever wonders why a sign-in failed. Written behind the calls, by a thread
of its own: where it cannot keep up, the record has gaps and the calls do not wait."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from poolhouse import ids
from poolhouse.storage.engine import Database
from poolhouse.triggers.rows import FunctionCall
from poolhouse.triggers.store import CallsUnwritten, FunctionCalls

_WAITING_AT_MOST = 1000
_AT_A_TIME = 50
_ENDING = 2.0

log = logging.getLogger(__name__)


class Calls:
    def __init__(self, database: Database) -> None:
        self._store = FunctionCalls(database)
        self._queue: queue.Queue[dict[str, Any] | None] = queue.Queue(_WAITING_AT_MOST)
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
        with suppress(queue.Full):
            self._queue.put_nowait(row)

    def newest(self, arn: str = "", count: int = 20) -> Sequence[FunctionCall]:
        return self._store.newest(arn, count)

    def clear(self, now: float) -> int:
        return self._store.clear(now)

    def close(self) -> None:
        """Writes what waits, for at most a moment."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            with suppress(queue.Full):
                self._queue.put(None, timeout=_ENDING)
            thread.join(_ENDING)

    def _write(self) -> None:
        more = True
        while more:
            rows = [self._queue.get()]
            with suppress(queue.Empty):
                while len(rows) < _AT_A_TIME and rows[-1] is not None:
                    rows.append(self._queue.get_nowait())
            more = rows[-1] is not None
            found = [row for row in rows if row is not None]
            try:
                if found:
                    self._store.add(found)
            except CallsUnwritten as error:
                log.warning("%d calls could not be recorded: %s", len(found), error)
