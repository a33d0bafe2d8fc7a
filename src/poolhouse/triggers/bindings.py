"""Which ARN is which function: `functions.toml`, read when it is first needed and anew when it, or
a file of a secret that it names, changes. What may stand in it: `docs/guides/functions.md`."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlsplit

LAMBDA, WEBHOOK, PYTHON = "lambda", "webhook", "python"
KINDS = (LAMBDA, WEBHOOK, PYTHON)

_INVOCATIONS = "/invocations"
# FunctionName of Lambda's Invoke: a name, and perhaps a version or an alias.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,140}(:[$A-Za-z0-9_-]{1,128})?")

log = logging.getLogger(__name__)


class BadBindings(Exception):
    """The file cannot be used; the text says where and how to mend it, and never a secret."""


@dataclass(frozen=True, slots=True)
class Binding:
    """`arn` may hold `*`. `target` is a URL, or `module:function`. A webhook's calls are signed
    with each of its secrets."""

    arn: str
    kind: str
    target: str = field(repr=False)
    secrets: tuple[bytes, ...] = field(default=(), repr=False)

    def place(self, arn: str) -> str | None:
        """Where a call of this ARN goes: a callable, or the URL that is asked. None where an
        endpoint of many functions cannot have one of that name."""
        if self.kind != LAMBDA or urlsplit(self.target).path.endswith(_INVOCATIONS):
            return self.target
        name = arn.split(":", 6)[-1]
        if not _NAME.fullmatch(name):
            return None
        base = self.target.rstrip("/")
        return f"{base}/2015-03-31/functions/{quote(name, safe='')}{_INVOCATIONS}"

    @property
    def shown(self) -> str:
        """The target as it may be shown: the query of a URL may hold a key."""
        if self.kind == PYTHON:
            return self.target
        return urlsplit(self.target)._replace(query="", fragment="").geturl()


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file says. `keys` are AES-256 keys by the KMSKeyID they stand for; `variables` of the
    environment and `files` are where secrets were read from."""

    functions: tuple[Binding, ...] = ()
    keys: dict[str, bytes] = field(default_factory=dict, repr=False)
    variables: frozenset[str] = frozenset()
    files: frozenset[Path] = frozenset()


Mark = tuple[tuple[int, int], ...]


class Bindings:
    """The bindings of one file. A file that cannot be read after the start leaves the bindings as
    they were, so that sign-ins go on."""

    def __init__(self, path: Path, read: Callable[[Path], Contents]) -> None:
        self.path = path
        self._read = read
        self._lock = threading.Lock()
        self._contents = Contents()
        self._seen: Mark | None = None
        self._changed: Callable[[], None] = lambda: None

    def check(self) -> None:
        """Raises BadBindings. A server asks before it starts."""
        self._read(self.path)

    def on_change(self, act: Callable[[], None]) -> None:
        self._changed = act

    def all(self) -> tuple[Binding, ...]:
        return self._current().functions

    def find(self, arn: str) -> Binding | None:
        """The first whose ARN fits."""
        return next((one for one in self.all() if _pattern(one.arn).fullmatch(arn)), None)

    def key(self, arn: str) -> bytes | None:
        """The AES-256 key that a KMSKeyID stands for."""
        return self._current().keys.get(arn)

    @property
    def variables(self) -> frozenset[str]:
        """Variables of the environment that hold secrets."""
        return self._current().variables

    def _current(self) -> Contents:
        if self._seen == self._mark():
            return self._contents
        with self._lock:
            if self._seen == (mark := self._mark()):
                return self._contents
            known = self._seen is not None
            try:
                self._contents = self._read(self.path)
                mark = self._mark()
            except BadBindings as error:
                log.error("the functions stay bound as they were: %s", error)
                known = False
            self._seen = mark
        if known:
            self._changed()
        return self._contents

    def _mark(self) -> Mark:
        return tuple(_looked_at([self.path, *sorted(self._contents.files)]))


def _looked_at(paths: Iterable[Path]) -> Iterable[tuple[int, int]]:
    for path in paths:
        try:
            found = path.stat()
        except OSError:
            yield (0, 0)
        else:
            yield (found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=1024)
def _pattern(arn: str) -> re.Pattern[str]:
    return re.compile(re.escape(arn).replace(r"\*", ".*"))
