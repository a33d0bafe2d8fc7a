"""SMS gateways as they are met: a tiny HTTP server that takes texts, or answers something else."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from poolhouse.access.received import HttpRequest


@dataclass
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Gateway:
    """Takes texts; `answers` are given first, once each."""

    received: list[HttpRequest] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    connections: int = 0

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.received[-1].headers if key == name]
        assert len(found) < 2
        return found[0] if found else None


@contextmanager
def gateway(sink: Gateway, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port on which the gateway is served."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            sink.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            path, _, query = self.path.partition("?")
            headers = tuple((name.lower(), value) for name, value in self.headers.items())
            sink.received.append(HttpRequest("POST", path, query, headers, body))
            answer = sink.answers.pop(0) if sink.answers else Answer(201, {}, b'{"sid":"1"}')
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def do_HEAD(self) -> None:
            headers = tuple((name.lower(), value) for name, value in self.headers.items())
            sink.received.append(HttpRequest("HEAD", self.path, "", headers, b""))
            self.send_response(405)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
