"""MFA_SETUP: a second factor is demanded, and the user has none yet."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.mfa.setting_up import has_factor, holds, registered
from poolhouse.userpools.signin.challenges import one_time_code
from poolhouse.userpools.signin.entrance import Entrance, Parameters
from poolhouse.userpools.signin.next_step import Next
from poolhouse.userpools.signin.passage import Passage
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.signin.step import Outcome, Posed, Proved
from poolhouse.userpools.users.formats import is_email
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.rules import bad_session

NAME = "MFA_SETUP"


def pose(entrance: Entrance, user: User, progress: Progress, step: Next) -> Posed:
    choices = msgspec.json.encode(step.choices)
    session = entrance.passage(user, user.username, NAME, progress, {"choices": choices})
    parameters = {"MFAS_CAN_SETUP": choices.decode(), "USER_ID_FOR_SRP": user.username}
    return Posed(Outcome(NAME, parameters, session))


def answer(entrance: Entrance, session: str, given: Parameters) -> Posed | Proved:
    """Either the session of VerifySoftwareToken, or an e-mail address to be proved by a code, by
    whoever has no factor yet (AUT-10)."""
    state, user = entrance.resumed(session, NAME, given)
    address = given.get("EMAIL") or given.get("email")
    if address:
        return _to_address(entrance, user, state, address)
    if not registered(state.data):
        raise idp.InvalidParameterException("A software token has to be verified first.")
    if not holds(entrance.call, entrance.pool, user, state.data):
        raise bad_session()
    return Proved(user, state.progress.with_done(NAME), spent=state)


def _to_address(entrance: Entrance, user: User, state: Passage, address: str) -> Posed:
    if has_factor(entrance.pool, user):
        raise bad_session()
    if "EMAIL_OTP" not in msgspec.json.decode(state.data["choices"], type=list[str]):
        raise idp.InvalidParameterException("E-mail is not a second factor of this user pool.")
    if not is_email(address):
        raise idp.InvalidParameterException("Invalid email address format.")
    posed = one_time_code.pose_to(entrance, user, state.progress, address)
    return replace(posed, spent=state)
