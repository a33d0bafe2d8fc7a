"""The verbs on what a user prefers, by users themselves and by administrators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Signed, SignedIn
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs
from poolhouse.userpools.devices.store import Devices
from poolhouse.userpools.messages.sending import Messages
from poolhouse.userpools.mfa.preferences import (
    Wish,
    by_options,
    preferred,
    refuse_passkeys,
    refuse_to_end_mfa,
    wishes,
)
from poolhouse.userpools.mfa.rules import PASSKEY
from poolhouse.userpools.passkeys.ceremonies import has_passkeys
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.tokens.store import Sessions
from poolhouse.userpools.users.rows import Factors, User
from poolhouse.userpools.users.store import Users


@performs(idp.SetUserMFAPreference)
def set_user_mfa_preference(
    call: Call[SignedIn], ask: idp.SetUserMFAPreferenceRequest
) -> idp.SetUserMFAPreferenceResponse:
    """Enables, disables and prefers second factors of the signed-in user."""
    wanted = wishes(ask)
    pool = Pools(call.unit).get(call.caller.pool_id)
    _of_the_bearer(call, pool, lambda user: _granted(call, pool, user, wanted))
    return idp.SetUserMFAPreferenceResponse()


@performs(idp.AdminSetUserMFAPreference)
def admin_set_user_mfa_preference(
    call: Call[Signed], ask: idp.AdminSetUserMFAPreferenceRequest
) -> idp.AdminSetUserMFAPreferenceResponse:
    """Enables, disables and prefers second factors of a user."""
    wanted = wishes(ask)
    pool = Pools(call.unit).get(ask.user_pool_id)
    sub = Users(call.unit, pool).get(ask.username).sub
    _set(call, pool, sub, lambda user: _granted(call, pool, user, wanted, by_admin=True))
    return idp.AdminSetUserMFAPreferenceResponse()


@performs(idp.SetUserSettings)
def set_user_settings(
    call: Call[SignedIn], ask: idp.SetUserSettingsRequest
) -> idp.SetUserSettingsResponse:
    """The older way to enable SMS as second factor of the signed-in user, or to disable it."""
    pool = Pools(call.unit).get(call.caller.pool_id)
    _of_the_bearer(call, pool, lambda user: by_options(user, ask.mfa_options))
    return idp.SetUserSettingsResponse()


@performs(idp.AdminSetUserSettings)
def admin_set_user_settings(
    call: Call[Signed], ask: idp.AdminSetUserSettingsRequest
) -> idp.AdminSetUserSettingsResponse:
    """The older way to enable SMS as second factor of a user, or to disable it."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    sub = Users(call.unit, pool).get(ask.username).sub
    _set(call, pool, sub, lambda user: by_options(user, ask.mfa_options))
    return idp.AdminSetUserSettingsResponse()


def _granted(
    call: Call[Any],
    pool: Pool,
    user: User,
    wanted: Mapping[str, Wish],
    *,
    by_admin: bool = False,
) -> Factors:
    if wanted.get(PASSKEY, Wish()).enabled:
        refuse_passkeys(pool, wanted, usable=has_passkeys(call, pool, user))
    return preferred(user, wanted, by_admin=by_admin)


def _of_the_bearer(call: Call[SignedIn], pool: Pool, decide: Callable[[User], Factors]) -> None:
    """A first factor takes the trust from devices that knew the user without one (CGN-20)."""

    def decided(user: User) -> Factors:
        after = decide(user)
        refuse_to_end_mfa(pool, user, after)
        return after

    before, after = _set(call, pool, call.caller.sub, decided)
    if after.enabled and not before.enabled:
        found = Sessions(call.unit).find(pool.id, call.caller.session_id)
        own = found.session.device_key if found else ""
        Devices(call, pool).distrust(call.caller.sub, but=own)


def _set(
    call: Call[Any], pool: Pool, sub: str, decide: Callable[[User], Factors]
) -> tuple[Factors, Factors]:
    """Decides on the locked user, writes what is new, and tells the user. What was, and is."""
    users = Users(call.unit, pool)
    user = users.lock(sub)
    after = decide(user)
    if after != user.factors:
        users.set_factors(user, after, call.now)
        Messages(call, pool).notice(user, "second factor")
    return user.factors, after
