"""Whose address counts, and how much of a body is read."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from poolhouse.doors.receiving import Headers, origin_of, receive_body

PROXIES = ("10.0.0.0/8", "fd00::/8")


def origin(peer: str, *forwarded: str, trusted: tuple[str, ...] = PROXIES) -> str:
    headers = Headers(tuple(("x-forwarded-for", value) for value in forwarded))
    return origin_of({"client": (peer, 1)}, headers, trusted).source_ip


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66", "198.51.100.1, 10.2.3.4"], "198.51.100.1"),
        ("fd00::1", ["2001:db8::7"], "2001:db8::7"),
        ("10.0.0.1", ["not an address"], "10.0.0.1"),
        ("10.0.0.1", ["fe80::1%<script>"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.2"], "10.0.0.1"),
    ],
)
def test_only_a_trusted_proxy_is_believed(peer: str, forwarded: list[str], expected: str) -> None:
    """AUT-03, IAM-06: an unreadable header falls back to the peer, never to no address."""
    assert origin(peer, *forwarded) == expected


def test_without_trusted_proxies_headers_say_nothing() -> None:
    assert origin("10.0.0.1", "198.51.100.1", trusted=()) == "10.0.0.1"


def body_of(parts: list[MutableMapping[str, Any]], headers: Headers, most: int) -> Any:
    read = 0

    async def receive() -> MutableMapping[str, Any]:
        nonlocal read
        read += 1
        return parts[read - 1]

    return asyncio.run(receive_body(headers, receive, most)), read


def part(body: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_is_read_up_to_the_limit_and_no_further() -> None:
    """NET-02, SIG-14"""
    none = Headers(())
    assert body_of([part(b"ab", True), part(b"c", False)], none, 3) == (b"abc", 2)
    assert body_of([part(b"ab", True), part(b"cd", True), part(b"e", False)], none, 3) == (None, 2)
    declared = Headers((("content-length", "4"),))
    assert body_of([], declared, 3) == (None, 0)


def test_a_body_that_was_cut_off_is_no_body() -> None:
    gone = {"type": "http.disconnect"}
    assert body_of([gone], Headers(()), 9) == (None, 1)
    assert body_of([part(b"{}", True), gone], Headers(()), 9) == (None, 2)
