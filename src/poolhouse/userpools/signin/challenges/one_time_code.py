"""Codes by e-mail and SMS: EMAIL_OTP and SMS_MFA as second factors, EMAIL_OTP and SMS_OTP as first.

The code is in the sealed passage, so it answers this sign-in and no other; guesses are counted by
user and factor, whatever the number of sign-ins.
"""

from __future__ import annotations

import hmac

from msgspec.structs import replace

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.devices.store import Devices
from poolhouse.userpools.messages.nobody import apparent
from poolhouse.userpools.messages.rules import details
from poolhouse.userpools.messages.sending import Messages
from poolhouse.userpools.mfa.setting_up import has_factor
from poolhouse.userpools.signin import tries
from poolhouse.userpools.signin.challenges import recovery_code
from poolhouse.userpools.signin.entrance import Entrance, Parameters, required
from poolhouse.userpools.signin.next_step import Next
from poolhouse.userpools.signin.passage import Passage
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.signin.step import Outcome, Posed, Proved
from poolhouse.userpools.users.changing import confirm, mark_verified
from poolhouse.userpools.users.claiming import Claims
from poolhouse.userpools.users.rows import CONFIRMED, FORCE_CHANGE_PASSWORD, UNCONFIRMED, User
from poolhouse.userpools.users.rules import bad_session
from poolhouse.userpools.users.store import Users

ATTRIBUTES = {"SMS_MFA": "phone_number", "SMS_OTP": "phone_number", "EMAIL_OTP": "email"}
# As Cognito: 8 digits where the code is all there is.
_DIGITS_FIRST, _DIGITS_SECOND = 8, 6


def pose_first(
    entrance: Entrance,
    user: User | None,
    name: str,
    challenge: str,
    progress: Progress,
    spent: Passage | None = None,
) -> Posed:
    """The code as the first factor. For a name that nobody has, and for whom a code would not
    let in, the same work and no message."""
    who = replace(apparent(entrance.call, entrance.pool, name, user), username=name)
    value = who.attributes[ATTRIBUTES[challenge]]
    known = user is not None and user.attributes.get(ATTRIBUTES[challenge]) == value
    pretend = user is None or not known or not user.enabled or user.status == FORCE_CHANGE_PASSWORD
    posed = _pose(
        entrance, user, who, challenge, progress, value, digits=_DIGITS_FIRST, pretend=pretend
    )
    return replace(posed, spent=spent)


def pose_second(entrance: Entrance, user: User, progress: Progress, step: Next) -> Posed:
    assert step.challenge is not None
    value = user.attributes[ATTRIBUTES[step.challenge]]
    return _pose(entrance, user, user, step.challenge, progress, value)


def pose_to(entrance: Entrance, user: User, progress: Progress, value: str) -> Posed:
    """EMAIL_OTP to an address that is being set up, and is the user's once the code is right."""
    return _pose(entrance, user, user, "EMAIL_OTP", progress, value, new=True)


def _pose(
    entrance: Entrance,
    user: User | None,
    who: User,
    challenge: str,
    progress: Progress,
    value: str,
    *,
    digits: int = _DIGITS_SECOND,
    new: bool = False,
    pretend: bool = False,
) -> Posed:
    code, attribute = ids.digits(digits), ATTRIBUTES[challenge]
    data = {"code": code.encode(), "value": value.encode(), "new": b"1" if new else b""}
    session = entrance.passage(user, who.username, challenge, progress, data)
    shown = details(attribute, value)
    parameters = {
        "CODE_DELIVERY_DELIVERY_MEDIUM": shown.delivery_medium or "",
        "CODE_DELIVERY_DESTINATION": shown.destination or "",
    }
    if progress.done:
        parameters["USER_ID_FOR_SRP"] = who.username
    messages = Messages(entrance.call, entrance.pool)
    minutes = entrance.client.settings.auth_session_validity or 3
    worded = messages.sign_in_code(
        user or who,
        attribute,
        value,
        code,
        entrance.call.now + 60.0 * minutes,
        client=entrance.client,
        metadata=entrance.metadata,
        pretend=pretend,
    )
    return Posed(Outcome(challenge, parameters, session), worded)


def answer(challenge: str, entrance: Entrance, session: str, given: Parameters) -> Proved:
    """Judges a code. A wrong one leaves the session usable, until too many were wrong.

    Raises CodeMismatchException, NotAuthorizedException.
    """
    state, user = entrance.resumed_or_decoy(session, challenge, given)
    digits = required(given, f"{challenge}_CODE")
    if user is not None and (code := recovery_code.typed(state, digits)):
        return recovery_code.judged(entrance, state, user, code, challenge, mismatch())
    subject = f"{tries.subject_of(entrance, user, state.name)}/{challenge}"
    tries.admit(entrance, subject)
    right = hmac.compare_digest(state.data["code"], digits.encode())
    value, attribute = state.data["value"].decode(), ATTRIBUTES[challenge]
    if user is None or not right or not _stands(user, state, attribute, value):
        tries.failed(entrance, subject)
        raise mismatch()
    return Proved(
        _proven(user, attribute, value),
        state.progress.with_done(challenge),
        spent=state,
        tried=subject,
        changes=lambda: _write(entrance, user, attribute, value, new=state.data["new"] == b"1"),
    )


def _stands(user: User, state: Passage, attribute: str, value: str) -> bool:
    """Whether the code still speaks for the profile: sent to the user's address as it is, or to
    one that is being set up."""
    return state.data["new"] == b"1" or user.attributes.get(attribute) == value


def _proven(user: User, attribute: str, value: str) -> User:
    attributes = {**user.attributes, attribute: value, f"{attribute}_verified": "true"}
    status = CONFIRMED if user.status == UNCONFIRMED else user.status
    return replace(user, attributes=attributes, status=status)


def _write(entrance: Entrance, user: User, attribute: str, value: str, *, new: bool) -> None:
    """A code that came back proves the address, and confirms a user who had none other proof. A
    new factor takes the trust from devices that knew the user without one, and is refused to
    whoever has got one meanwhile (AUT-10)."""
    call, pool = entrance.call, entrance.pool
    if new:
        if has_factor(pool, Users(call.unit, pool).lock(user.sub)):
            raise bad_session()
        Devices(call, pool).distrust(user.sub)
    if user == _proven(user, attribute, value):
        return
    Claims(call, pool).lock_losers(_proven(user, attribute, value), force=False)
    held = mark_verified(call, pool, user, attribute, value)
    if held.status == UNCONFIRMED:
        confirm(call, pool, held)


def mismatch() -> idp.CodeMismatchException:
    return idp.CodeMismatchException("Invalid code or auth state for the user.")
