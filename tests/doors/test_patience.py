"""Connections that take their time: closed at a deadline, and so many of one peer."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from poolhouse.cli.serve import _options
from poolhouse.doors.patience import Patience, Places
from tests.support.house import settings_for
from tests.support.server import Server
from tests.support.wire import Wire

LONG = 10.0
ANSWER = b"x" * (64 << 20)
SMALL = [(b"content-length", b"5")]
first_was_read = threading.Event()


class Impatience(Patience):
    """The same with deadlines that a test can wait for."""

    headers_within = body_within = read_within = 0.3
    most_after = 1 << 20
    mine = Places(3)

    @property
    def places(self) -> Places:
        return self.mine


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body, and answers with more than a socket holds; below /small with little, below
    /headers with their names, and below /parts in two parts, the second once the client has read
    the first."""
    while (await receive()).get("more_body"):
        pass
    if scope["path"] == "/small":
        await send({"type": "http.response.start", "status": 200, "headers": SMALL})
        await send({"type": "http.response.body", "body": b"small"})
        return
    if scope["path"] == "/headers":
        names = b" ".join(name for name, _ in scope["headers"])
        length = (b"content-length", str(len(names)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": names})
        return
    if scope["path"] == "/parts":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await asyncio.to_thread(first_was_read.wait, LONG)
        await send({"type": "http.response.body", "body": b"second"})
        return
    length = (b"content-length", str(len(ANSWER)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": ANSWER})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = uvicorn.Server(
        uvicorn.Config(application, port=0, http=Impatience, log_config=None, lifespan="off")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=LONG) as made:
        yield made


def everything(connection: socket.socket) -> bytes:
    """Until the other side closes; a TimeoutError where it does not."""
    parts = []
    while part := connection.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "sent",
    [b"", b"PO", HEAD, HEAD + b"Content-Length: 10\r\n\r\nhalf", HEAD + b"Transfer-Encoding: chu"],
)
def test_whoever_does_not_finish_a_request_is_sent_away(port: int, sent: bytes) -> None:
    """NET-01: nothing, half a header, half a body."""
    with connected(port) as connection:
        connection.sendall(sent)
        assert everything(connection).startswith(b"HTTP/1.1 408 ")


def test_drops_do_not_put_the_deadline_off(port: int) -> None:
    """NET-01"""
    with connected(port) as connection:
        connection.sendall(HEAD)
        with pytest.raises(OSError):  # noqa: PT011 - reset or broken, as the system likes
            for number in range(int(LONG / 0.05)):
                connection.sendall(b"X-%d: y\r\n" % number)
                time.sleep(0.05)


def test_the_next_request_of_a_connection_has_the_same_deadline(port: int) -> None:
    """NET-01"""
    with connected(port) as connection:
        connection.sendall(HEAD + b"Content-Length: 0\r\n\r\n")
        received = 0
        while received < len(ANSWER):
            received += len(connection.recv(1 << 20))
        connection.sendall(b"GET / HT")
        assert everything(connection)[-200:].startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("drops", [1, 40])
def test_empty_lines_between_two_requests_do_not_keep_a_connection(port: int, drops: int) -> None:
    """NET-01: the parser takes them for nothing, and uvicorn for the end of the idle time."""
    with connected(port) as connection:
        connection.sendall(b"GET /small HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1 << 20).endswith(b"small")
        with suppress(ConnectionResetError, BrokenPipeError):
            for _ in range(drops):
                connection.sendall(b"\r\n")
                time.sleep(0.05)
            assert everything(connection).startswith(b"HTTP/1.1 408 ")


def test_a_request_after_an_empty_line_is_answered(port: int) -> None:
    """RFC 9112, 2.2: at least one is to be ignored."""
    with connected(port) as connection:
        for _ in range(3):
            connection.sendall(b"\r\n")
            time.sleep(0.05)
            connection.sendall(b"GET /small HTTP/1.1\r\nHost: x\r\n\r\n\r\n")
            assert connection.recv(1 << 20).endswith(b"small")


FIELD = b"X: y\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + FIELD * 4000 + b"\r\n",
        HEAD + FIELD * 400_000,
        HEAD + b"X: " + b"y" * 65536 + b"\r\n\r\n",
        HEAD + b"X: " + b"y" * (4 << 20),
        b"GET /" + b"y" * 65536 + b" HTTP/1.1\r\n\r\n",
        b"GET /" + b"y" * (4 << 20),
    ],
    ids=["fields", "endless fields", "field", "endless field", "line", "endless line"],
)
def test_a_head_has_its_bounds(port: int, sent: bytes) -> None:
    """NET-02: the parser has none, and would keep all that comes within the deadline."""
    with connected(port) as connection, suppress(ConnectionResetError, BrokenPipeError):
        connection.sendall(sent)
        assert everything(connection).startswith(b"HTTP/1.1 431 ")


def test_a_head_within_its_bounds_is_read(port: int) -> None:
    with connected(port) as connection:
        fields = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 500) for number in range(100))
        connection.sendall(b"GET /small HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n")
        assert connection.recv(1 << 20).endswith(b"small")


