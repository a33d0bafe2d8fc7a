"""Whoever a function may be reached at, as they are met: a small HTTP server that answers as it
should, late, in drops, too much, or something else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Event = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Event:
        found: Event = json.loads(self.body)
        return found


@dataclass
class Receiver:
    """Its answers are given in turn, the last of them for ever."""

    answers: list[Callable[[Exchange], None]]
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Exchange:
    handler: BaseHTTPRequestHandler
    asked: Asked
    over: threading.Event

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.begin(status, len(body), **headers)
        self.write(body)

    def begin(self, status: int, length: int, **headers: str) -> None:
        self.handler.send_response(status)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.send_header("content-length", str(length))
        self.handler.end_headers()

    def write(self, part: bytes) -> None:
        self.handler.wfile.write(part)


Answer = Callable[[Exchange], None]


def said(what: Any, status: int = 200, **headers: str) -> Answer:
    """This JSON; octets as they are."""
    body = what if isinstance(what, bytes) else json.dumps(what).encode()
    return lambda exchange: exchange.send(status, body, **headers)


def echo(exchange: Exchange) -> None:
    """The event, with `autoConfirmUser`."""
    event = exchange.asked.event
    event["response"]["autoConfirmUser"] = True
    exchange.send(200, json.dumps(event).encode())


def silence(exchange: Exchange) -> None:
    exchange.over.wait(30)


def drip(exchange: Exchange) -> None:
    """A right answer, an octet now and then."""
    exchange.begin(200, 100_000)
    while not exchange.over.wait(0.05):
        exchange.write(b" ")


def dripping_head(exchange: Exchange) -> None:
    exchange.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
    while not exchange.over.wait(0.05):
        exchange.write(b"a")


def flood(exchange: Exchange) -> None:
    """More than anybody wants, and no end."""
    exchange.begin(200, 1 << 40)
    while not exchange.over.is_set():
        exchange.write(b" " * 65_536)


def hang_up(exchange: Exchange) -> None:
    exchange.handler.close_connection = True


def half(exchange: Exchange) -> None:
    exchange.begin(200, 100)
    exchange.write(b'{"version":')
    exchange.handler.close_connection = True


@contextmanager
def receiving(*answers: Answer) -> Iterator[Receiver]:
    receiver = Receiver(list(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.path, headers, body)
            receiver.asked.append(asked)
            receiver.arrived.release()
            left = receiver.answers
            answer = left.pop(0) if len(left) > 1 else left[0]
            with suppress(OSError):
                answer(Exchange(self, asked, receiver.over))

        def do_GET(self) -> None:
            receiver.asked.append(Asked(self.path, {}, b""))
            self.send_error(405)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
