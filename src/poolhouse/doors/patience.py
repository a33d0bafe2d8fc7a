"""How long a connection may take for its part, how much it may send, and how many a peer may hold:
uvicorn has no such limits but the idle time between two requests. And an answer leaves in one
piece."""

from __future__ import annotations

import asyncio
import ipaddress
import math
from collections import Counter, deque
from functools import cache
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from poolhouse.settings import load


def _refusal(status: bytes) -> bytes:
    return b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


_TIMEOUT = _refusal(b"408 Request Timeout")
_LARGE = _refusal(b"431 Request Header Fields Too Large")
_OF_A_FIELD = 32  # octets that a header costs beside its text


class _TooLarge(Exception):
    """What a request may send beside its body has been sent."""


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
    open or a request has begun, for the body after them, and for reading an answer. And with
    bounds in octets, for the parser has none: for the request line and the headers, and for what
    follows them, chunks and trailers included; a door refuses a large body long before."""

    headers_within = 10.0
    body_within = 30.0
    read_within = 30.0
    most_head = 64 * 1024
    most_after = 16 * 1024 * 1024

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._due: float | None = self.headers_within
        self._moved = False
        self._most: float = self.most_head
        self._octets = 0
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
        self._moved = False
        self._octets += len(data)
        super().data_received(data)
        if self._octets > self._most:
            self._refuse(_LARGE)
        elif self._moved:
            # Most requests come whole: then no timer is touched.
            if (self._due, self._deadline) != (None, None):
                self._arm()
        elif self._due is None and self.cycle.response_complete:
            # An empty line before a request is none yet, and has ended the idle time.
            self._due = self.headers_within
            self._arm()

    def send_400_response(self, msg: str) -> None:
        if self._octets <= self._most:
            super().send_400_response(msg)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._due, self._moved = self.headers_within, True
        self._octets, self._most = 0, self.most_head

    def on_headers_complete(self) -> None:
        fields = sum(len(name) + len(value) + _OF_A_FIELD for name, value in self.headers)
        self._octets = len(self.url) + fields
        if self._octets > self._most:
            raise _TooLarge
        super().on_headers_complete()
        self.headers = cast(Any, deque(maxlen=0))  # trailers are nothing that anybody asked for
        self._due, self._moved = self.body_within, True
        self._octets, self._most = 0, self.most_after

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._due, self._moved = None, True
        self._most = math.inf

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

    def _late(self) -> None:
        self._refuse(_TIMEOUT)

    def _refuse(self, answer: bytes) -> None:
        self.transport.write(answer)
        self.transport.close()
