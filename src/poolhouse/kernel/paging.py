"""Bookmarks of an operation's list: bound to the operation and to whatever else names the list."""

from __future__ import annotations

from typing import Any

from poolhouse.contract.shape import Refusal, Refused
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import AnyOperation
from poolhouse.pages import BadToken, Bookmarks


def bookmarks(call: Call[Any], operation: AnyOperation, *bound_to: str) -> Bookmarks:
    """Tokens good only for this operation on this list (pool, group, filter …)."""
    name = "\x1f".join((operation.action, *bound_to))
    return Bookmarks(call.services.sealer.mac, name, call.now)


def place_of(marks: Bookmarks, token: str | None) -> list[str] | None:
    """Where the list goes on; None for its beginning. Refused where it is not this list's."""
    try:
        return marks.after(token)
    except BadToken:
        raise Refused(Refusal.INVALID, "Invalid pagination token.") from None
