"""USER_AUTH and SELECT_CHALLENGE: the user says by what they want to sign in.

Source: "USER_AUTH" in the developer guide's "Authentication flows"; which factors are offered is
decided by `first_factors`.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.signin import stepping_up
from poolhouse.userpools.signin.challenges import (
    one_time_code,
    passkey,
    plain_password,
    srp_password,
)
from poolhouse.userpools.signin.claimant import Claimant
from poolhouse.userpools.signin.entrance import Entrance, Parameters, incorrect, required
from poolhouse.userpools.signin.first_factors import choices, standing_of
from poolhouse.userpools.signin.next_step import disabled
from poolhouse.userpools.signin.passage import Passage
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.signin.step import Judged, Outcome, Posed, Proved

FLOW = "USER_AUTH"
NAME = "SELECT_CHALLENGE"
SIGNED_UP = "SIGNED_UP"
_ALL = ("PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN")


def begin(entrance: Entrance, given: Parameters, *, session: str | None) -> Judged:
    """The preferred challenge where it is offered, else the choice. A session of ConfirmSignUp
    has shown the code already, and signs in at once."""
    name = required(given, "USERNAME")
    entrance.prove_secret(name, given)
    claimant = entrance.claimant(name)
    if session:
        return _signed_up(entrance, given, session)
    if claimant.user is not None and not claimant.user.enabled and not entrance.hides_users:
        raise disabled()
    claimant = entrance.pre_authenticated(claimant, name)
    progress = stepping_up.asked(entrance, claimant.user, Progress(flow=FLOW), given)
    offered = choices(standing_of(entrance, claimant, name))
    preferred = given.get("PREFERRED_CHALLENGE", "")
    if preferred and preferred not in _ALL:
        raise idp.InvalidParameterException("Unrecognized PREFERRED_CHALLENGE.")
    if preferred in offered:
        return _chosen(entrance, claimant, name, preferred, progress, given, None)
    if not offered:
        raise idp.InvalidParameterException("No first factor is available for the user.")
    listed = msgspec.json.encode(offered)
    made = entrance.passage(claimant.user, name, NAME, progress, {"offered": listed})
    return Outcome(NAME, {"USERNAME": name}, made, available=list(offered))


def answer(entrance: Entrance, session: str, given: Parameters) -> Judged:
    """The factor that was chosen, answered at once where the answer came with it."""
    entrance.opened(session, NAME)
    chosen = required(given, "ANSWER")
    if chosen not in _ALL:
        raise idp.InvalidParameterException("Unrecognized ANSWER.")
    return directly(chosen, entrance, session, given)


def directly(chosen: str, entrance: Entrance, session: str, given: Parameters) -> Judged:
    """The same where the client answers by the challenge's own name."""
    state, claimant = entrance.resumed_claimant(session, NAME, given)
    if chosen not in msgspec.json.decode(state.data["offered"], type=list[str]):
        raise idp.InvalidParameterException(f"{chosen} is not available for the user.")
    return _chosen(entrance, claimant, state.name, chosen, state.progress, given, state)


def by_passkey(entrance: Entrance, session: str, given: Parameters) -> Judged:
    """WEB_AUTHN by its own name: the choice of it, or its answer."""
    if given.get("CREDENTIAL") or entrance.waits_for(session, passkey.NAME):
        return passkey.answer(entrance, session, given)
    return directly(passkey.NAME, entrance, session, given)


def _chosen(
    entrance: Entrance,
    claimant: Claimant,
    name: str,
    chosen: str,
    progress: Progress,
    given: Parameters,
    spent: Passage | None,
) -> Posed | Proved:
    if chosen == "PASSWORD":
        text = required(given, "PASSWORD")
        return plain_password.prove(entrance, claimant, name, text, progress, spent)
    if chosen == "PASSWORD_SRP":
        posed = srp_password.pose(
            entrance, claimant, name, progress, given, spent, with_session=True
        )
    elif chosen == "WEB_AUTHN":
        posed = passkey.pose(entrance, claimant.user, name, progress, spent)
    else:
        posed = one_time_code.pose_first(entrance, claimant.user, name, chosen, progress, spent)
    return replace(posed, outcome=replace(posed.outcome, available=[chosen]))


def _signed_up(entrance: Entrance, given: Parameters, session: str) -> Proved:
    """Signing in right after ConfirmSignUp, whose code proved the address a moment ago."""
    state = entrance.opened(session, SIGNED_UP)
    user = entrance.users.by_sub(state.sub)
    entrance.check_named(state, user, given)
    if user is None:
        raise incorrect()
    factor = state.data["factor"].decode()
    return Proved(user, Progress(flow=FLOW).with_done(factor), spent=state)
