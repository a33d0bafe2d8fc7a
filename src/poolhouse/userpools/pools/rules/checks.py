"""What no pool may be set to. All of these raise InvalidParameterException."""

from __future__ import annotations

import re

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rows import NO_CHOICE, mfa_of
from poolhouse.userpools.pools.rules.messages import check_messages
from poolhouse.userpools.pools.rules.settings import acr_names

_REGION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_REGION = 40
_TWO_IN_ONE = "MULTI_FACTOR_WITH_USER_VERIFICATION"


def check_settings(settings: idp.UserPoolType) -> None:
    """Refuses settings that contradict themselves."""
    check_messages(settings)
    _check_names(settings)
    _check_first_factors(settings)
    _check_recovery(settings.account_recovery_setting)
    _check_update_settings(settings)
    _check_functions(settings.lambda_config)
    _check_sms(settings.sms_configuration)
    _check_acr(settings)


def check_factors(
    settings: idp.UserPoolType, chosen: idp.GetUserPoolMfaConfigResponse = NO_CHOICE
) -> None:
    """Refuses to demand a second factor where there is none, so that nobody could sign in, or
    beside passkeys that count for one."""
    mfa = mfa_of(settings, chosen)
    token = mfa.software_token_mfa_configuration
    some = mfa.sms_mfa_configuration or (token and token.enabled) or mfa.email_mfa_configuration
    if mfa.mfa_configuration == "ON" and not some:
        raise _refused(
            "SMS configuration and Auto verification for phone_number are required when MFA is "
            "required/optional"
        )
    if wants_two_of_passkeys(settings, chosen):
        raise _refused(
            "WEB_AUTHN cannot be used as an auth factor when MFA is enabled if not configured for "
            "MFA"
        )


def wants_two_of_passkeys(
    settings: idp.UserPoolType, chosen: idp.GetUserPoolMfaConfigResponse
) -> bool:
    """Whether the pool demands two factors and takes passkeys, which it has count for one."""
    demanded = settings.mfa_configuration == "ON" and "WEB_AUTHN" in _first_factors(settings)
    return demanded and not passkeys_are_two(chosen)


def passkeys_are_two(chosen: idp.GetUserPoolMfaConfigResponse) -> bool:
    """Whether a passkey may count for two factors."""
    passkeys = chosen.web_authn_configuration
    return passkeys is not None and passkeys.factor_configuration == _TWO_IN_ONE


def check_region(region: str) -> None:
    """A pool's id begins with its region, and the caller signed for whatever name it liked."""
    if len(region) > LONGEST_REGION or _REGION.fullmatch(region) is None:
        raise _refused("The request is signed for a region that cannot name a user pool.")


def check_deletion(settings: idp.UserPoolType) -> None:
    """Refuses to delete what is protected, or still has a domain."""
    if settings.deletion_protection == "ACTIVE":
        raise _refused(
            "The user pool cannot be deleted because deletion protection is activated. "
            "Deletion protection must be inactivated first."
        )
    if settings.domain or settings.custom_domain:
        raise _refused(
            "User pool cannot be deleted. It has a domain configured that should be deleted first."
        )


def roles(settings: idp.UserPoolType) -> list[str]:
    """The IAM roles that the settings hand to the pool."""
    sms = settings.sms_configuration
    if sms is None:
        return []
    caller = sms.eums_sms.caller_arn if sms.eums_sms else None
    return [arn for arn in (sms.sns_caller_arn, caller) if arn]


def _check_names(settings: idp.UserPoolType) -> None:
    if settings.alias_attributes and settings.username_attributes:
        raise _refused(
            "Only one of the aliasAttributes or usernameAttributes can be set in a user pool."
        )


def _check_first_factors(settings: idp.UserPoolType) -> None:
    factors = _first_factors(settings)
    if "SOFTWARE_TOKEN" in factors:
        raise _refused("SOFTWARE_TOKEN is not supported as a first authentication factor.")
    if factors == {"WEB_AUTHN"}:
        raise _refused("WEB_AUTHN cannot be the only first authentication factor.")
    if settings.mfa_configuration == "ON" and factors & {"EMAIL_OTP", "SMS_OTP"}:
        raise _refused(
            "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA "
            "is enabled"
        )


def _first_factors(settings: idp.UserPoolType) -> frozenset[str]:
    policy = settings.policies.sign_in_policy if settings.policies else None
    return frozenset((policy.allowed_first_auth_factors if policy else None) or ())


def _check_recovery(setting: idp.AccountRecoverySettingType | None) -> None:
    options = (setting.recovery_mechanisms if setting else None) or []
    names = [option.name for option in options]
    if "admin_only" in names and len(names) > 1:
        raise _refused(
            "Account Recovery Setting cannot use admin_only setting with any other recovery "
            "mechanisms."
        )
    priorities = [option.priority for option in options]
    if len(set(names)) < len(names) or len(set(priorities)) < len(priorities):
        raise _refused("Recovery mechanisms must differ in name and in priority.")


def _check_update_settings(settings: idp.UserPoolType) -> None:
    """An attribute whose change waits for its code must be one that codes are sent for."""
    update = settings.user_attribute_update_settings
    waiting = set((update and update.attributes_require_verification_before_update) or ())
    if not waiting <= set(settings.auto_verified_attributes or ()):
        raise _refused(
            "All attributes in AttributesRequireVerificationBeforeUpdate must exist in "
            "AutoVerifiedAttributes"
        )


def _check_functions(functions: idp.LambdaConfigType | None) -> None:
    config = functions.pre_token_generation_config if functions else None
    if functions and config and functions.pre_token_generation != config.lambda_arn:
        raise _refused(
            "PreTokenGeneration and the LambdaArn of PreTokenGenerationConfig must be identical."
        )
    if functions and not functions.kms_key_id:
        if functions.custom_email_sender or functions.custom_sms_sender:
            raise _refused("KMSKeyID is required with CustomEmailSender and CustomSMSSender.")


def _check_sms(sms: idp.SmsConfigurationType | None) -> None:
    if sms and sms.sns_caller_arn and sms.eums_sms:
        raise _refused("Only one of SnsCallerArn and EumsSms can be set.")


def _check_acr(settings: idp.UserPoolType) -> None:
    names = [level.acr_value for level in acr_names(settings.acr_configuration).values()]
    if len(set(names)) < len(names):
        raise _refused("The names of the ACR levels must differ from each other.")


def _refused(message: str) -> idp.InvalidParameterException:
    return idp.InvalidParameterException(message)
