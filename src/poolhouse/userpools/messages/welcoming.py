"""Welcoming a user whom the pool's function brought in from another directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from poolhouse.kernel.call import Call
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.messages.rules import invitation_attributes
from poolhouse.userpools.messages.sending import Messages
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.triggers.migrating import Migration


def welcoming(
    call: Call[Any],
    pool: Pool,
    client: Client,
    migration: Migration,
    metadata: Mapping[str, str] | None = None,
) -> Callable[[], None]:
    """What writes the user, and the invitation that welcomes them: without a password, which they
    have. Asks for its words, so it comes before the first write.

    Raises UserLambdaValidationException and its like; what it answers, LimitExceededException.
    """
    messages, media = Messages(call, pool), migration.welcomed_by
    to = invitation_attributes(migration.user, media) if media else []
    if not to:
        return migration.write
    messages.ask("invitation", migration.user, client, metadata, to=to)

    def write() -> None:
        migration.write()
        messages.invitation(migration.user, None, media)

    return write
