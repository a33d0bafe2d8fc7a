"""What SetUserPoolMfaConfig makes of a pool: pure.

Source: SetUserPoolMfaConfig, API reference; what refuses a combination is AWS's own words. Factors
that the request leaves out are turned off; passkeys are independent of them, and kept.
"""

from __future__ import annotations

import re

import msgspec

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.rules.checks import wants_two_of_passkeys

Chosen = idp.GetUserPoolMfaConfigResponse
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.IGNORECASE)


def configured(
    pool: Pool, asked: idp.SetUserPoolMfaConfigRequest
) -> tuple[idp.UserPoolType, Chosen]:
    """The pool's settings and its chosen factors after the request.

    Raises InvalidParameterException.
    """
    mode = asked.mfa_configuration or pool.settings.mfa_configuration or "OFF"
    chosen = _chosen(pool, asked)
    if mode == "OFF" and _any(chosen) and _about_factors(asked):
        raise _refused("can't turn off MFA and configure an MFA together.")
    if mode != "OFF" and not _any(chosen) and _about_factors(asked):
        raise _refused("can't disable all MFAs with a required or optional configuration.")
    settings = _settings(pool.settings, asked, mode)
    if chosen.sms_mfa_configuration is not None and settings.sms_configuration is None:
        raise idp.InvalidParameterException("SMS as a second factor needs an SmsConfiguration.")
    _check_passkeys(chosen.web_authn_configuration)
    if wants_two_of_passkeys(settings, chosen):
        raise idp.InvalidParameterException(
            "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and "
            "WebAuthn is an allowed first auth factor"
        )
    return settings, chosen


def _chosen(pool: Pool, asked: idp.SetUserPoolMfaConfigRequest) -> Chosen:
    passkeys = asked.web_authn_configuration or pool.chosen_mfa.web_authn_configuration
    if not _about_factors(asked):
        return msgspec.structs.replace(pool.chosen_mfa, web_authn_configuration=passkeys)
    return Chosen(
        # How it is sent stands in the pool's settings.
        sms_mfa_configuration=idp.SmsMfaConfigType() if asked.sms_mfa_configuration else None,
        software_token_mfa_configuration=asked.software_token_mfa_configuration,
        email_mfa_configuration=asked.email_mfa_configuration,
        web_authn_configuration=passkeys,
    )


def _settings(
    before: idp.UserPoolType, asked: idp.SetUserPoolMfaConfigRequest, mode: str
) -> idp.UserPoolType:
    sms = asked.sms_mfa_configuration or idp.SmsMfaConfigType()
    return msgspec.structs.replace(
        before,
        mfa_configuration=mode,
        sms_configuration=sms.sms_configuration or before.sms_configuration,
        sms_authentication_message=sms.sms_authentication_message
        or before.sms_authentication_message,
    )


def _about_factors(asked: idp.SetUserPoolMfaConfigRequest) -> bool:
    return (
        asked.mfa_configuration is not None
        or asked.sms_mfa_configuration is not None
        or asked.software_token_mfa_configuration is not None
        or asked.email_mfa_configuration is not None
    )


def _any(chosen: Chosen) -> bool:
    token = chosen.software_token_mfa_configuration
    return (
        chosen.sms_mfa_configuration is not None
        or chosen.email_mfa_configuration is not None
        or bool(token and token.enabled)
    )


def _check_passkeys(passkeys: idp.WebAuthnConfigurationType | None) -> None:
    """A relying party's id is a host name and no address, which ends in a number (WebAuthn, 5.1.2;
    URL Standard, 3.5); its length and the other members are the contract's to check."""
    name = passkeys.relying_party_id if passkeys else None
    if name is None:
        return
    if _HOST.fullmatch(name) is None or name.rpartition(".")[2].isdigit():
        raise idp.InvalidParameterException("RelyingPartyId must be a domain name.")


def _refused(why: str) -> idp.InvalidParameterException:
    return idp.InvalidParameterException(f"Invalid MFA configuration given, {why}")
