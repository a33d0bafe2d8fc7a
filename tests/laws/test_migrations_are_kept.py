"""A migration that was handed out is never changed: databases that went through it miss it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from tests.laws.source import Source, hand_written, hold, snippet

REVISIONS = "src/poolhouse/storage/migrations/versions"
# The SHA-256 of each revision that was handed out.
HANDED_OUT = {
    "0001_initial": "a3bc9ceaea6f4f74cd7b56c73fd433d4b18887a8f4c035d0ca2654eba4794203",
    "0002_sign_in_complete": "b3788d33667848b6e3f14c13f5ad72675b6d0b1cc8da65c8db47905fb2adaaad",
    "0003_first_week": "567b85ce17e50a4e087503db7141a9a0ffa230d8734f4ced28da05bd86bdf51a",
}


def mark(source: Source) -> str:
    return hashlib.sha256(source.text.encode()).hexdigest()


def changed(source: Source) -> Iterator[str]:
    name = source.path.rpartition("/")[2].removesuffix(".py")
    if name in HANDED_OUT and mark(source) != HANDED_OUT[name]:
        yield f"  {source.path} is not what databases went through"


def test_no_migration_that_was_handed_out_is_changed() -> None:
    found = hand_written(REVISIONS)
    names = sorted(source.path.rpartition("/")[2].removesuffix(".py") for source in found)
    assert set(names) >= set(HANDED_OUT)
    assert set(HANDED_OUT) >= set(names[:-1]), "what another revision stands on was handed out"
    hold(changed, found, "Put it back, and write a new revision that makes the change.")


def test_a_change_is_seen() -> None:
    path = f"{REVISIONS}/0001_initial.py"
    assert list(changed(snippet(path, "revision = '0001'")))
    assert not list(changed(snippet(f"{REVISIONS}/9999_new.py", "revision = '9999'")))
