"""What a step of the engine ends in: a factor shown, a challenge to be posed, or an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import msgspec

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.signin.passage import Passage
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.users.rows import User
from poolhouse.values import Value


class Outcome(Value, frozen=True):
    """What the client is answered: a challenge with its parameters and session, or tokens."""

    secret: ClassVar = frozenset({"parameters", "session", "tokens"})
    challenge: str | None = None
    parameters: dict[str, str] = msgspec.field(default_factory=dict)
    session: str | None = None
    tokens: idp.AuthenticationResultType | None = None
    available: list[str] | None = None


class Posed(Value, frozen=True):
    """A challenge that is ready to be asked. `write` is done with the unit (a code is sent, …);
    `spent` is the passage that led here, taken with it."""

    outcome: Outcome
    write: Callable[[], None] | None = None
    spent: Passage | None = None


class Proved(Value, frozen=True):
    """A factor was shown right, and the last entry of `progress.done` names it.

    `user` is as the unit will leave them, and `changes` writes that. `spent` is the passage that
    led here: it is taken with whatever is written, so that it leads here once; `taken` says that
    it was taken before, for good. `tried` is the subject whose try is counted as a success.
    `in_groups` is false where the user is known to be in no group.
    """

    user: User
    progress: Progress
    spent: Passage | None = None
    taken: bool = False
    tried: str | None = None
    password_expires_at: float | None = None
    changes: Callable[[], None] | None = None
    in_groups: bool = True


Judged = Outcome | Posed | Proved
