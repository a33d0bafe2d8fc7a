"""CBOR (RFC 8949) as authenticators have to write it: definite lengths, shortest forms, no tags, no
floats, each key once, no deep nesting. Pure. All else is refused before a decoder that knows more
is let at it.

Source: "CTAP2 canonical CBOR encoding form", CTAP 2.1, 8; but for the order of keys, in which
clients differ.
"""

from __future__ import annotations

from typing import Any

_DEEPEST = 8
_UNSIGNED, _NEGATIVE, _OCTETS, _TEXT, _ARRAY, _MAP, _SIMPLE = 0, 1, 2, 3, 4, 5, 7
_SIMPLE_VALUES = {20: False, 21: True, 22: None}
_LEAST_OF_SIZE = {1: 24, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}


class NotStrict(ValueError):
    """The octets are no CBOR, or not in the one form that they have to be in."""


def whole(data: bytes) -> Any:
    """The one item that the octets are. Raises NotStrict, also for octets after it."""
    value, end = item(data)
    if end != len(data):
        raise NotStrict("leftover octets")
    return value


def item(data: bytes, at: int = 0, depth: int = 0) -> tuple[Any, int]:
    """The item that begins at `at`, and where it ends. Raises NotStrict."""
    kind, number, at = _head(data, at)
    if kind == _UNSIGNED:
        return number, at
    if kind == _NEGATIVE:
        return -1 - number, at
    if kind in (_OCTETS, _TEXT):
        return _string(data, at, number, kind)
    if kind == _SIMPLE and number in _SIMPLE_VALUES:
        return _SIMPLE_VALUES[number], at
    if kind not in (_ARRAY, _MAP) or depth >= _DEEPEST:
        raise NotStrict("a tag, a float, or too deep")
    return _array(data, at, number, depth) if kind == _ARRAY else _map(data, at, number, depth)


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    if at >= len(data):
        raise NotStrict("too short")
    kind, number = data[at] >> 5, data[at] & 31
    at += 1
    if number < 24:
        return kind, number, at
    size = 1 << (number - 24)
    if size not in _LEAST_OF_SIZE or kind == _SIMPLE or at + size > len(data):
        raise NotStrict("an indefinite length, a float, or too short")
    number = int.from_bytes(data[at : at + size], "big")
    if number < _LEAST_OF_SIZE[size]:
        raise NotStrict("longer than it has to be")
    return kind, number, at + size


def _string(data: bytes, at: int, length: int, kind: int) -> tuple[Any, int]:
    end = at + length
    if end > len(data):
        raise NotStrict("too short")
    octets = data[at:end]
    if kind == _OCTETS:
        return octets, end
    try:
        return octets.decode(), end
    except UnicodeDecodeError:
        raise NotStrict("no UTF-8") from None


def _array(data: bytes, at: int, length: int, depth: int) -> tuple[list[Any], int]:
    found = []
    for _ in range(length):
        value, at = item(data, at, depth + 1)
        found.append(value)
    return found, at


def _map(data: bytes, at: int, length: int, depth: int) -> tuple[dict[Any, Any], int]:
    found: dict[Any, Any] = {}
    for _ in range(length):
        key, at = item(data, at, depth + 1)
        # True equals 1 as a key, so only numbers and texts are.
        if type(key) not in (int, str) or key in found:
            raise NotStrict("a key twice, or of an odd kind")
        found[key], at = item(data, at, depth + 1)
    return found, at
