"""The engine: `begin` a sign-in by a flow, `answer` a challenge. Every door is its client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from msgspec.structs import replace

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.signin.challenges import (
    choice,
    custom,
    device,
    mfa_setup,
    new_password,
    one_time_code,
    passkey,
    plain_password,
    refresh,
    select_mfa,
    software_token,
    srp_password,
)
from poolhouse.userpools.signin.entrance import Entrance, Parameters, required
from poolhouse.userpools.signin.going_on import go_on, written
from poolhouse.userpools.signin.progress import CUSTOM_FLOW
from poolhouse.userpools.signin.step import Judged, Outcome, Posed, Proved
from poolhouse.userpools.users.rules import bad_session

Begin = Callable[[Entrance, Parameters], Judged]
Answer = Callable[[Entrance, str, Parameters], Judged]

_ADMIN_FLOW = "ADMIN_USER_PASSWORD_AUTH"
_SAME_FLOW = {"ADMIN_NO_SRP_AUTH": _ADMIN_FLOW, "REFRESH_TOKEN": "REFRESH_TOKEN_AUTH"}
_NOT_ENABLED = {
    "USER_PASSWORD_AUTH": "USER_PASSWORD_AUTH flow not enabled for this client",
    "USER_SRP_AUTH": "USER_SRP_AUTH is not enabled for the client.",
    "USER_AUTH": "USER_AUTH flow not enabled for this client",
    CUSTOM_FLOW: "CUSTOM_AUTH is not enabled for the client.",
}


def begin(entrance: Entrance, flow: str, given: Parameters, session: str | None = None) -> Outcome:
    """The first step of a flow that the client allows. `session` is a sign-up's.

    Raises InvalidParameterException for flows that are not allowed, not known at this door, or
    lack a parameter, and whatever the flow itself refuses.
    """
    flow = _SAME_FLOW.get(flow, flow)
    if flow == (_ADMIN_FLOW if not entrance.admin else "USER_PASSWORD_AUTH"):
        raise idp.InvalidParameterException("Initiate Auth method not supported")
    if f"ALLOW_{flow}" not in entrance.client.flows:
        raise idp.InvalidParameterException(
            _NOT_ENABLED.get(flow, "Auth flow not enabled for this client")
        )
    if flow != "REFRESH_TOKEN_AUTH":
        entrance.conceal()
    flows: Mapping[str, Begin] = {
        "USER_PASSWORD_AUTH": partial(plain_password.begin, flow=flow),
        _ADMIN_FLOW: partial(plain_password.begin, flow=flow),
        "USER_SRP_AUTH": partial(srp_password.begin, flow=flow),
        "REFRESH_TOKEN_AUTH": refresh.begin,
        choice.FLOW: partial(choice.begin, session=session),
        CUSTOM_FLOW: custom.begin,
    }
    start = flows.get(flow)
    if start is None:
        raise idp.InvalidParameterException("Initiate Auth method not supported")
    return _carried_out(entrance, start(entrance, given), given)


_ANSWERS: Mapping[str, Answer] = {
    srp_password.NAME: srp_password.answer,
    new_password.NAME: new_password.answer,
    software_token.NAME: software_token.answer,
    "SMS_MFA": partial(one_time_code.answer, "SMS_MFA"),
    "SMS_OTP": partial(one_time_code.answer, "SMS_OTP"),
    "EMAIL_OTP": partial(one_time_code.answer, "EMAIL_OTP"),
    select_mfa.NAME: select_mfa.answer,
    mfa_setup.NAME: mfa_setup.answer,
    device.NAME: device.answer,
    device.VERIFIER: device.verify,
    passkey.NAME: choice.by_passkey,
    plain_password.NAME: partial(choice.directly, "PASSWORD"),
    "PASSWORD_SRP": partial(choice.directly, "PASSWORD_SRP"),
    choice.NAME: choice.answer,
    custom.NAME: custom.answer,
}
_WITHOUT_SESSION = frozenset({srp_password.NAME, device.NAME, device.VERIFIER})


def answer(entrance: Entrance, challenge: str, session: str | None, given: Parameters) -> Outcome:
    """The next step after an answer to `challenge`."""
    entrance.conceal()
    if challenge not in _WITHOUT_SESSION:
        session = required({"Session": session or ""}, "Session")
    judge = _ANSWERS.get(challenge)
    if judge is None:
        raise bad_session()
    return _carried_out(entrance, judge(entrance, session or "", given), given)


def _carried_out(entrance: Entrance, judged: Judged, given: Parameters) -> Outcome:
    if isinstance(judged, Proved):
        return go_on(entrance, _with_device(entrance, judged, given))
    if isinstance(judged, Posed):
        return written(entrance, judged, None)
    return judged


def _with_device(entrance: Entrance, proved: Proved, given: Parameters) -> Proved:
    """Clients name their device in each request. Who is told that it is unknown sends the same
    proof again without it; an answer that is good once cannot be, so there an unknown one counts as
    none. In CUSTOM_AUTH nobody is told before the functions have said enough."""
    key, progress = given.get("DEVICE_KEY"), proved.progress
    if not key or progress.device_key:
        return proved
    if proved.taken and not device.known(entrance, proved.user, key):
        return proved
    return replace(proved, progress=replace(progress, device_key=key))
