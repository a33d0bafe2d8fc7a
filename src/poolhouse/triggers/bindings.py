"""Which ARN is which function: `functions.toml`, read anew when it changes.

[[function]]
arn = "arn:aws:lambda:us-east-1:000000000000:function:pre-sign-up"
lambda = "http://127.0.0.1:9001"

[[function]]
arn = "arn:aws:lambda:*:*:function:migrate"
webhook = "https://example.com/hooks/migrate"
secret_env = "MIGRATE_SECRET"

[[function]]
arn = "*"
python = "my_package.triggers:handler"

[[key]]
arn = "arn:aws:kms:us-east-1:000000000000:key/codes"
secret_file = "/etc/poolhouse/codes.key"
"""

from __future__ import annotations

import base64
import os
import threading
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LAMBDA, WEBHOOK, PYTHON = "lambda", "webhook", "python"
_KINDS = (LAMBDA, WEBHOOK, PYTHON)
_SECRETS = ("secret", "secret_env", "secret_file")
_SHORTEST_SECRET = 16
_KEY_OCTETS = 32


class BadBindings(Exception):
    """The file cannot be used; the text says where and how to mend it."""


@dataclass(frozen=True, slots=True)
class Binding:
    """`arn` may hold `*`. `target` is a URL, or `module:function`."""

    arn: str
    kind: str
    target: str
    secret: str = field(default="", repr=False)


class Bindings:
    """The bindings of one file. A file that is not there binds nothing; one that was broken
    after the start leaves the bindings as they were, so that sign-ins go on."""

    def __init__(self, path: Path) -> None:
        """Raises BadBindings."""
        self.path = path
        self._lock = threading.Lock()
        self._seen = _mark(path)
        self._bindings, self._keys = read(path)
        self.trouble = ""

    def all(self) -> tuple[Binding, ...]:
        self._refresh()
        return self._bindings

    def find(self, arn: str) -> Binding | None:
        """The first whose ARN fits."""
        return next((one for one in self.all() if fnmatchcase(arn, one.arn)), None)

    def key(self, arn: str) -> bytes | None:
        """The AES-256 key that a KMSKeyID stands for."""
        self._refresh()
        return self._keys.get(arn)

    def _refresh(self) -> None:
        mark = _mark(self.path)
        if mark == self._seen:
            return
        with self._lock:
            self._seen = mark
            try:
                self._bindings, self._keys = read(self.path)
                self.trouble = ""
            except BadBindings as error:
                self.trouble = str(error)


def _mark(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def read(path: Path) -> tuple[tuple[Binding, ...], dict[str, bytes]]:
    """Functions, and keys by ARN. Raises BadBindings."""
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return (), {}
    except (OSError, UnicodeDecodeError) as error:
        raise BadBindings(f"{path} cannot be read ({type(error).__name__}).") from None
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadBindings(f"{path} is no TOML: {error}.") from None
    entries, keys = parsed.get("function", []), parsed.get("key", [])
    if set(parsed) - {"function", "key"} or not all(isinstance(e, list) for e in (entries, keys)):
        raise BadBindings(f"{path} holds [[function]] and [[key]] tables and nothing else.")
    functions = tuple(
        _binding(f"{path}, function {number}", entry) for number, entry in enumerate(entries, 1)
    )
    return functions, dict(
        _key(f"{path}, key {number}", entry) for number, entry in enumerate(keys, 1)
    )


def _strings(where: str, entry: Any, *known: str) -> dict[str, str]:
    if not isinstance(entry, dict) or not all(isinstance(v, str) for v in entry.values()):
        raise BadBindings(f"{where}: every value is a string.")
    unknown = set(entry) - {*known, *_SECRETS}
    if unknown:
        raise BadBindings(f"{where}: unknown {', '.join(sorted(unknown))}.")
    return entry


def _key(where: str, given: Any) -> tuple[str, bytes]:
    entry = _strings(where, given, "arn")
    try:
        key = base64.b64decode(_secret(where, entry), validate=True)
    except ValueError:
        key = b""
    if len(key) != _KEY_OCTETS or not entry.get("arn"):
        raise BadBindings(f"{where}: needs arn, and {_KEY_OCTETS} octets of key as base64.")
    return entry["arn"], key


def _binding(where: str, given: Any) -> Binding:
    entry = _strings(where, given, "arn", *_KINDS)
    kinds = [kind for kind in _KINDS if kind in entry]
    if len(kinds) != 1 or not entry.get("arn"):
        raise BadBindings(f"{where}: needs arn, and one of lambda, webhook and python.")
    kind, target = kinds[0], entry[kinds[0]]
    if kind == PYTHON and not _is_callable_name(target):
        raise BadBindings(f"{where}: python is module:function.")
    if kind != PYTHON and not _is_url(target):
        raise BadBindings(f"{where}: {kind} is an http:// or https:// URL.")
    if kind == WEBHOOK:
        return Binding(entry["arn"], kind, target, _secret(where, entry))
    if not set(entry).isdisjoint(_SECRETS):
        raise BadBindings(f"{where}: only a webhook has a secret.")
    return Binding(entry["arn"], kind, target)


def _secret(where: str, entry: dict[str, str]) -> str:
    given = [name for name in _SECRETS if name in entry]
    if len(given) != 1:
        raise BadBindings(f"{where}: needs one of {', '.join(_SECRETS)}.")
    value = entry[given[0]]
    if given[0] == "secret_env":
        value = os.environ.get(value, "")
    elif given[0] == "secret_file":
        try:
            value = Path(value).read_text().strip()
        except (OSError, UnicodeDecodeError):
            value = ""
    if len(value) < _SHORTEST_SECRET:
        raise BadBindings(
            f"{where}: the secret ({given[0]}) is missing or shorter than {_SHORTEST_SECRET} "
            "characters."
        )
    return value


def _is_callable_name(text: str) -> bool:
    module, colon, function = text.partition(":")
    return bool(colon) and all(part.isidentifier() for part in [*module.split("."), function])


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
