"""A recovery code in the place of a second factor's code: an extension of Poolhouse. It is typed
where the code is asked for, so it needs nothing of a client."""

from __future__ import annotations

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.messages.sending import Messages
from poolhouse.userpools.mfa.recovery_codes import RecoveryCodes, canonical
from poolhouse.userpools.signin import tries
from poolhouse.userpools.signin.entrance import Entrance
from poolhouse.userpools.signin.next_step import RECOVERED
from poolhouse.userpools.signin.passage import Passage
from poolhouse.userpools.signin.step import Proved
from poolhouse.userpools.users.rows import User


def typed(state: Passage, code: str) -> str | None:
    """The recovery code that was typed, if one was: it stands for no first factor."""
    return canonical(code) if state.progress.done else None


def judged(
    entrance: Entrance,
    state: Passage,
    user: User,
    code: str,
    challenge: str,
    wrong: idp.CodeMismatchException,
) -> Proved:
    """Judges the code; a right one is spent with the unit. A wrong one leaves the session usable,
    and is counted apart from other factors' codes.

    Raises `wrong`, in the words of the factor's own challenge; NotAuthorizedException.
    """
    subject = f"{user.sub}/{RECOVERED}"
    tries.admit(entrance, subject)
    codes = RecoveryCodes(entrance.call, entrance.pool)
    found = codes.find(user, code)
    if found is None:
        tries.failed(entrance, subject)
        raise wrong

    def spend() -> None:
        if not codes.take(user, found):
            raise wrong
        Messages(entrance.call, entrance.pool).notice(user, "recovery code")

    progress = state.progress.with_done(RECOVERED, posed=challenge)
    return Proved(user, progress, spent=state, tried=subject, changes=spend)
