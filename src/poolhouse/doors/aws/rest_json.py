"""REST-JSON: the operation is in the method and path, members in path, query, headers and body.
Cognito Sync speaks it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

import msgspec

from poolhouse.access.sigv4 import normal_path
from poolhouse.contract.reading import Reader, whole_of
from poolhouse.contract.shape import Member, Refusal, Refused, Shape, Whole
from poolhouse.doors.aws import json_rpc
from poolhouse.doors.aws.query import form_of
from poolhouse.doors.aws.refusals import Fault
from poolhouse.kernel.catalogue import AnyOperation

CONTENT_TYPE = "application/json"

_encoder = msgspec.json.Encoder()


@lru_cache(maxsize=256)
def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{([^}]+)\}", path)
    fixed, named = parts[::2], parts[1::2]
    pieces = [re.escape(fixed[0])]
    for name, after in zip(named, fixed[1:], strict=True):
        pieces += [f"(?P<{name}>[^/]+)", re.escape(after)]
    return re.compile("".join(pieces))


class Router:
    """Finds the operation that a method and a raw path stand for. A path that its signature
    covers in another form (dot segments, doubled slashes) leads nowhere."""

    def __init__(self, operations: Iterable[AnyOperation]) -> None:
        self._operations = [op for op in operations if op.service.protocol == "rest-json"]

    def _at(self, raw_path: str) -> Iterator[AnyOperation]:
        if normal_path(raw_path) != raw_path:
            return
        for operation in self._operations:
            if _pattern(operation.path.partition("?")[0]).fullmatch(raw_path):
                yield operation

    def find(self, method: str, raw_path: str) -> AnyOperation | None:
        return next((op for op in self._at(raw_path) if op.method == method), None)

    def verbs(self, raw_path: str) -> tuple[str, ...]:
        """The methods that a raw path takes; none where no operation lies there."""
        return tuple(operation.method for operation in self._at(raw_path))

    def knows(self, raw_path: str) -> bool:
        return raw_path.startswith("/identitypools")


def read(
    operation: AnyOperation, raw_path: str, query: str, headers: dict[str, str], body: bytes
) -> Shape:
    """Each member from its own place only, whatever the others hold under its name."""
    tree = json_rpc.tree(body)
    if not isinstance(tree, dict):
        raise Refused(Refusal.MALFORMED, "The request body is not a JSON object.")
    match = _pattern(operation.path.partition("?")[0]).fullmatch(raw_path)
    assert match is not None
    given = {
        "uri": {name: _decoded(text) for name, text in match.groupdict().items()},
        "querystring": form_of(query),
        "header": headers,
    }
    for member in operation.ask.kind.members:
        if member.place == "body":
            continue
        tree.pop(member.wire, None)
        # Header names come in lower case here.
        name = member.located.lower() if member.place == "header" else member.located
        text = given[member.place].get(name)
        if text is not None:
            tree[member.wire] = _typed(member, text)
    return Reader().shape(operation.ask.kind, tree)


def _decoded(segment: str) -> str:
    """A segment of a path, in which `+` is a plus. The raw path holds one character a byte."""
    try:
        return unquote_to_bytes(segment.encode("latin-1")).decode()
    except UnicodeDecodeError:
        raise Refused(Refusal.MALFORMED, "The path is not UTF-8.") from None


def _typed(member: Member, text: str) -> object:
    return whole_of(text) if isinstance(member.kind, Whole) else text


def answer(shape: Shape | None) -> bytes:
    return b"{}" if shape is None else _encoder.encode(shape)


def fault(found: Fault) -> tuple[bytes, list[tuple[str, str]]]:
    return _encoder.encode({"message": found.message}), [("x-amzn-ErrorType", found.code)]


def path_of(operation: AnyOperation, **values: str) -> str:
    """The raw path of an operation, for documents and tests."""
    path = operation.path.partition("?")[0]
    for name, value in values.items():
        path = path.replace("{" + name + "}", quote(value, safe=""))
    return path
