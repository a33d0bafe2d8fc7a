"""What no pool may be set to, pure."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rules import tags
from poolhouse.userpools.pools.rules.checks import (
    check_deletion,
    check_region,
    check_settings,
    roles,
)
from poolhouse.userpools.pools.rules.settings import new_settings
from poolhouse.userpools.pools.rules.tiers import check_tier

ROLE = "arn:aws:iam::000000000000:role/sms"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:tokens"
SOURCE = "arn:aws:ses:us-east-1:000000000000:identity/a@example.com"
Template = idp.VerificationMessageTemplateType


def made(**asked: Any) -> idp.UserPoolType:
    return new_settings(idp.CreateUserPoolRequest(pool_name="p", **asked))


def factors(*names: str) -> idp.UserPoolPolicyType:
    policy = idp.SignInPolicyType(allowed_first_auth_factors=list(names))
    return idp.UserPoolPolicyType(sign_in_policy=policy)


def history() -> idp.UserPoolPolicyType:
    return idp.UserPoolPolicyType(password_policy=idp.PasswordPolicyType(password_history_size=3))


def recovery(*options: tuple[str, int]) -> idp.AccountRecoverySettingType:
    made = [idp.RecoveryOptionType(name=name, priority=place) for name, place in options]
    return idp.AccountRecoverySettingType(recovery_mechanisms=made)


def email(**members: str) -> idp.EmailConfigurationType:
    return idp.EmailConfigurationType(**members)


def invitation(**members: str) -> idp.AdminCreateUserConfigType:
    return idp.AdminCreateUserConfigType(invite_message_template=idp.MessageTemplateType(**members))


def pre_token(version: str, arn: str = FUNCTION) -> idp.PreTokenGenerationVersionConfigType:
    return idp.PreTokenGenerationVersionConfigType(lambda_arn=arn, lambda_version=version)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"alias_attributes": ["email"], "username_attributes": ["email"]},
            "Only one of the aliasAttributes or usernameAttributes can be set in a user pool.",
        ),
        ({"policies": factors("PASSWORD", "SOFTWARE_TOKEN")}, "SOFTWARE_TOKEN is not supported"),
        ({"policies": factors("WEB_AUTHN")}, "WEB_AUTHN cannot be the only"),
        (
            {"policies": factors("PASSWORD", "EMAIL_OTP"), "mfa_configuration": "ON"},
            "Only PASSWORD and WEB_AUTHN (if configured) can be enabled",
        ),
        (
            {"account_recovery_setting": recovery(("admin_only", 1), ("verified_email", 2))},
            "Account Recovery Setting cannot use admin_only setting",
        ),
        (
            {"account_recovery_setting": recovery(("verified_email", 1), ("verified_email", 2))},
            "must differ in name and in priority",
        ),
        (
            {
                "account_recovery_setting": recovery(
                    ("verified_email", 1), ("verified_phone_number", 1)
                )
            },
            "must differ in name and in priority",
        ),
        (
            {
                "auto_verified_attributes": ["phone_number"],
                "user_attribute_update_settings": idp.UserAttributeUpdateSettingsType(
                    attributes_require_verification_before_update=["email"]
                ),
            },
            "AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes",
        ),
        (
            {
                "lambda_config": idp.LambdaConfigType(
                    pre_token_generation=FUNCTION,
                    pre_token_generation_config=pre_token("V1_0", FUNCTION + "2"),
                )
            },
            "must be identical",
        ),
        (
            {
                "sms_configuration": idp.SmsConfigurationType(
                    sns_caller_arn=ROLE, eums_sms=idp.EumsSmsConfigurationType(caller_arn=ROLE)
                )
            },
            "Only one of SnsCallerArn and EumsSms",
        ),
        (
            {
                "acr_configuration": {
                    "Level1": idp.AcrLevelConfigType(acr_value="urn:cognito:loa:2")
                }
            },
            "names of the ACR levels must differ",
        ),
        (
            {"email_configuration": email(email_sending_account="DEVELOPER")},
            "SourceArn is required",
        ),
        ({"email_configuration": email(from_="a@b.example\r\nBcc: x@y.example")}, "From must be"),
        ({"email_configuration": email(from_="nobody")}, "From must be"),
        ({"email_configuration": email(from_="a@b" + "c" * 131_000)}, "From must be"),
        (
            {"admin_create_user_config": invitation(email_message="Welcome, {username}!")},
            "must contain the placeholder {####}",
        ),
        (
            {"admin_create_user_config": invitation(sms_message="Welcome!")},
            "must contain the placeholder {####}",
        ),
    ],
)
def test_settings_that_contradict_themselves_are_refused(
    asked: dict[str, Any], message: str
) -> None:
    with pytest.raises(idp.InvalidParameterException) as caught:
        check_settings(made(**asked))
    assert message in caught.value.message


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"alias_attributes": ["email", "preferred_username"]},
        {"username_attributes": ["email", "phone_number"]},
        {"policies": factors("PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN")},
        {"policies": factors("PASSWORD", "WEB_AUTHN"), "mfa_configuration": "ON"},
        {"account_recovery_setting": recovery(("verified_email", 1), ("verified_phone_number", 2))},
        {"account_recovery_setting": recovery(("admin_only", 1))},
        {
            "auto_verified_attributes": ["email"],
            "user_attribute_update_settings": idp.UserAttributeUpdateSettingsType(
                attributes_require_verification_before_update=["email"]
            ),
        },
        {
            "email_configuration": email(
                email_sending_account="DEVELOPER", source_arn=SOURCE, from_="Jö Dow <j@d.example>"
            )
        },
        {
            "verification_message_template": Template(
                default_email_option="CONFIRM_WITH_LINK", email_message_by_link="{##x##}"
            )
        },
        {
            "verification_message_template": Template(
                email_message="{####}", email_message_by_link="{##x##}"
            )
        },
        {"admin_create_user_config": invitation(email_message="{username} {####}")},
        {
            "policies": factors("PASSWORD", "EMAIL_OTP"),
            "admin_create_user_config": invitation(email_message="Welcome, {username}!"),
        },
    ],
)
def test_settings_that_agree_with_themselves_are_taken(asked: dict[str, Any]) -> None:
    check_settings(made(**asked))


@pytest.mark.parametrize(
    ("asked", "least"),
    [
        ({"policies": factors("PASSWORD", "EMAIL_OTP")}, "ESSENTIALS"),
        ({"policies": history()}, "ESSENTIALS"),
        (
            {"lambda_config": idp.LambdaConfigType(pre_token_generation_config=pre_token("V2_0"))},
            "ESSENTIALS",
        ),
        ({"dcr_configuration": idp.DcrConfigurationType()}, "ESSENTIALS"),
        ({"acr_configuration": {"Level1": idp.AcrLevelConfigType(acr_value="x")}}, "ESSENTIALS"),
        ({"user_pool_add_ons": idp.UserPoolAddOnsType(advanced_security_mode="AUDIT")}, "PLUS"),
    ],
)
def test_a_plan_has_only_its_features(asked: dict[str, Any], least: str) -> None:
    below = {"ESSENTIALS": "LITE", "PLUS": "ESSENTIALS"}[least]
    check_tier(made(user_pool_tier=least, **asked))
    with pytest.raises(idp.FeatureUnavailableInTierException):
        check_tier(made(user_pool_tier=below, **asked))
    with pytest.raises(idp.TierChangeNotAllowedException):
        check_tier(made(user_pool_tier=below, **asked), before=least)
    with pytest.raises(idp.FeatureUnavailableInTierException):
        check_tier(made(user_pool_tier=below, **asked), before=below)


def test_the_lowest_plan_has_what_every_pool_has() -> None:
    version_one = idp.LambdaConfigType(pre_token_generation=FUNCTION)
    off = idp.UserPoolAddOnsType(advanced_security_mode="OFF")
    usual = {"Level1": idp.AcrLevelConfigType(acr_value="urn:cognito:loa:1")}
    check_tier(
        made(
            user_pool_tier="LITE",
            lambda_config=version_one,
            user_pool_add_ons=off,
            acr_configuration=usual,
            policies=factors("PASSWORD"),
        )
    )


@pytest.mark.parametrize("region", ["", "us_east_1", "US-EAST-1", "a b", "us-", "x" * 41, "é", "*"])
def test_a_region_that_cannot_begin_an_id_is_refused(region: str) -> None:
    with pytest.raises(idp.InvalidParameterException):
        check_region(region)


def test_regions_of_aws_and_of_ones_own_are_taken() -> None:
    for region in ("us-east-1", "ap-southeast-4", "us-gov-west-1", "local"):
        check_region(region)


def test_a_protected_pool_and_one_with_a_domain_cannot_be_deleted() -> None:
    """ADM-11"""
    with pytest.raises(idp.InvalidParameterException, match="deletion protection is activated"):
        check_deletion(made(deletion_protection="ACTIVE"))
    for domain in ({"domain": "auth"}, {"custom_domain": "auth.example.com"}):
        with pytest.raises(idp.InvalidParameterException, match="It has a domain configured"):
            check_deletion(msgspec.structs.replace(made(), **domain))
    check_deletion(made())


def test_roles_are_those_that_send_messages() -> None:
    eums = idp.SmsConfigurationType(eums_sms=idp.EumsSmsConfigurationType(caller_arn=ROLE))
    sns = idp.SmsConfigurationType(sns_caller_arn=ROLE)
    assert roles(made(sms_configuration=sns)) == [ROLE]
    assert roles(made(sms_configuration=eums)) == [ROLE]
    assert roles(made(sms_configuration=idp.SmsConfigurationType(sns_caller_arn=""))) == []
    assert roles(made()) == []


def test_tags_are_added_and_taken_away() -> None:
    assert tags.tagged({"a": "1", "b": "2"}, {"b": "3"}) == {"a": "1", "b": "3"}
    assert tags.untagged({"a": "1", "b": "2"}, ["b", "c"]) == {"a": "1"}
    many = {str(n): "" for n in range(50)}
    assert tags.tagged(many, {"0": "x"})["0"] == "x"
    for added in ({"one more": ""}, {"AWS:x": ""}):
        with pytest.raises(idp.InvalidParameterException):
            tags.tagged(many, added)


def test_an_arn_must_be_the_pools_own_to_the_letter() -> None:
    """ADM-01: permission is decided on the ARN as sent, so no other may stand for the pool."""
    own = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abcdefghi"
    assert tags.pool_id_of(own, "000000000000") == "us-east-1_abcdefghi"
    for other in (
        own.replace(":us-east-1:", ":eu-west-1:"),
        own.replace("000000000000", "111111111111"),
        own.replace("arn:aws:", "arn:aws-cn:"),
        own.replace("userpool/", "userpool/x:userpool/"),
        own.replace("userpool/", "identitypool/"),
        "arn:aws:s3:::bucket/some-key",
    ):
        with pytest.raises(idp.InvalidParameterException):
            tags.pool_id_of(other, "000000000000")
