"""Turns a decoded request (dicts, lists, scalars) into a shape, noting every broken constraint.

AWS refuses a wrong JSON type at once, and counts all broken limits in one message; unknown
members are ignored and an explicit null is an absent member.
"""

from __future__ import annotations

import base64
import binascii
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from poolhouse.contract.shape import (
    Bytes,
    Free,
    Invalid,
    Kind,
    ListOf,
    MapOf,
    Moment,
    Real,
    Refusal,
    Refused,
    Shape,
    Structure,
    Text,
    Truth,
    Violation,
    Whole,
    compiled,
)

# Moments that a calendar has: from the year 1 to the year 9999.
_EARLIEST = datetime.min.replace(tzinfo=UTC).timestamp()
_LATEST = datetime.max.replace(microsecond=0, tzinfo=UTC).timestamp()
_LARGEST = sys.float_info.max
_WHOLE = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_REAL = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,19})?([eE][+-]?[0-9]{1,3})?", re.ASCII)

# What a caller may have echoed of a map key in an error.
LONGEST_KEY = 64
# How many elements of a list are repeated in an error; the text is cut in any case.
MOST_SHOWN = 100


class Reader:
    """Reads one request. `textual` is for queries and paths, where every scalar is a string."""

    def __init__(self, *, textual: bool = False) -> None:
        self.textual = textual
        self.violations: list[Violation] = []

    def shape(self, kind: Structure, tree: object) -> Shape:
        """The shape, or `Invalid` with all violations, or `Refused(MALFORMED)`."""
        made = self.structure(kind, tree, "")
        if self.violations:
            raise Invalid(self.violations)
        return made  # type: ignore[no-any-return]

    def structure(self, kind: Structure, tree: object, path: str) -> Any:
        if not isinstance(tree, dict):
            raise _unexpected(tree, "structure")
        values: dict[str, Any] = {}
        before = len(self.violations)
        for member in kind.members:
            here = f"{path}.{_lower(member.wire)}" if path else _lower(member.wire)
            given = tree.get(member.wire)
            if given == "" and member.may_be_blank:
                continue
            if given is not None:
                values[member.name] = self.value(member.kind, given, here)
            elif member.required:
                self.violations.append(Violation(here, "null"))
        return kind.make(**values) if len(self.violations) == before else None

    def value(self, kind: Kind, given: object, path: str) -> Any:
        return _READERS[type(kind)](self, kind, given, path)

    def text(self, kind: Text, given: object, path: str) -> str:
        if not isinstance(given, str):
            raise _unexpected(given, "String")
        if "\x00" in given or not _encodable(given):
            raise Refused(Refusal.MALFORMED, "The request contains characters that are not text.")
        self.size(kind.least, kind.most, len(given), given, path, kind.sensitive)
        pattern = kind.pattern
        # Only what fits the length is matched, which bounds the work of any pattern.
        if pattern and (kind.most is None or len(given) <= kind.most):
            if compiled(pattern).fullmatch(given) is None:
                self.note(path, "pattern", pattern, given, kind.sensitive)
        if kind.choices and given not in kind.choices:
            self.note(path, "enum", kind.choices, given, kind.sensitive)
        return given

    def whole(self, kind: Whole, given: object, path: str) -> int:
        if self.textual and isinstance(given, str):
            given = whole_of(given)
        if isinstance(given, float) and given.is_integer():
            given = int(given)
        if isinstance(given, bool) or not isinstance(given, int):
            raise _unexpected(given, "Integer")
        if not -(2 ** (kind.bits - 1)) <= given < 2 ** (kind.bits - 1):
            raise _unexpected(given, "Integer" if kind.bits == 32 else "Long")
        self.range(kind.least, kind.most, given, path)
        return given

    def real(self, kind: Real, given: object, path: str) -> float:
        if self.textual and isinstance(given, str) and _REAL.fullmatch(given):
            given = float(given)
        if isinstance(given, bool) or not isinstance(given, int | float):
            raise _unexpected(given, "Double")
        if not -_LARGEST <= given <= _LARGEST:
            raise _unexpected(given, "Double")
        self.range(kind.least, kind.most, given, path)
        return float(given)

    def truth(self, kind: Truth, given: object, path: str) -> bool:
        if self.textual and given in ("true", "false"):
            return given == "true"
        if not isinstance(given, bool):
            raise _unexpected(given, "Boolean")
        return given

    def moment(self, kind: Moment, given: object, path: str) -> float:
        if self.textual and isinstance(given, str):
            given = _moment_of(given)
        if isinstance(given, bool) or not isinstance(given, int | float):
            raise _unexpected(given, "Timestamp")
        if not _EARLIEST <= given <= _LATEST:
            raise _unexpected(given, "Timestamp")
        return float(given)

    def octets(self, kind: Bytes, given: object, path: str) -> bytes:
        if not isinstance(given, str):
            raise _unexpected(given, "Blob")
        try:
            found = base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            raise _unexpected(given, "Blob") from None
        self.size(kind.least, kind.most, len(found), None, path, True)
        return found

    def free(self, kind: Free, given: object, path: str) -> object:
        return given

    def listed(self, kind: ListOf, given: object, path: str) -> list[Any]:
        if not isinstance(given, list):
            raise _unexpected(given, "List")
        shown = _shown(kind, given)
        self.size(kind.least, kind.most, len(given), shown, path, False)
        before = len(self.violations)
        found = []
        for place, item in enumerate(given, start=1):
            if item is None:
                continue
            found.append(self.value(kind.item, item, f"{path}.{place}.member"))
        if isinstance(kind.item, Text):
            self.gather(before, "member", kind.item, shown, path)
        return found

    def mapped(self, kind: MapOf, given: object, path: str) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise _unexpected(given, "Map")
        shown = "{…}" if given else "{}"
        self.size(kind.least, kind.most, len(given), shown, path, False)
        given = {key: item for key, item in given.items() if item is not None}
        before = len(self.violations)
        keys = [self.text(kind.key, key, path) for key in given]
        self.gather(before, "map key", kind.key, shown, path)
        before = len(self.violations)
        items = [
            self.value(kind.value, item, f"{path}.{key[:LONGEST_KEY]}.member")
            for key, item in given.items()
        ]
        if isinstance(kind.value, Text):
            self.gather(before, "map value", kind.value, shown, path)
        return dict(zip(keys, items, strict=True))

    def gather(self, before: int, what: Any, kind: Text, shown: str, path: str) -> None:
        """Whatever was noted since of the texts in one list or map is one violation of it."""
        if len(self.violations) > before:
            del self.violations[before:]
            self.note(path, what, kind, shown, kind.sensitive)

    def size(
        self,
        least: int | None,
        most: int | None,
        size: int,
        value: object,
        path: str,
        sensitive: bool,
    ) -> None:
        if least is not None and size < least:
            self.note(path, "min length", least, value, sensitive)
        if most is not None and size > most:
            self.note(path, "max length", most, value, sensitive)

    def range(self, least: float | None, most: float | None, value: int | float, path: str) -> None:
        if least is not None and value < least:
            self.note(path, "min", least, value, False)
        if most is not None and value > most:
            self.note(path, "max", most, value, False)

    def note(
        self, path: str, constraint: Any, limit: object, value: object, sensitive: bool
    ) -> None:
        self.violations.append(Violation(path, constraint, limit, value, sensitive))


