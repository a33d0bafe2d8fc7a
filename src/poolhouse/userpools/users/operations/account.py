"""What signed-in users do with their own profile."""

from __future__ import annotations

from msgspec.structs import replace

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import SignedIn
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import always, performs
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.clients.store import Clients
from poolhouse.userpools.messages.sending import Messages
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.tokens.rows import Ongoing
from poolhouse.userpools.users.attributes import accepted, readable, removable
from poolhouse.userpools.users.changing import change_attributes
from poolhouse.userpools.users.planning import planned
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.rules import attribute_list, mfa_options, mfa_settings
from poolhouse.userpools.users.store import Users, missing


@performs(idp.GetUser, quick=always)
def get_user(call: Call[SignedIn], ask: idp.GetUserRequest) -> idp.GetUserResponse:
    """The user's own profile, as far as the client may read it."""
    user, _, client = _bearer(call)
    shown = [name for name in ("sub", *user.attributes) if readable(client, name)]
    return idp.GetUserResponse(
        username=user.username,
        user_attributes=attribute_list(user, shown),
        mfa_options=mfa_options(user),
        preferred_mfa_setting=user.factors.preferred,
        user_mfa_setting_list=mfa_settings(user),
    )


@performs(idp.UpdateUserAttributes)
def update_user_attributes(
    call: Call[SignedIn], ask: idp.UpdateUserAttributesRequest
) -> idp.UpdateUserAttributesResponse:
    """Changes the user's own attributes; a code goes to each new address that needs proof."""
    user, pool, client = _bearer(call)
    new = accepted(pool, ask.user_attributes, by="user", client=client, creating=False)
    before, messages = user, Messages(call, pool)
    _, due = planned(pool, user.attributes, new, set())
    if due:
        expected = replace(user, attributes={**user.attributes, **new})
        contacts = [each.attribute for each in due]
        messages.ask("update attribute", expected, client, ask.client_metadata, to=contacts)
    user, to_verify = change_attributes(call, pool, user, new, set())
    messages.notices(before, user)
    return idp.UpdateUserAttributesResponse(
        code_delivery_details_list=[
            messages.code("update attribute", user, due.attribute, due.value) for due in to_verify
        ]
    )


@performs(idp.DeleteUserAttributes)
def delete_user_attributes(
    call: Call[SignedIn], ask: idp.DeleteUserAttributesRequest
) -> idp.DeleteUserAttributesResponse:
    """Takes some of the user's own attributes away."""
    user, pool, client = _bearer(call)
    names = removable(pool, ask.user_attribute_names, by="user", client=client)
    changed, _ = change_attributes(call, pool, user, {}, names)
    Messages(call, pool).notices(user, changed)
    return idp.DeleteUserAttributesResponse()


@performs(idp.DeleteUser)
def delete_user(call: Call[SignedIn], ask: idp.DeleteUserRequest) -> None:
    """Removes the user's own account with everything that is theirs."""
    user, pool, _ = _bearer(call)
    if not Users(call.unit, pool).remove(user):
        raise missing()


def _bearer(call: Call[SignedIn]) -> tuple[User, Pool, Client]:
    read = call.caller.read
    if isinstance(read, Ongoing):
        return read.user, read.pool, read.client
    client, pool = Clients(call.unit, call.services.sealer).get(call.caller.client_id)
    user = Users(call.unit, pool).by_sub(call.caller.sub)
    if user is None:
        raise missing()
    return user, pool, client
