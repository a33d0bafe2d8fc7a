"""What an administrator does with users that exist."""

from __future__ import annotations

from msgspec.structs import replace

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Signed
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import always, performs
from poolhouse.userpools.messages.sending import Messages
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.tokens.store import Sessions
from poolhouse.userpools.users.attributes import accepted, removable
from poolhouse.userpools.users.changing import change_attributes, set_enabled
from poolhouse.userpools.users.planning import planned
from poolhouse.userpools.users.rules import attribute_list, mfa_options, mfa_settings
from poolhouse.userpools.users.store import Users, missing


@performs(idp.AdminGetUser, quick=always)
def admin_get_user(call: Call[Signed], ask: idp.AdminGetUserRequest) -> idp.AdminGetUserResponse:
    """One user, by any name they sign in with."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    return idp.AdminGetUserResponse(
        username=user.username,
        enabled=user.enabled,
        mfa_options=mfa_options(user),
        preferred_mfa_setting=user.factors.preferred,
        user_attributes=attribute_list(user),
        user_mfa_setting_list=mfa_settings(user),
        user_create_date=user.created_at,
        user_last_modified_date=user.modified_at,
        user_status=user.status,
    )


@performs(idp.AdminUpdateUserAttributes)
def admin_update_user_attributes(
    call: Call[Signed], ask: idp.AdminUpdateUserAttributesRequest
) -> idp.AdminUpdateUserAttributesResponse:
    """Changes attributes, and says of an address whether it is verified."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    new = accepted(pool, ask.user_attributes, by="admin", client=None, creating=False)
    messages = Messages(call, pool)
    _, due = planned(pool, user.attributes, new, set())
    if due:
        expected = replace(user, attributes={**user.attributes, **new})
        contacts = [each.attribute for each in due]
        messages.ask("update attribute", expected, None, ask.client_metadata, to=contacts)
    user, to_verify = change_attributes(call, pool, user, new, set())
    for each in to_verify:
        messages.code("update attribute", user, each.attribute, each.value)
    return idp.AdminUpdateUserAttributesResponse()


@performs(idp.AdminDeleteUserAttributes)
def admin_delete_user_attributes(
    call: Call[Signed], ask: idp.AdminDeleteUserAttributesRequest
) -> idp.AdminDeleteUserAttributesResponse:
    """Takes attributes away."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    names = removable(pool, ask.user_attribute_names, by="admin", client=None)
    change_attributes(call, pool, user, {}, names)
    return idp.AdminDeleteUserAttributesResponse()


@performs(idp.AdminDisableUser)
def admin_disable_user(
    call: Call[Signed], ask: idp.AdminDisableUserRequest
) -> idp.AdminDisableUserResponse:
    """Shuts a user out and ends their sessions, which enabling does not bring back."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    set_enabled(call, pool, user, False)
    Sessions(call.unit).revoke_all(pool, user.sub, call.now)
    return idp.AdminDisableUserResponse()


@performs(idp.AdminEnableUser)
def admin_enable_user(
    call: Call[Signed], ask: idp.AdminEnableUserRequest
) -> idp.AdminEnableUserResponse:
    """Lets a user in again."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    set_enabled(call, pool, user, True)
    return idp.AdminEnableUserResponse()


@performs(idp.AdminDeleteUser)
def admin_delete_user(call: Call[Signed], ask: idp.AdminDeleteUserRequest) -> None:
    """Removes a user with everything that is theirs."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    users = Users(call.unit, pool)
    if not users.remove(users.get(ask.username)):
        raise missing()
