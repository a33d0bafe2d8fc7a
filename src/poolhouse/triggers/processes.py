"""Python callables of the operator, each in processes of its own: they can neither block nor crash
the server, nor read its settings from the environment. They run with its rights, though: what is
bound is trusted as the server itself is."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from poolhouse.clock import Clock
from poolhouse.triggers.answers import json_of
from poolhouse.triggers.failures import FunctionFailed, NotJson, NotReached, TimedOut, TooLong

STARTING = 10.0
"""Seconds that a callable's module may take to load, as Lambda's; over several tries of a call."""
UNUSED = 300.0
"""Seconds after which an idle process is ended, when another one comes back."""
MOST_CALLS = 1000
"""Calls after which a process is ended, in case the callable loses memory."""
_DYING = 1.0
_PART = 65_536


class _Process:
    """`starting` until its module is loaded. Whatever it raises, it is of no more use then, but for
    TimedOut while it is starting."""

    def __init__(self, target: str, folder: Path, clock: Clock, hidden: Collection[str]) -> None:
        self._clock = clock
        environment = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith("POOLHOUSE_") and k not in hidden
        }
        # -P: nothing in the working directory stands in for a module of ours. A session of its
        # own: it is ended with all that it has started, and not by the terminal's Ctrl-C.
        self._process = subprocess.Popen(  # noqa: S603 - the operator's own module
            [sys.executable, "-P", "-u", "-m", "poolhouse.triggers.running", target, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        os.set_blocking(self._to.fileno(), False)
        os.set_blocking(self._from.fileno(), False)
        self._rest = b""
        self.starting = True
        self.calls = 0
        self.begun = self.used = clock.elapsed()

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def load(self, call_id: str, until: float) -> None:
        """Raises FunctionFailed where the callable cannot be loaded, TimedOut, NotReached."""
        if self.starting:
            told = self._told(call_id, until, _PART)
            if "error" in told:
                raise FunctionFailed(str(told["error"]))
            self.starting = False

    def ask(self, call_id: str, arn: str, event: bytes, until: float, most: int) -> dict[str, Any]:
        """Raises FunctionFailed where it ended itself, TimedOut, NotReached, TooLong."""
        left = until - self._clock.elapsed()
        head = json.dumps({"id": call_id, "arn": arn, "left": left})
        self._write(head.encode() + b"\n" + event + b"\n", call_id, until)
        told = self._told(call_id, until, most)
        if told.get("id") != call_id:
            # Something else has written there, as a fork of the callable.
            raise NotJson
        self.calls += 1
        self.used = self._clock.elapsed()
        return told

    def end(self) -> None:
        if self.lives:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()
        self._process.wait()
        for pipe in (self._to, self._from):
            with suppress(OSError):
                pipe.close()

    def _write(self, data: bytes, call_id: str, until: float) -> None:
        while data:
            self._ready(self._to.fileno(), selectors.EVENT_WRITE, until)
            try:
                data = data[os.write(self._to.fileno(), data) :]
            except BlockingIOError:
                continue
            except OSError:
                raise self._death(call_id) from None

    def _told(self, call_id: str, until: float, most: int) -> dict[str, Any]:
        found = bytearray(self._rest)
        while b"\n" not in found:
            if len(found) > most:
                raise TooLong
            self._ready(self._from.fileno(), selectors.EVENT_READ, until)
            try:
                part = os.read(self._from.fileno(), _PART)
            except BlockingIOError:
                continue
            if not part:
                raise self._death(call_id)
            found += part
        line, _, rest = found.partition(b"\n")
        self._rest = bytes(rest)
        told = json_of(bytes(line))
        if not isinstance(told, dict):
            raise NotJson
        return told

    def _ready(self, descriptor: int, what: int, until: float) -> None:
        left = until - self._clock.elapsed()
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, what)
            if left <= 0 or not selector.select(left):
                raise TimedOut

    def _death(self, call_id: str) -> FunctionFailed:
        """In the words of Lambda."""
        try:
            code = self._process.wait(_DYING)
        except subprocess.TimeoutExpired:
            code = 0
        how = f": exit status {code}"
        if code < 0:
            how = f": signal: {(signal.strsignal(-code) or str(-code)).lower()}"
        words = f"Runtime exited with error{how}"
        if code == 0:
            words = "Runtime exited without providing a reason"
        return FunctionFailed(f"RequestId: {call_id} Error: {words}")


class Processes:
    """Idle processes by callable. One is begun where all are at work, and ended where it did not
    answer in time."""

    def __init__(self, clock: Clock, folder: Path, hidden: Callable[[], Collection[str]]) -> None:
        """Modules are looked for in `folder` after the installed ones. `hidden`: variables of the
        environment that processes do not get."""
        self._clock = clock
        self._folder = folder
        self._hidden = hidden
        self._lock = threading.Lock()
        self._idle: dict[str, list[_Process]] = {}
        self._working: set[_Process] = set()
        self._old: set[_Process] = set()
        self._closed = False

    def call(
        self, target: str, event: bytes, *, call_id: str, arn: str, patience: float, most: int
    ) -> Any:
        """What the callable returns. Raises FunctionFailed, NotReached, NotJson, TooLong."""
        until = self._clock.elapsed() + patience
        process = self._taken(target)
        usable = False
        try:
            process.load(call_id, until)
            told = process.ask(call_id, arn, event, until, most)
            usable = True
        except TimedOut:
            # What is still loading goes on with it, and the next try finds it further.
            usable = process.starting and self._clock.elapsed() - process.begun < STARTING
            raise
        finally:
            self._put_back(target, process, usable=usable)
        if "error" in told:
            raise FunctionFailed(str(told["error"]))
        if "answer" not in told:
            raise NotJson
        return told["answer"]

    def renew(self) -> None:
        """Ends the processes that are there, as soon as they are idle: their code may be old."""
        with self._lock:
            every = self._all_idle()
            self._old |= self._working
        for process in every:
            process.end()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            every = [*self._all_idle(), *self._working]
        for process in every:
            process.end()

    def _all_idle(self) -> list[_Process]:
        every = [process for idle in self._idle.values() for process in idle]
        self._idle.clear()
        return every

    def _taken(self, target: str) -> _Process:
        dead = []
        with self._lock:
            if self._closed:
                raise NotReached("ServiceException")
            idle = self._idle.get(target, [])
            while idle and not idle[-1].lives:
                dead.append(idle.pop())
            found = idle.pop() if idle else None
            if found is not None:
                self._working.add(found)
        for process in dead:
            process.end()
        return found or self._begun(target)

    def _begun(self, target: str) -> _Process:
        try:
            process = _Process(target, self._folder, self._clock, self._hidden())
        except OSError as error:
            raise NotReached(type(error).__name__) from None
        with self._lock:
            self._working.add(process)
        return process

    def _put_back(self, target: str, process: _Process, *, usable: bool) -> None:
        ended = []
        with self._lock:
            self._working.discard(process)
            old = process in self._old
            self._old.discard(process)
            if usable and not old and not self._closed and process.calls < MOST_CALLS:
                idle = self._idle.setdefault(target, [])
                idle.append(process)
                since = self._clock.elapsed() - UNUSED
                ended = [one for one in idle if one.used < since and one is not process]
                self._idle[target] = [one for one in idle if one not in ended]
            else:
                ended = [process]
        for one in ended:
            one.end()
