"""From a request to the settings that are kept, and from a kept pool to an answer.

What a request leaves out takes its default, at creation and at every update: "If you don't
provide a value for an attribute, Amazon Cognito sets it to its default value" (UpdateUserPool).
"""

from __future__ import annotations

import msgspec

from poolhouse import arns
from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.rules.messages import invitation_days, verification
from poolhouse.userpools.pools.rules.schema import schema_of

TEMPORARY_PASSWORD_DAYS = 7

Asked = idp.CreateUserPoolRequest | idp.UpdateUserPoolRequest
Acr = dict[str, idp.AcrLevelConfigType]


def new_settings(asked: idp.CreateUserPoolRequest) -> idp.UserPoolType:
    """The settings of a new pool. Raises InvalidParameterException for a schema that cannot be."""
    return msgspec.structs.replace(
        _settings(asked),
        schema_attributes=schema_of(asked.schema or ()),
        alias_attributes=_once(asked.alias_attributes),
        username_attributes=_once(asked.username_attributes),
        username_configuration=asked.username_configuration,
        user_pool_tags=asked.user_pool_tags or None,
        dcr_configuration=_registration(asked.dcr_configuration),
    )


def changed_settings(
    before: idp.UserPoolType, asked: idp.UpdateUserPoolRequest
) -> idp.UserPoolType:
    """The settings after an update. The schema, the kinds of user names and the domains are not
    its business; tags, client registration and the attributes whose change waits for a code are
    replaced where given, else kept."""
    given = asked.dcr_configuration
    return msgspec.structs.replace(
        _settings(asked),
        schema_attributes=before.schema_attributes,
        alias_attributes=before.alias_attributes,
        username_attributes=before.username_attributes,
        username_configuration=before.username_configuration,
        domain=before.domain,
        custom_domain=before.custom_domain,
        user_pool_tags=before.user_pool_tags
        if asked.user_pool_tags is None
        else asked.user_pool_tags or None,
        dcr_configuration=_registration(given) if given else before.dcr_configuration,
        user_attribute_update_settings=asked.user_attribute_update_settings
        or _still_waiting(before, asked),
    )


def _still_waiting(
    before: idp.UserPoolType, asked: idp.UpdateUserPoolRequest
) -> idp.UserAttributeUpdateSettingsType | None:
    """What an update without UserAttributeUpdateSettings leaves of them: AWS makes "no
    modifications" (observed by Terraform's provider, which sends an empty list to end them). An
    attribute that codes are no more sent for can wait for none."""
    settings = before.user_attribute_update_settings
    waiting = settings and settings.attributes_require_verification_before_update
    left = [name for name in waiting or () if name in (asked.auto_verified_attributes or ())]
    if not left:
        return None
    return idp.UserAttributeUpdateSettingsType(attributes_require_verification_before_update=left)


def _settings(asked: Asked) -> idp.UserPoolType:
    message = verification(asked)
    policies = _policies(asked)
    return idp.UserPoolType(
        account_recovery_setting=_recovery(asked.account_recovery_setting),
        acr_configuration=_own_names(asked.acr_configuration),
        admin_create_user_config=_admin_creation(asked, policies),
        auto_verified_attributes=_once(asked.auto_verified_attributes),
        deletion_protection=asked.deletion_protection or "INACTIVE",
        device_configuration=asked.device_configuration,
        email_configuration=_email(asked.email_configuration),
        email_verification_message=message.email_message,
        email_verification_subject=message.email_subject,
        issuer_configuration=asked.issuer_configuration,
        key_configuration=asked.key_configuration,
        lambda_config=_functions(asked.lambda_config),
        mfa_configuration=asked.mfa_configuration or "OFF",
        policies=policies,
        sms_authentication_message=asked.sms_authentication_message,
        sms_configuration=asked.sms_configuration,
        sms_verification_message=message.sms_message,
        user_attribute_update_settings=asked.user_attribute_update_settings,
        user_pool_add_ons=asked.user_pool_add_ons,
        user_pool_tier=asked.user_pool_tier or "ESSENTIALS",
        verification_message_template=message,
    )


