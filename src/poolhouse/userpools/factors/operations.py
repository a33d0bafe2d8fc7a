"""The verbs on a user's factors: both say what there is."""

from __future__ import annotations

from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Signed, SignedIn
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs
from poolhouse.userpools.factors.rules import configured
from poolhouse.userpools.passkeys.ceremonies import has_passkeys
from poolhouse.userpools.passwords.store import Passwords
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.rules import mfa_settings
from poolhouse.userpools.users.store import Users, missing


@performs(idp.GetUserAuthFactors)
def get_user_auth_factors(
    call: Call[SignedIn], ask: idp.GetUserAuthFactorsRequest
) -> idp.GetUserAuthFactorsResponse:
    """The factors of the signed-in user."""
    pool = Pools(call.unit).get(call.caller.pool_id)
    user = Users(call.unit, pool).by_sub(call.caller.sub)
    if user is None:
        raise missing()
    return idp.GetUserAuthFactorsResponse(
        username=user.username,
        preferred_mfa_setting=user.factors.preferred,
        user_mfa_setting_list=mfa_settings(user),
        configured_user_auth_factors=_configured(call, pool, user),
    )


@performs(idp.AdminGetUserAuthFactors)
def admin_get_user_auth_factors(
    call: Call[Signed], ask: idp.AdminGetUserAuthFactorsRequest
) -> idp.AdminGetUserAuthFactorsResponse:
    """The factors of a user."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    return idp.AdminGetUserAuthFactorsResponse(
        username=user.username,
        preferred_mfa_setting=user.factors.preferred,
        user_mfa_setting_list=mfa_settings(user),
        configured_user_auth_factors=_configured(call, pool, user),
    )


def _configured(call: Call[Any], pool: Pool, user: User) -> list[str]:
    password = Passwords(call, pool).find(user) is not None
    return configured(pool, user, password=password, passkey=has_passkeys(call, pool, user))
