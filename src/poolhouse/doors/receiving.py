"""What every door does with an ASGI request before it knows what is asked: headers, the
caller's address, the body up to a limit."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any

from poolhouse import ids
from poolhouse.kernel.call import Origin

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LONGEST_USER_AGENT = 512


class Headers:
    """Header fields in order, names in lower case, duplicates kept. `get` is the first."""

    __slots__ = ("_first", "pairs")

    def __init__(self, pairs: tuple[tuple[str, str], ...]) -> None:
        self.pairs = pairs
        self._first = dict(reversed(pairs))

    @classmethod
    def of(cls, scope: Scope) -> Headers:
        raw = scope["headers"]
        return cls(tuple((n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in raw))

    def get(self, name: str) -> str | None:
        return self._first.get(name)


def origin_of(scope: Scope, headers: Headers, trusted_proxies: tuple[str, ...]) -> Origin:
    """The peer's address; what X-Forwarded-For says only where the peer is a trusted proxy. An
    unreadable header falls back to the peer, never to no address."""
    peer = (scope.get("client") or ("",))[0]
    address = peer
    if trusted_proxies and _trusted(peer, trusted_proxies):
        address = _forwarded(headers, trusted_proxies) or peer
    agent = headers.get("user-agent") or headers.get("x-amz-user-agent") or ""
    return Origin(ids.random_uuid(), address, agent[:LONGEST_USER_AGENT])


def _forwarded(headers: Headers, trusted_proxies: tuple[str, ...]) -> str | None:
    """The last address that no trusted proxy could have written about itself."""
    values = [value for name, value in headers.pairs if name == "x-forwarded-for"]
    for hop in reversed([part.strip() for part in ",".join(values).split(",")]):
        try:
            ipaddress.ip_address(hop)
        except ValueError:
            return None
        if "%" in hop:  # a zone is free text
            return None
        if not _trusted(hop, trusted_proxies):
            return hop
    return None


@lru_cache(maxsize=1024)
def _trusted(address: str, networks: tuple[str, ...]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in ipaddress.ip_network(network, strict=False) for network in networks)


async def receive_body(headers: Headers, receive: Receive, most: int) -> bytes | None:
    """The body, or None as soon as it is longer than `most` octets: the rest is not read."""
    declared = headers.get("content-length")
    if declared is not None and declared.isdigit() and int(declared) > most:
        return None
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body if len(body) <= most else None
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            return None
    return b"".join(parts)
