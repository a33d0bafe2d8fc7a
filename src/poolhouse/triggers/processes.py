"""Python callables of the operator, each in processes of its own: they can neither block nor
crash the server, nor read its secrets from the environment."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

from poolhouse.clock import Clock
from poolhouse.triggers.failures import TIMED_OUT, FunctionFailed, NotJson, NotReached

MOST_OCTETS = 6 * 1024 * 1024
_STARTING = 10.0
_IDLE_AT_MOST = 4


class _Process:
    def __init__(self, target: str, clock: Clock) -> None:
        self._clock = clock
        environment = {k: v for k, v in os.environ.items() if not k.startswith("POOLHOUSE_")}
        self._process = subprocess.Popen(  # noqa: S603 - the operator's own module
            [sys.executable, "-m", "poolhouse.triggers.running", target],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        self._rest = b""
        if "lost" in (told := self._read(_STARTING)):
            self.end()
            raise NotReached(f"Runtime.ImportModuleError ({told['lost']})")

    def ask(self, line: bytes, patience: float) -> dict[str, Any]:
        """Raises NotReached; the process is of no more use then."""
        try:
            self._to.write(line + b"\n")
            self._to.flush()
        except OSError:
            raise NotReached("Runtime.ExitError", again=True) from None
        return self._read(patience)

    def _read(self, patience: float) -> dict[str, Any]:
        until = self._clock.elapsed() + patience
        parts = [self._rest]
        size = len(self._rest)
        while b"\n" not in parts[-1]:
            left = until - self._clock.elapsed()
            if left <= 0 or not select.select([self._from], [], [], left)[0]:
                raise NotReached(TIMED_OUT, again=True)
            part = os.read(self._from.fileno(), 65_536)
            size += len(part)
            if not part:
                raise NotReached("Runtime.ExitError")
            if size > MOST_OCTETS:
                raise NotReached("ResponseSizeTooLarge")
            parts.append(part)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._to, self._from):
            with suppress(OSError):
                pipe.close()


class Processes:
    """Idle processes by target. One is begun where all are at work, and ended where it did not
    answer in time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: dict[str, list[_Process]] = {}

    def call(self, target: str, body: bytes, patience: float) -> Any:
        """What the function returns. Raises FunctionFailed, NotReached, NotJson."""
        with self._lock:
            idle = self._idle.setdefault(target, [])
            process = idle.pop() if idle else None
        process = process or _Process(target, self._clock)
        try:
            told = process.ask(body, patience)
        except BaseException:
            process.end()
            raise
        self._keep(target, process)
        if "error" in told:
            raise FunctionFailed(told["error"])
        if "garbled" in told:
            raise NotJson
        return told["answer"]

    def _keep(self, target: str, process: _Process) -> None:
        with self._lock:
            idle = self._idle.setdefault(target, [])
            if len(idle) < _IDLE_AT_MOST:
                idle.append(process)
                return
        process.end()

    def close(self) -> None:
        with self._lock:
            every = [process for idle in self._idle.values() for process in idle]
            self._idle.clear()
        for process in every:
            process.end()
