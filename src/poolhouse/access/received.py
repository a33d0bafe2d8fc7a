"""A request as a door received it: what a signature is checked against."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """The parts of a request that a signature can cover, unaltered.

    `raw_path` is percent-encoded as received, `query` is without its `?`. Header names are lower
    case, values latin-1 decoded, in the order received, duplicates kept.
    """

    method: str
    raw_path: str
    query: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
