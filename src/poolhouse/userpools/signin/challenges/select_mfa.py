"""SELECT_MFA_TYPE: several second factors, and the user says which."""

from __future__ import annotations

import msgspec

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.signin.challenges import one_time_code, software_token
from poolhouse.userpools.signin.entrance import Entrance, Parameters, required
from poolhouse.userpools.signin.next_step import Next
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.signin.step import Outcome, Posed
from poolhouse.userpools.users.rows import User

NAME = "SELECT_MFA_TYPE"
# The developer guide calls it so in one place.
_ALSO = {"EMAIL_MFA": "EMAIL_OTP"}


def pose(entrance: Entrance, user: User, progress: Progress, step: Next) -> Posed:
    choices = msgspec.json.encode(step.choices)
    session = entrance.passage(user, user.username, NAME, progress, {"choices": choices})
    parameters = {"MFAS_CAN_CHOOSE": choices.decode(), "USER_ID_FOR_SRP": user.username}
    return Posed(Outcome(NAME, parameters, session))


def answer(entrance: Entrance, session: str, given: Parameters) -> Posed:
    """Poses the factor that was chosen. Raises InvalidParameterException for any other."""
    state, user = entrance.resumed(session, NAME, given)
    chosen = required(given, "ANSWER")
    chosen = _ALSO.get(chosen, chosen)
    if chosen not in msgspec.json.decode(state.data["choices"], type=list[str]):
        raise idp.InvalidParameterException(f"Invalid MFA type {chosen}.")
    pose = software_token.pose if chosen == software_token.NAME else one_time_code.pose_second
    posed = pose(entrance, user, state.progress, Next(chosen))
    return Posed(posed.outcome, posed.write, spent=state)
