"""From requests to kept settings and back, pure."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.rules.settings import (
    as_description,
    as_user_pool_type,
    changed_settings,
    new_settings,
)

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:tokens"
WAITING = idp.UserAttributeUpdateSettingsType(
    attributes_require_verification_before_update=["email"]
)


def made(**asked: Any) -> idp.UserPoolType:
    return new_settings(idp.CreateUserPoolRequest(pool_name="p", **asked))


def changed(before: idp.UserPoolType, **asked: Any) -> idp.UserPoolType:
    return changed_settings(before, idp.UpdateUserPoolRequest(user_pool_id="r_p", **asked))


def described(settings: idp.UserPoolType) -> idp.UserPoolType:
    pool = Pool("us-east-1_abcdefghi", "us-east-1", "p", settings, 1, 1.5, 2.5)
    return as_user_pool_type(pool, "000000000000", users=7)


def sent_back(settings: idp.UserPoolType) -> idp.UserPoolType:
    """What becomes of a pool that is updated with its own description."""
    shown = msgspec.to_builtins(described(settings))
    return changed_settings(
        settings, msgspec.convert(shown | {"UserPoolId": "r_p"}, idp.UpdateUserPoolRequest)
    )


def test_a_pool_that_asks_for_nothing_gets_cognitos_defaults() -> None:
    shown = described(made())
    assert shown.policies == idp.UserPoolPolicyType(
        password_policy=idp.PasswordPolicyType(
            minimum_length=8,
            require_lowercase=True,
            require_numbers=True,
            require_symbols=True,
            require_uppercase=True,
            temporary_password_validity_days=7,
        ),
        sign_in_policy=idp.SignInPolicyType(allowed_first_auth_factors=["PASSWORD"]),
    )
    assert shown.admin_create_user_config == idp.AdminCreateUserConfigType(
        allow_admin_create_user_only=False, unused_account_validity_days=7
    )
    assert shown.email_configuration == idp.EmailConfigurationType(
        email_sending_account="COGNITO_DEFAULT"
    )
    assert shown.verification_message_template == idp.VerificationMessageTemplateType(
        default_email_option="CONFIRM_WITH_CODE"
    )
    assert shown.lambda_config == idp.LambdaConfigType()
    assert (shown.mfa_configuration, shown.deletion_protection) == ("OFF", "INACTIVE")
    assert (shown.user_pool_tier, shown.status) == ("ESSENTIALS", None)
    assert shown.account_recovery_setting is None
    assert shown.acr_configuration == {
        f"Level{n}": idp.AcrLevelConfigType(acr_value=f"urn:cognito:loa:{n}") for n in range(1, 5)
    }
    assert shown.arn == "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abcdefghi"
    assert (shown.name, shown.creation_date, shown.last_modified_date) == ("p", 1.5, 2.5)
    assert shown.estimated_number_of_users == 7


def test_what_an_update_leaves_out_takes_its_default() -> None:
    before = made(
        mfa_configuration="ON",
        auto_verified_attributes=["email"],
        deletion_protection="ACTIVE",
        user_pool_tier="PLUS",
        policies=idp.UserPoolPolicyType(password_policy=idp.PasswordPolicyType(minimum_length=20)),
        device_configuration=idp.DeviceConfigurationType(challenge_required_on_new_device=True),
        sms_authentication_message="Your code: {####}",
        admin_create_user_config=idp.AdminCreateUserConfigType(allow_admin_create_user_only=True),
    )
    after = changed(before)
    assert after == made()


def test_an_update_keeps_what_it_cannot_change() -> None:
    before = made(
        schema=[idp.SchemaAttributeType(name="tier", attribute_data_type="String")],
        username_attributes=["email"],
        username_configuration=idp.UsernameConfigurationType(case_sensitive=False),
        user_pool_tags={"team": "one"},
        dcr_configuration=idp.DcrConfigurationType(enable_status="Disabled"),
    )
    before = msgspec.structs.replace(before, domain="auth", custom_domain="auth.example.com")
    after = changed(before, auto_verified_attributes=["email"])
    assert after == msgspec.structs.replace(before, auto_verified_attributes=["email"])


def test_tags_are_replaced_where_they_are_given() -> None:
    before = made(user_pool_tags={"team": "one", "stage": "test"})
    assert changed(before, user_pool_tags={"team": "two"}).user_pool_tags == {"team": "two"}
    assert changed(before, user_pool_tags={}).user_pool_tags is None
    assert changed(before).user_pool_tags == {"team": "one", "stage": "test"}


def test_attributes_that_wait_for_a_code_are_replaced_where_they_are_given() -> None:
    before = made(auto_verified_attributes=["email"], user_attribute_update_settings=WAITING)
    kept = changed(before, auto_verified_attributes=["email"])
    assert kept.user_attribute_update_settings == WAITING
    ended = idp.UserAttributeUpdateSettingsType(attributes_require_verification_before_update=[])
    given = changed(
        before, auto_verified_attributes=["email"], user_attribute_update_settings=ended
    )
    assert given.user_attribute_update_settings == ended
    assert changed(given, auto_verified_attributes=["email"]).user_attribute_update_settings is None


def test_an_attribute_waits_for_a_code_only_while_codes_are_sent_for_it() -> None:
    before = made(auto_verified_attributes=["email"], user_attribute_update_settings=WAITING)
    for still_sent in (["phone_number"], None):
        after = changed(before, auto_verified_attributes=still_sent)
        assert after.user_attribute_update_settings is None


def test_client_registration_is_replaced_where_it_is_given() -> None:
    before = made(dcr_configuration=idp.DcrConfigurationType(enable_status="Disabled"))
    after = changed(before, dcr_configuration=idp.DcrConfigurationType())
    assert after.dcr_configuration == idp.DcrConfigurationType(
        enable_status="Enabled", open_dcr_enabled=False
    )


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"email_verification_message": "Code {####}", "email_verification_subject": "Hello"},
        {"sms_verification_message": "Code {####}"},
        {"user_pool_tags": {"a": "b"}, "auto_verified_attributes": ["email", "phone_number"]},
        {"lambda_config": idp.LambdaConfigType(pre_token_generation=FUNCTION)},
        {"acr_configuration": {"Level2": idp.AcrLevelConfigType(acr_value="urn:two")}},
        {
            "admin_create_user_config": idp.AdminCreateUserConfigType(
                unused_account_validity_days=3
            ),
            "policies": idp.UserPoolPolicyType(
                password_policy=idp.PasswordPolicyType(minimum_length=12)
            ),
        },
        {
            "verification_message_template": idp.VerificationMessageTemplateType(
                default_email_option="CONFIRM_WITH_LINK", email_message_by_link="{##here##}"
            ),
            "email_verification_message": "Code {####}",
        },
    ],
)
def test_a_pool_updated_with_its_own_description_stays_as_it_is(asked: dict[str, Any]) -> None:
    before = made(**asked)
    assert sent_back(before) == before


def test_the_older_members_of_messages_fill_the_template() -> None:
    settings = made(
        email_verification_message="Older {####}",
        email_verification_subject="Older",
        verification_message_template=idp.VerificationMessageTemplateType(
            email_subject="Newer", sms_message="Newer {####}"
        ),
    )
    template = settings.verification_message_template
    assert template
    assert (template.email_message, template.email_subject) == ("Older {####}", "Newer")
    assert settings.email_verification_subject == "Newer"
    assert settings.sms_verification_message == "Newer {####}"


def test_the_texts_of_a_code_and_of_a_link_are_both_kept() -> None:
    settings = made(
        email_verification_message="Older {####}",
        verification_message_template=idp.VerificationMessageTemplateType(
            default_email_option="CONFIRM_WITH_LINK", email_message_by_link="{##here##}"
        ),
    )
    template = settings.verification_message_template
    assert template
    assert (template.email_message, template.email_message_by_link) == (
        "Older {####}",
        "{##here##}",
    )


def test_a_password_policy_that_is_given_requires_only_what_it_says() -> None:
    given = idp.PasswordPolicyType(minimum_length=6, require_numbers=True)
    policies = made(policies=idp.UserPoolPolicyType(password_policy=given)).policies
    assert policies
    assert policies.password_policy == idp.PasswordPolicyType(
        minimum_length=6,
        require_lowercase=False,
        require_numbers=True,
        require_symbols=False,
        require_uppercase=False,
        temporary_password_validity_days=7,
    )


def test_days_of_a_temporary_password_are_shown_under_both_names() -> None:
    older = idp.AdminCreateUserConfigType(unused_account_validity_days=3)
    newer = idp.UserPoolPolicyType(
        password_policy=idp.PasswordPolicyType(temporary_password_validity_days=5)
    )
    for asked, days in (
        ({"admin_create_user_config": older}, 3),
        ({"policies": newer}, 5),
        ({}, 7),
    ):
        settings = made(**asked)
        assert settings.admin_create_user_config
        assert settings.admin_create_user_config.unused_account_validity_days == days
        assert settings.policies
        assert settings.policies.password_policy
        assert settings.policies.password_policy.temporary_password_validity_days == days
    with pytest.raises(idp.InvalidParameterException, match="Please use TemporaryPassword"):
        made(admin_create_user_config=older, policies=newer)


def test_a_pre_token_function_is_shown_under_both_names() -> None:
    version_two = idp.PreTokenGenerationVersionConfigType(
        lambda_arn=FUNCTION, lambda_version="V2_0"
    )
    newer = made(lambda_config=idp.LambdaConfigType(pre_token_generation_config=version_two))
    assert newer.lambda_config
    assert newer.lambda_config.pre_token_generation == FUNCTION
    assert newer.lambda_config.pre_token_generation_config == version_two


def test_an_empty_recovery_setting_is_none() -> None:
    """`--account-recovery-setting {}` sets the older behaviour, as observed."""
    settings = made(account_recovery_setting=idp.AccountRecoverySettingType())
    assert settings.account_recovery_setting is None


def test_a_list_shows_a_pools_name_functions_and_dates() -> None:
    pool = Pool("us-east-1_abcdefghi", "us-east-1", "p", made(), 1, 1.5, 2.5)
    assert as_description(pool) == idp.UserPoolDescriptionType(
        id=pool.id,
        name="p",
        lambda_config=idp.LambdaConfigType(),
        creation_date=1.5,
        last_modified_date=2.5,
    )