@pytest.mark.parametrize("sent", [b"X: " + b"y" * (4 << 20), FIELD * 600_000])
def test_trailers_have_their_bounds(port: int, sent: bytes) -> None:
    """NET-02"""
    with connected(port) as connection, suppress(ConnectionResetError, BrokenPipeError):
        connection.sendall(CHUNKED + sent)
        assert everything(connection).startswith(b"HTTP/1.1 431 ")


def test_trailers_are_no_headers(port: int) -> None:
    """NET-05: what a proxy does not look at is no X-Forwarded-For either."""
    with connected(port) as connection:
        connection.sendall(b"POST /headers" + CHUNKED[6:] + b"X-Forwarded-For: 192.0.2.1\r\n\r\n")
        assert connection.recv(1 << 20).endswith(b"\r\n\r\nhost transfer-encoding")


def test_whoever_does_not_read_the_answer_is_sent_away(port: int) -> None:
    """NET-01"""
    with connected(port) as connection:
        connection.sendall(HEAD + b"Content-Length: 0\r\n\r\n")
        time.sleep(1)
        received = 0
        with suppress(ConnectionResetError):
            while part := connection.recv(1 << 20):
                received += len(part)
        assert received < len(ANSWER)


def test_an_answer_leaves_in_one_piece(port: int) -> None:
    with connected(port) as connection:
        for _ in range(20):
            connection.sendall(b"GET /small HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(1 << 20).endswith(b"\r\n\r\nsmall")


def test_an_answer_without_a_body_leaves_at_once(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"HEAD /small HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1 << 20).endswith(b"content-length: 5\r\n\r\n")


def test_what_is_answered_in_parts_leaves_in_parts(port: int) -> None:
    first_was_read.clear()
    with connected(port) as connection:
        connection.sendall(b"GET /parts HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1 << 20).endswith(b"\r\n\r\n5\r\nfirst\r\n")
        first_was_read.set()
        received = b""
        while not received.endswith(b"0\r\n\r\n"):
            received += connection.recv(1 << 20)
        assert received.startswith(b"6\r\nsecond\r\n")


def test_whoever_waits_to_be_told_to_go_on_is_told(port: int) -> None:
    """RFC 9110, 10.1.1: the body is sent only after 100 (Continue)."""
    with connected(port) as connection:
        expecting = b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(b"POST /small HTTP/1.1\r\nHost: x\r\n" + expecting)
        assert connection.recv(1 << 20) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"body")
        assert connection.recv(1 << 20).endswith(b"\r\n\r\nsmall")


def test_a_peer_holds_so_many_connections_and_gets_them_back(port: int) -> None:
    """NET-01"""

    def refused() -> bool:
        with connected(port) as one_more:
            try:
                return one_more.recv(1) == b""
            except ConnectionResetError:
                return True

    with connected(port), connected(port), connected(port):
        time.sleep(0.1)
        assert refused()
    _until(lambda: not refused())


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < end


def test_a_trusted_proxy_holds_any_number() -> None:
    """NET-01"""
    places = Places(1, ("10.0.0.0/8",))
    assert [places.take("192.0.2.1") for _ in range(2)] == [True, False]
    assert all(places.take("10.1.2.3") for _ in range(5))
    places.leave("192.0.2.1")
    places.leave("192.0.2.1")
    assert places.take("192.0.2.1")
    assert all(Places(0).take("192.0.2.1") for _ in range(5))


def test_slow_peers_keep_nobody_else_waiting(tmp_path: Path) -> None:
    """NET-01: a real server, with hundreds that never finish a header."""
    assert _options(settings_for(tmp_path))["http"].endswith(":Patience")
    server = Server(tmp_path / "data").start()
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(300)]
    try:
        for one in slow:
            one.sendall(HEAD + b"X-Slow: ")
        with Wire(server.port) as wire:
            for _ in range(20):
                assert wire.ask("GetUser", AccessToken="x").code == "NotAuthorizedException"
    finally:
        for one in slow:
            one.close()
        server.stop()
