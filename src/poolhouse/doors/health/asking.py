"""Questions that may take long, asked so that nobody who waits for the answer can pile up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

log = logging.getLogger("poolhouse.health")


class Question(Generic[T]):
    """A blocking question, asked in a thread by one caller at a time: whoever comes meanwhile
    shares the answer, so a database that hangs holds one thread, however often it is probed."""

    def __init__(self, ask: Callable[[], T], patience: float) -> None:
        self._ask = ask
        self._patience = patience
        self._asked: asyncio.Future[T | None] | None = None

    async def answer(self) -> T | None:
        """None where there was an error, or no answer within `patience` seconds."""
        asked = self._asked
        if asked is None or asked.done():
            asked = asyncio.get_running_loop().run_in_executor(None, self._safely)
            self._asked = asked
        await asyncio.wait({asked}, timeout=self._patience)
        return asked.result() if asked.done() else None

    def _safely(self) -> T | None:
        try:
            return self._ask()
        except Exception as error:
            # The text of a database error may hold values: only its class is logged.
            log.warning("a health question failed: %s", type(error).__name__)
            return None
