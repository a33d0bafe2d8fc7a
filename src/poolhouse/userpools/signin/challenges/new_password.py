"""NEW_PASSWORD_REQUIRED: a temporary password was right, and must be replaced now."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.messages.sending import Messages
from poolhouse.userpools.passwords import rules as password_rules
from poolhouse.userpools.passwords.rows import Prepared
from poolhouse.userpools.signin import passage
from poolhouse.userpools.signin.entrance import Entrance, Parameters, required
from poolhouse.userpools.signin.next_step import Next
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.signin.step import Outcome, Posed, Proved
from poolhouse.userpools.users.attributes import accepted
from poolhouse.userpools.users.changing import change_attributes
from poolhouse.userpools.users.planning import ToVerify, planned
from poolhouse.userpools.users.rows import CONFIRMED, FORCE_CHANGE_PASSWORD, User
from poolhouse.userpools.users.rules import bad_session

NAME = "NEW_PASSWORD_REQUIRED"
_PREFIX = "userAttributes."


def pose(entrance: Entrance, user: User, progress: Progress, _: Next) -> Posed:
    """Asks for a new password and for the required attributes that are not there yet."""
    absent = [
        _PREFIX + name
        for name, attribute in entrance.pool.schema.items()
        if attribute.required and name != "sub" and name not in user.attributes
    ]
    parameters = {
        "USER_ID_FOR_SRP": user.username,
        "requiredAttributes": msgspec.json.encode(absent).decode(),
        "userAttributes": msgspec.json.encode(user.attributes).decode(),
    }
    session = entrance.passage(user, user.username, NAME, progress)
    return Posed(Outcome(NAME, parameters, session))


def answer(entrance: Entrance, session: str, given: Parameters) -> Proved:
    """Takes the password and the attributes given; they are set, and the user confirmed, in one
    unit with what comes next. A password that the policy refuses leaves the session usable."""
    state, user = entrance.resumed(session, NAME, given)
    if user.status != FORCE_CHANGE_PASSWORD:
        passage.refuse_taken(entrance.call.unit, state)
        raise bad_session()
    text = required(given, "NEW_PASSWORD")
    password_rules.check(entrance.pool, text)
    attributes = _attributes(entrance, user, given)
    prepared = entrance.passwords.replacing(user, text)
    expected = replace(user, status=CONFIRMED, attributes=user.attributes | attributes)
    messages = _worded(entrance, user, expected, attributes)
    return Proved(
        expected,
        state.progress.with_password(NAME, prepared.srp_salt),
        spent=state,
        changes=lambda: _set(entrance, state, prepared, attributes, messages),
    )


def _worded(entrance: Entrance, user: User, expected: User, attributes: dict[str, str]) -> Messages:
    """Asks for the words of the codes that the new addresses are to be sent."""
    messages = Messages(entrance.call, entrance.pool)
    _, due = planned(entrance.pool, user.attributes, attributes, set())
    if to := [each.attribute for each in due]:
        client, metadata = entrance.client, entrance.metadata
        messages.ask("update attribute", expected, client, metadata, to=to)
    return messages


def _set(
    entrance: Entrance,
    state: passage.Passage,
    prepared: Prepared,
    attributes: dict[str, str],
    messages: Messages,
) -> None:
    """Unless the temporary password is another by now: whoever knew the old one sets none."""
    call, pool = entrance.call, entrance.pool
    locked = entrance.users.lock(state.sub)
    current = entrance.passwords.find(locked)
    shown = current is not None and current.srp_salt == state.progress.shown
    if locked.status != FORCE_CHANGE_PASSWORD or not shown:
        raise bad_session()
    to_verify: list[ToVerify] = []
    if attributes:
        locked, to_verify = change_attributes(call, pool, locked, attributes, set())
    confirmed = replace(locked, status=CONFIRMED, modified_at=call.now)
    entrance.users.change(locked, confirmed)
    entrance.passwords.put(confirmed, prepared, now=call.now)
    for due in to_verify:
        messages.code("update attribute", confirmed, due.attribute, due.value)


def _attributes(entrance: Entrance, user: User, given: Parameters) -> dict[str, str]:
    """The `userAttributes.…` of the answer, checked as any change by the user is."""
    named = {
        key.removeprefix(_PREFIX): value for key, value in given.items() if key.startswith(_PREFIX)
    }
    for name in named:
        attribute = entrance.pool.schema.get(name)
        if attribute and attribute.required and user.attributes.get(name):
            raise idp.NotAuthorizedException(f"Cannot modify an already provided {name}")
    listed = [idp.AttributeType(name=name, value=value) for name, value in named.items()]
    found = accepted(entrance.pool, listed, by="user", client=entrance.client, creating=False)
    absent = [
        name
        for name, attribute in entrance.pool.schema.items()
        if attribute.required and name != "sub" and not (user.attributes | found).get(name)
    ]
    if absent:
        raise idp.InvalidParameterException(
            f"Invalid attributes given, {', '.join(absent)} is missing"
        )
    return found
