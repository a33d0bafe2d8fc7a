"""The other side of `processes`: a process that calls one Python function, event by event.

Run as `python -m poolhouse.triggers.running module:function folder`. It answers on the descriptor
that standard output was; what the function prints goes to standard error. It ends, whatever it is
at, when the server does.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any

from poolhouse.clock import Clock

Lines = queue.SimpleQueue[tuple[dict[str, Any], bytes]]


@dataclass(frozen=True)
class Context:
    """Of Lambda's context object, what means something here."""

    aws_request_id: str
    invoked_function_arn: str
    _until: float = field(repr=False)
    _clock: Clock = field(default_factory=Clock, repr=False)

    @property
    def function_name(self) -> str:
        return self.invoked_function_arn.split(":", 6)[-1].partition(":")[0]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._until - self._clock.elapsed()) * 1000))


def main() -> None:
    target, folder = sys.argv[1:3]
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a descriptor is wanted
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    lines: Lines = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked, lines), daemon=True).start()
    sys.path.append(folder)
    try:
        handler = _loaded(target)
    except Exception as error:  # noqa: BLE001 - whatever keeps it from loading is told
        _tell(answers, {"error": str(error) or type(error).__name__})
        return
    _tell(answers, {"ready": True})
    while True:
        _perform(handler, answers, *lines.get())


def _loaded(target: str) -> Callable[[Any, Context], Any]:
    """Failing in the words of Lambda's runtime for Python."""
    module, _, function = target.partition(":")
    try:
        found = getattr(importlib.import_module(module), function, None)
    except ImportError as error:
        raise ImportError(f"Unable to import module '{module}': {error}") from None
    if not callable(found):
        raise AttributeError(f"Handler '{function}' missing on module '{module}'")
    handler: Callable[[Any, Context], Any] = found
    return handler


def _perform(
    handler: Callable[[Any, Context], Any], answers: IO[bytes], head: dict[str, Any], event: bytes
) -> None:
    me, clock = os.getpid(), Clock()
    context = Context(head["id"], head["arn"], clock.elapsed() + head["left"])
    told: dict[str, Any] = {"id": head["id"]}
    try:
        told["answer"] = handler(json.loads(event), context)
    except Exception as error:  # noqa: BLE001 - the function's own, as Lambda tells it
        told["error"] = str(error) or type(error).__name__
    if os.getpid() != me:
        os._exit(0)  # a fork that came home: its parent answers
    _tell(answers, told)


def _tell(answers: IO[bytes], told: dict[str, Any]) -> None:
    try:
        text = json.dumps(told)
    except (TypeError, ValueError, RecursionError):
        text = json.dumps({"id": told.get("id")})
    answers.write(text.encode() + b"\n")
    answers.flush()


def _listen(asked: IO[bytes], lines: Lines) -> None:
    """Until the server is gone; then nobody wants an answer."""
    for head in asked:
        lines.put((json.loads(head), asked.readline()))
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main()
