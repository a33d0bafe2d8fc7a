"""CBOR (RFC 8949) as authenticators have to write it: definite lengths, shortest forms, no tags, no
floats, each key once, no deep nesting. Pure. `cbor2` reads it and writes it again: what was in any
other form comes out as other octets, and is refused.

Source: "CTAP2 canonical CBOR encoding form", CTAP 2.1, 8; but for the order of keys, in which
clients differ.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, NoReturn

import cbor2

_DEEPEST = 8


class NotStrict(ValueError):
    """The octets are no CBOR, or not in the one form that they have to be in."""


class _NoTags(dict[int, Any]):
    """Asked how to read a tag, before what it tags is read."""

    def __missing__(self, tag: int) -> NoReturn:
        raise NotStrict("a tag")


_NO_TAGS = _NoTags()


def whole(data: bytes) -> Any:
    """The one item that the octets are. Raises NotStrict, also for octets after it."""
    value, end = item(data)
    if end != len(data):
        raise NotStrict("leftover octets")
    return value


def item(data: bytes, at: int = 0) -> tuple[Any, int]:
    """The item that begins at `at`, and where it ends. Raises NotStrict."""
    value = _read(data[at:])
    if not _plain(value):
        raise NotStrict("a float, a simple value, or an odd key")
    # No item is the beginning of another, so this is the one that was read.
    written = cbor2.dumps(value)
    if not data.startswith(written, at):
        raise NotStrict("not in its shortest form")
    return value, at + len(written)


def _read(data: bytes) -> Any:
    try:
        return cbor2.load(
            BytesIO(data),
            semantic_decoders=_NO_TAGS,
            max_depth=_DEEPEST,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
    except cbor2.CBORError as error:
        raise NotStrict(str(error)) from error


def _plain(value: Any) -> bool:
    """Numbers, octets, texts, true, false and null, in lists and in maps. True equals 1 as a key,
    so only numbers and texts are."""
    if isinstance(value, list):
        return all(map(_plain, value))
    if isinstance(value, dict):
        return all(type(key) in (int, str) and _plain(each) for key, each in value.items())
    return value is None or isinstance(value, int | bytes | str)
