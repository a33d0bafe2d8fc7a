"""The engine: `begin` a sign-in by a flow, `answer` a challenge. Every door is its client."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.signin.challenges import (
    new_password,
    plain_password,
    refresh,
    srp_password,
)
from poolhouse.userpools.signin.entrance import Entrance, Outcome, Parameters, required

Begin = Callable[[Entrance, Parameters], Outcome]
Answer = Callable[[Entrance, str, Parameters], Outcome]

_ADMIN_FLOW = "ADMIN_USER_PASSWORD_AUTH"
_SAME_FLOW = {"ADMIN_NO_SRP_AUTH": _ADMIN_FLOW, "REFRESH_TOKEN": "REFRESH_TOKEN_AUTH"}
_FLOWS: Mapping[str, Begin] = {
    "USER_PASSWORD_AUTH": plain_password.begin,
    _ADMIN_FLOW: plain_password.begin,
    "USER_SRP_AUTH": srp_password.begin,
    "REFRESH_TOKEN_AUTH": refresh.begin,
}
_NOT_ENABLED = {
    "USER_PASSWORD_AUTH": "USER_PASSWORD_AUTH flow not enabled for this client",
    "USER_SRP_AUTH": "USER_SRP_AUTH is not enabled for the client.",
    "USER_AUTH": "USER_AUTH flow not enabled for this client",
}


def begin(entrance: Entrance, flow: str, given: Parameters) -> Outcome:
    """The first step of a flow that the client allows.

    Raises InvalidParameterException for flows that are not allowed, not known at this door, or
    lack a parameter, and whatever the flow itself refuses.
    """
    flow = _SAME_FLOW.get(flow, flow)
    if flow == _ADMIN_FLOW and not entrance.admin:
        raise idp.InvalidParameterException("Initiate Auth method not supported")
    if flow == "USER_PASSWORD_AUTH" and entrance.admin:
        raise idp.InvalidParameterException("Initiate Auth method not supported")
    if f"ALLOW_{flow}" not in entrance.client.flows:
        raise idp.InvalidParameterException(
            _NOT_ENABLED.get(flow, "Auth flow not enabled for this client")
        )
    if flow == "CUSTOM_AUTH":
        raise idp.InvalidParameterException(
            "Custom auth lambda trigger is not configured for the user pool."
        )
    start = _FLOWS.get(flow)
    if start is None:
        raise idp.InvalidParameterException("Initiate Auth method not supported")
    return start(entrance, given)


def _answer_srp(entrance: Entrance, session: str, given: Parameters) -> Outcome:
    """The state is in the block; a Session is not sent by every client, and not needed."""
    return srp_password.answer(entrance, given)


_ANSWERS: Mapping[str, Answer] = {
    srp_password.NAME: _answer_srp,
    new_password.NAME: new_password.answer,
}
_WITHOUT_SESSION = frozenset({srp_password.NAME})


def answer(entrance: Entrance, challenge: str, session: str | None, given: Parameters) -> Outcome:
    """The next step after an answer to `challenge`."""
    if challenge not in _WITHOUT_SESSION:
        session = required({"Session": session or ""}, "Session")
    judge = _ANSWERS.get(challenge)
    if judge is None:
        raise idp.NotAuthorizedException("Invalid session for the user.")
    return judge(entrance, session or "", given)
