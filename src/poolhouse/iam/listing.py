"""Lists as IAM pages them: Marker, MaxItems, IsTruncated."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from poolhouse.contract.callers import Signed
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import AnyOperation
from poolhouse.kernel.paging import bookmarks, place_of
from poolhouse.pages import page

LAST = "\x7f"
"""Sorts after every character that a path may hold."""

_USUAL = 100

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Listed(Generic[Item]):
    """One page. `marker` is None at the end."""

    items: list[Item]
    marker: str | None

    @property
    def is_truncated(self) -> bool:
        return self.marker is not None


def listed(
    call: Call[Signed],
    operation: AnyOperation,
    bound_to: tuple[str, ...],
    marker: str | None,
    most: int | None,
    read: Callable[[str, int], Sequence[Item]],
    key: Callable[[Item], str],
) -> Listed[Item]:
    """The page of at most `most` (100) that `marker` begins. `read` takes what to go on after and
    how many to read; `bound_to` names the list within the operation."""
    # A Marker may have 320 characters, and a path prefix alone 512.
    name = hashlib.sha256("\x1f".join(bound_to).encode()).hexdigest()[:16]
    marks, size = bookmarks(call, operation, name), most or _USUAL
    (after,) = place_of(marks, marker) or [""]
    found = page(marks, read(after, size + 1), size, lambda item: (key(item),))
    return Listed(found.items, found.next_token)
