"""A request as a door received it: what a signature is checked against."""

from __future__ import annotations

from typing import ClassVar

from poolhouse.values import Value


class HttpRequest(Value, frozen=True):
    """The parts of a request that a signature can cover, unaltered.

    `raw_path` is percent-encoded as received, `query` is without its `?`. Header names are lower
    case, values latin-1 decoded, in the order received, duplicates kept.
    """

    secret: ClassVar = frozenset({"query", "headers", "body"})
    method: str
    raw_path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
