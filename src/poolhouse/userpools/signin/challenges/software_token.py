"""SOFTWARE_TOKEN_MFA: a code of the user's authenticator (RFC 6238)."""

from __future__ import annotations

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.mfa.store import SoftwareTokens, mismatch
from poolhouse.userpools.signin import passage
from poolhouse.userpools.signin.challenges import recovery_code
from poolhouse.userpools.signin.entrance import Entrance, Parameters, required
from poolhouse.userpools.signin.next_step import Next
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.signin.step import Outcome, Posed, Proved
from poolhouse.userpools.users.rows import User

NAME = "SOFTWARE_TOKEN_MFA"


def pose(entrance: Entrance, user: User, progress: Progress, _: Next) -> Posed:
    name = SoftwareTokens(entrance.call, entrance.pool).name_of(user)
    session = entrance.passage(user, user.username, NAME, progress)
    parameters = {"USER_ID_FOR_SRP": user.username}
    if name:
        parameters["FRIENDLY_DEVICE_NAME"] = name
    return Posed(Outcome(NAME, parameters, session))


def answer(entrance: Entrance, session: str, given: Parameters) -> Proved:
    """Judges the code. A wrong one leaves the session usable; no code is right twice.

    Raises CodeMismatchException, ExpiredCodeException, NotAuthorizedException.
    """
    state, user = entrance.resumed(session, NAME, given)
    digits = required(given, f"{NAME}_CODE")
    if code := recovery_code.typed(state, digits):
        return recovery_code.judged(entrance, state, user, code, NAME, mismatch())
    try:
        SoftwareTokens(entrance.call, entrance.pool).judge(user, digits)
    except idp.ExpiredCodeException:
        passage.refuse_taken(entrance.call.unit, state)
        raise
    return Proved(user, state.progress.with_done(NAME), spent=state)