_READERS: dict[type, Callable[[Reader, Any, object, str], Any]] = {
    Text: Reader.text,
    Whole: Reader.whole,
    Real: Reader.real,
    Truth: Reader.truth,
    Moment: Reader.moment,
    Bytes: Reader.octets,
    Free: Reader.free,
    ListOf: Reader.listed,
    MapOf: Reader.mapped,
    Structure: Reader.structure,
}


@cache
def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _shown(kind: ListOf, given: list[Any]) -> str:
    """A list as AWS repeats it in an error: `[a, b]`; of structures and of secrets no more than
    that there are some."""
    if given and not (isinstance(kind.item, Text) and not kind.item.sensitive):
        return "[…]"
    return f"[{', '.join(str(item) for item in given[:MOST_SHOWN] if item is not None)}]"


def _encodable(text: str) -> bool:
    """False for lone surrogates, which JSON escapes can smuggle in."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def whole_of(text: str) -> int | str:
    """The integer that a text says, else the text, for the reader to refuse."""
    return int(text) if _WHOLE.fullmatch(text) else text


def _moment_of(text: str) -> float | str:
    """Seconds since the epoch from ISO 8601, which without an offset is UTC; else the text."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _unexpected(given: object, wanted: str) -> Refused:
    """Worded as AWS's JSON parser does; the value itself is never repeated."""
    if isinstance(given, dict | list):
        return Refused(Refusal.MALFORMED, "Start of structure or map found where not expected.")
    found = {bool: "TRUE_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE", str: "STRING_VALUE"}
    name = found.get(type(given), "VALUE")
    return Refused(Refusal.MALFORMED, f"{name} can not be converted to a {wanted}")
