"""Reading `functions.toml`, strictly: what cannot work is told before anybody signs in.

Source of the secrets' form: Standard Webhooks specification 1.0.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from poolhouse.triggers.bindings import KINDS, PYTHON, WEBHOOK, BadBindings, Binding, Contents

_SECRETS = ("secret", "secret_env", "secret_file")
_PREFIX = "whsec_"
_SECRET_OCTETS = range(24, 65)
_MOST_SECRETS = 2
_KEY_OCTETS = 32


@dataclass
class _Sources:
    """Where secrets came from. Paths are relative to the file that names them."""

    folder: Path
    variables: set[str] = field(default_factory=set)
    files: set[Path] = field(default_factory=set)

    def value(self, kind: str, given: str) -> str:
        """The secret's text; empty where there is none."""
        if kind == "secret":
            return given
        if kind == "secret_env":
            self.variables.add(given)
            return os.environ.get(given, "").strip()
        path = self.folder / given
        self.files.add(path)
        try:
            return path.read_text().strip()
        except (OSError, ValueError):
            return ""


def read(path: Path, *, required: bool = False) -> Contents:
    """Raises BadBindings. A file that is not there binds nothing, unless it is required."""
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        if required:
            raise BadBindings(
                f"{path} is not there. Write it, or unset POOLHOUSE_FUNCTIONS_FILE."
            ) from None
        return Contents()
    except (OSError, UnicodeDecodeError) as error:
        raise BadBindings(f"{path} cannot be read ({type(error).__name__}).") from None
    try:
        parsed = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadBindings(f"{path} is no TOML: {error}.") from None
    entries, keys = parsed.get("function", []), parsed.get("key", [])
    if set(parsed) - {"function", "key"} or not all(isinstance(e, list) for e in (entries, keys)):
        raise BadBindings(f"{path} holds [[function]] and [[key]] tables and nothing else.")
    sources, found = _Sources(path.parent), {}
    functions = tuple(
        _binding(f"{path}, function {number}", entry, sources)
        for number, entry in enumerate(entries, 1)
    )
    for number, entry in enumerate(keys, 1):
        arn, key = _key(f"{path}, key {number}", entry, sources)
        if arn in found:
            raise BadBindings(f"{path}, key {number}: {arn} has a key already.")
        found[arn] = key
    return Contents(functions, found, frozenset(sources.variables), frozenset(sources.files))


def _binding(where: str, given: Any, sources: _Sources) -> Binding:
    entry = _entry(where, given, {"arn", "allow_http", *KINDS})
    kinds = [kind for kind in KINDS if kind in entry]
    if len(kinds) != 1:
        raise BadBindings(f"{where}: needs arn, and one of lambda, webhook and python.")
    kind, target = kinds[0], _text(where, entry, kinds[0])
    if kind == PYTHON:
        if not _is_callable_name(target) or "allow_http" in entry:
            raise BadBindings(f"{where}: python is module:function, and takes no allow_http.")
    else:
        _check_url(where, kind, target, allow_http=_allows_http(where, entry))
    if kind == WEBHOOK:
        told = "a secret is whsec_ and 24 to 64 octets as base64, as of `openssl rand -base64 32`"
        secrets = [_webhook_key(one) for one in _values(where, entry, sources, told)]
        if not all(len(one) in _SECRET_OCTETS for one in secrets):
            raise BadBindings(f"{where}: {told}.")
        return Binding(entry["arn"], kind, target, tuple(secrets))
    if not set(entry).isdisjoint(_SECRETS):
        raise BadBindings(f"{where}: only a webhook has a secret.")
    return Binding(entry["arn"], kind, target)


def _key(where: str, given: Any, sources: _Sources) -> tuple[str, bytes]:
    entry = _entry(where, given, {"arn"})
    told = f"a key is {_KEY_OCTETS} octets as base64, as of `openssl rand -base64 32`"
    values = _values(where, entry, sources, told)
    key = _octets(values[0])
    if len(values) > 1 or len(key) != _KEY_OCTETS:
        raise BadBindings(f"{where}: {told}.")
    return entry["arn"], key


def _entry(where: str, given: Any, known: set[str]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise BadBindings(f"{where}: is no table.")
    if unknown := set(given) - known - set(_SECRETS):
        raise BadBindings(f"{where}: unknown {', '.join(sorted(unknown))}.")
    if not _text(where, given, "arn"):
        raise BadBindings(f"{where}: needs arn.")
    return given


def _text(where: str, entry: dict[str, Any], name: str) -> str:
    value = entry.get(name, "")
    if not isinstance(value, str):
        raise BadBindings(f"{where}: {name} is a string.")
    return value


def _values(where: str, entry: dict[str, Any], sources: _Sources, told: str) -> list[str]:
    """The text of one secret, or of two while one follows the other."""
    given = [name for name in _SECRETS if name in entry]
    if len(given) != 1:
        raise BadBindings(f"{where}: needs one of {', '.join(_SECRETS)}; {told}.")
    listed = entry[given[0]] if isinstance(entry[given[0]], list) else [entry[given[0]]]
    if not 0 < len(listed) <= _MOST_SECRETS or not all(isinstance(one, str) for one in listed):
        raise BadBindings(f"{where}: {given[0]} is a string, or a list of two.")
    values = [sources.value(given[0], one) for one in listed]
    if not all(values):
        raise BadBindings(f"{where}: {given[0]} leads to nothing that can be read; {told}.")
    return values


def _webhook_key(text: str) -> bytes:
    return _octets(text.removeprefix(_PREFIX)) if text.startswith(_PREFIX) else b""


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _allows_http(where: str, entry: dict[str, Any]) -> bool:
    value = entry.get("allow_http", False)
    if not isinstance(value, bool):
        raise BadBindings(f"{where}: allow_http is true or false.")
    return value


def _check_url(where: str, kind: str, text: str, *, allow_http: bool) -> None:
    parts = _split(text)
    if parts is None or parts.scheme not in ("http", "https") or parts.fragment:
        raise BadBindings(f"{where}: {kind} is an https:// or http:// URL.")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise BadBindings(f"{where}: {kind} has characters that a URL has only percent-encoded.")
    if "@" in parts.netloc:
        raise BadBindings(f"{where}: {kind} may not hold a user or password.")
    if parts.scheme == "http" and not allow_http and not _is_here(parts.hostname or ""):
        raise BadBindings(
            f"{where}: passwords and codes would travel to {parts.hostname} in clear. "
            "Use https://, or write `allow_http = true` where the network is your own."
        )


def _split(url: str) -> SplitResult | None:
    """None where the URL names no host to call."""
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_callable_name(text: str) -> bool:
    module, colon, function = text.partition(":")
    return bool(colon) and all(part.isidentifier() for part in [*module.split("."), function])
