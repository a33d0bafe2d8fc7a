"""How long a connection may take for its part, and how many a peer may hold: uvicorn has no such
limits but the idle time between two requests. And an answer leaves in one piece."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from functools import cache
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from poolhouse.settings import load

_TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Places:
    """The connections that each peer holds to this process. Those of a trusted proxy are many
    people's, and not counted."""

    def __init__(self, most: int, trusted_proxies: tuple[str, ...] = ()) -> None:
        """`most`: of one peer; 0 for any number."""
        self._most = most
        self._proxies = [ipaddress.ip_network(one, strict=False) for one in trusted_proxies]
        self._held: Counter[str] = Counter()

    def take(self, peer: str) -> bool:
        """False where the peer holds as many as it may."""
        if self._most == 0 or self._trusted(peer):
            return True
        self._held[peer] += 1
        return self._held[peer] <= self._most

    def leave(self, peer: str) -> None:
        """One that was asked for, given or not."""
        if self._held[peer] <= 1:
            del self._held[peer]
        else:
            self._held[peer] -= 1

    def _trusted(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)


@cache
def _places() -> Places:
    settings = load()
    return Places(settings.connections_of_a_peer, settings.trusted_proxies)


class Gathering:
    """A transport that writes the head of an answer together with the first of its body: uvicorn
    hands them over apart, which are two system calls and two packets."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._head = b""

    def write(self, data: bytes) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.writelines((head, data))
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 1"):
            self._head = data  # 100 and 101 are waited for
        else:
            self._transport.write(data)

    def flush(self) -> None:
        if self._head:
            self.write(b"")

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Patience(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, with deadlines in seconds: for the headers from when the connection is
    open or a request has begun, for the body after them, and for reading an answer."""

    headers_within = 10.0
    body_within = 30.0
    read_within = 30.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._due: float | None = self.headers_within
        self._moved = False
        self._unread: asyncio.TimerHandle | None = None
        self._peer = ""

    @property
    def places(self) -> Places:
        return _places()

    def connection_made(self, transport: Any) -> None:
        self._gathering = Gathering(transport)
        super().connection_made(cast(asyncio.Transport, self._gathering))
        self._peer = self.client[0] if self.client else ""
        if self.places.take(self._peer):
            self._arm()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._due = None
        self._arm()
        self.resume_writing()
        self.places.leave(self._peer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # Most requests come whole: then no timer is touched.
        if self._moved and (self._due, self._deadline) != (None, None):
            self._arm()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._due, self._moved = self.headers_within, True

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._due, self._moved = self.body_within, True

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._due, self._moved = None, True

    def on_response_complete(self) -> None:
        self._gathering.flush()  # what has no body
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self.read_within, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _arm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._due is not None:
            self._deadline = self.loop.call_later(self._due, self._late)
        self._moved = False

    def _late(self) -> None:
        self.transport.write(_TIMEOUT)
        self.transport.close()
