"""An event loop in a thread of its own, for what must end at a given moment: a blocking client has
no limit for a whole call, and none at all for the search of a name."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from poolhouse.triggers.failures import NotReached

T = TypeVar("T")
_NAMES_AT_ONCE = 40
_GRACE = 1.0


class Loop:
    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._running: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def run(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        """Its result, within so many seconds. Raises TimeoutError, or what it raised."""
        try:
            loop = self._started()
        except NotReached:
            work.close()
            raise
        future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, seconds), loop)
        try:
            return future.result(seconds + _GRACE)
        finally:
            future.cancel()

    def close(self, end: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Has `end` done, then stops for good."""
        with self._lock:
            self._closed = True
            loop, thread = self._running, self._thread
        if loop is None or thread is None or not thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(end(), loop).result(_GRACE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_GRACE)

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._closed:
                raise NotReached("ServiceException")
            if self._running is None:
                self._running = loop = asyncio.new_event_loop()
                loop.set_default_executor(
                    ThreadPoolExecutor(_NAMES_AT_ONCE, thread_name_prefix="names")
                )
                self._thread = threading.Thread(
                    target=self._work, args=(loop,), name=self._name, daemon=True
                )
                self._thread.start()
            return self._running

    @staticmethod
    def _work(loop: asyncio.AbstractEventLoop) -> None:
        try:
            loop.run_forever()
        finally:
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()
