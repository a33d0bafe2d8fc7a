"""Pages of a list: tokens that say where the next page begins.

A token is opaque, authenticated, bound to the list it came from (operation, pool, filter) and
good for an hour, so it can be neither forged nor carried to another list.
Source: "PaginationToken … valid for one hour", ListUsers API page.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

LIFETIME = 3600.0
MOST = 60

Mac = Callable[[bytes, str], bytes]
Item = TypeVar("Item")


class BadToken(Exception):
    """The token is not one of this list, or too old."""


class _Place(msgspec.Struct, array_like=True):
    list_name: str
    after: list[str]
    expires_at: float


_decode = msgspec.json.Decoder(_Place).decode


@dataclass(frozen=True, slots=True)
class Bookmarks:
    """Makes and reads the tokens of one list. `mac` is a keyed hash that every worker shares."""

    mac: Mac
    list_name: str
    now: float

    def token(self, *after: str) -> str:
        body = msgspec.json.encode(_Place(self.list_name, list(after), self.now + LIFETIME))
        # Not the URL-safe alphabet: a command line takes what begins with `-` for an option.
        return base64.b64encode(self._tag(body) + body).decode().rstrip("=")

    def after(self, token: str | None) -> list[str] | None:
        """Where to go on from; None for the first page. Raises BadToken."""
        if token is None:
            return None
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), validate=True)
            tag, body = raw[:16], raw[16:]
            if not hmac.compare_digest(tag, self._tag(body)):
                raise BadToken
            place = _decode(body)
        except (binascii.Error, ValueError, msgspec.DecodeError):
            raise BadToken from None
        if place.list_name != self.list_name or place.expires_at < self.now:
            raise BadToken
        return place.after

    def _tag(self, body: bytes) -> bytes:
        return self.mac(body, "page token")[:16]


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """The items of one page and the token of the next, None at the end."""

    items: list[Item]
    next_token: str | None


def page(
    bookmarks: Bookmarks, found: Sequence[Item], size: int, key: Callable[[Item], tuple[str, ...]]
) -> Page[Item]:
    """Cuts a page from `found`, which was read one item past `size`. `key` says, of the last
    item shown, what the next page comes after."""
    items = list(found[:size])
    more = len(found) > size
    return Page(items, bookmarks.token(*key(items[-1])) if more else None)


def size_of(limit: int | None) -> int:
    """The page size asked for; absent and 0 both mean the most."""
    return limit or MOST