def _policies(asked: Asked) -> idp.UserPoolPolicyType:
    given = asked.policies or idp.UserPoolPolicyType()
    password = given.password_policy or idp.PasswordPolicyType(
        require_lowercase=True, require_numbers=True, require_symbols=True, require_uppercase=True
    )
    factors = given.sign_in_policy.allowed_first_auth_factors if given.sign_in_policy else None
    return idp.UserPoolPolicyType(
        password_policy=msgspec.structs.replace(
            password,
            minimum_length=password.minimum_length or 8,
            require_lowercase=bool(password.require_lowercase),
            require_numbers=bool(password.require_numbers),
            require_symbols=bool(password.require_symbols),
            require_uppercase=bool(password.require_uppercase),
            temporary_password_validity_days=invitation_days(asked) or TEMPORARY_PASSWORD_DAYS,
        ),
        sign_in_policy=idp.SignInPolicyType(
            allowed_first_auth_factors=_once(factors) or ["PASSWORD"]
        ),
    )


def _admin_creation(
    asked: Asked, policies: idp.UserPoolPolicyType
) -> idp.AdminCreateUserConfigType:
    """UnusedAccountValidityDays, the older name, always shows what the password policy says."""
    given = asked.admin_create_user_config or idp.AdminCreateUserConfigType()
    password = policies.password_policy
    return msgspec.structs.replace(
        given,
        allow_admin_create_user_only=bool(given.allow_admin_create_user_only),
        unused_account_validity_days=password.temporary_password_validity_days
        if password
        else None,
    )


def _email(given: idp.EmailConfigurationType | None) -> idp.EmailConfigurationType:
    given = given or idp.EmailConfigurationType()
    account = given.email_sending_account or "COGNITO_DEFAULT"
    return msgspec.structs.replace(given, email_sending_account=account)


def _functions(given: idp.LambdaConfigType | None) -> idp.LambdaConfigType:
    """The pre-token function has an older and a newer name: both are shown."""
    given = given or idp.LambdaConfigType()
    arn, config = given.pre_token_generation, given.pre_token_generation_config
    if config and not arn:
        arn = config.lambda_arn
    elif arn and not config:
        config = idp.PreTokenGenerationVersionConfigType(lambda_arn=arn, lambda_version="V1_0")
    return msgspec.structs.replace(
        given, pre_token_generation=arn, pre_token_generation_config=config
    )


def _recovery(
    given: idp.AccountRecoverySettingType | None,
) -> idp.AccountRecoverySettingType | None:
    """None, and an empty setting, are the older behaviour: SMS before e-mail."""
    return given if given and given.recovery_mechanisms else None


def _registration(given: idp.DcrConfigurationType | None) -> idp.DcrConfigurationType | None:
    """ "An omitted EnableStatus turns dynamic client registration on.\""""
    if given is None:
        return None
    return msgspec.structs.replace(
        given,
        enable_status=given.enable_status or "Enabled",
        open_dcr_enabled=bool(given.open_dcr_enabled),
    )


def _once(given: list[str] | None) -> list[str] | None:
    """Each value once; an empty list is as good as none."""
    return list(dict.fromkeys(given)) if given else None


def acr_names(own: Acr | None) -> Acr:
    """All four levels: "Amazon Cognito always returns the effective configuration"."""
    usual = {f"Level{n}": idp.AcrLevelConfigType(acr_value=f"urn:cognito:loa:{n}") for n in "1234"}
    return {**usual, **(own or {})}


def _own_names(given: Acr | None) -> Acr | None:
    """The names that differ from the usual ones, so that a description can be sent back."""
    usual = acr_names(None)
    return {level: name for level, name in (given or {}).items() if name != usual[level]} or None


def as_user_pool_type(pool: Pool, account: str, users: int) -> idp.UserPoolType:
    """A pool as it is described. One without tags shows that it has none, as AWS does."""
    return msgspec.structs.replace(
        pool.settings,
        id=pool.id,
        arn=arns.user_pool(account, pool.id),
        name=pool.name,
        creation_date=pool.created_at,
        last_modified_date=pool.modified_at,
        estimated_number_of_users=users,
        acr_configuration=acr_names(pool.settings.acr_configuration),
        user_pool_tags=pool.settings.user_pool_tags or {},
    )


def as_description(pool: Pool) -> idp.UserPoolDescriptionType:
    """A pool as lists show it."""
    return idp.UserPoolDescriptionType(
        id=pool.id,
        name=pool.name,
        lambda_config=pool.settings.lambda_config or idp.LambdaConfigType(),
        creation_date=pool.created_at,
        last_modified_date=pool.modified_at,
    )
