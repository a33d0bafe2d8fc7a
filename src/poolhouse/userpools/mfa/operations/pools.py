"""The verbs on a pool's factors."""

from __future__ import annotations

from dataclasses import replace

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Signed
from poolhouse.kernel.call import Call, require_to_pass
from poolhouse.kernel.catalogue import performs
from poolhouse.userpools.mfa.choosing import configured
from poolhouse.userpools.passkeys.moving import warn_of_another_party
from poolhouse.userpools.pools.rows import mfa_of
from poolhouse.userpools.pools.rules import checks
from poolhouse.userpools.pools.rules.tiers import check_email_factor, check_passkeys
from poolhouse.userpools.pools.store import Pools


@performs(idp.SetUserPoolMfaConfig)
def set_user_pool_mfa_config(
    call: Call[Signed], ask: idp.SetUserPoolMfaConfigRequest
) -> idp.SetUserPoolMfaConfigResponse:
    """Sets which second factors a pool offers or demands, and how it takes passkeys."""
    pools = Pools(call.unit)
    pool = pools.lock(ask.user_pool_id)
    settings, chosen = configured(pool, ask)
    checks.check_settings(settings)
    check_email_factor(settings, chosen)
    if ask.web_authn_configuration is not None:
        check_passkeys(settings)
    if ask.sms_mfa_configuration and ask.sms_mfa_configuration.sms_configuration:
        for role in checks.roles(settings):
            require_to_pass(call.caller, role, idp.SERVICE)
    if not pools.change(pool, name=pool.name, settings=settings, now=call.now, mfa=chosen):
        raise idp.ConcurrentModificationException("The user pool was changed meanwhile.")
    warn_of_another_party(call, pool, replace(pool, settings=settings, chosen_mfa=chosen))
    shown = mfa_of(settings, chosen)
    return idp.SetUserPoolMfaConfigResponse(
        email_mfa_configuration=shown.email_mfa_configuration,
        mfa_configuration=shown.mfa_configuration,
        sms_mfa_configuration=shown.sms_mfa_configuration,
        software_token_mfa_configuration=shown.software_token_mfa_configuration,
        web_authn_configuration=shown.web_authn_configuration,
    )


@performs(idp.GetUserPoolMfaConfig)
def get_user_pool_mfa_config(
    call: Call[Signed], ask: idp.GetUserPoolMfaConfigRequest
) -> idp.GetUserPoolMfaConfigResponse:
    """The second factors of a pool, and how it takes passkeys."""
    return Pools(call.unit).get(ask.user_pool_id).mfa
