"""SetUserPoolMfaConfig, and what CreateUserPool and UpdateUserPool mean for it."""

from __future__ import annotations

from typing import Any

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.mfa.operations.pools import set_user_pool_mfa_config
from poolhouse.userpools.mfa.rules import factors_of
from poolhouse.userpools.pools.store import Pools
from tests.support.house import TestHouse
from tests.userpools.mfa.scene import SMS
from tests.userpools.pools.asking import ORIGIN, AllBut, a_pool, code, refusal, signed

TOKEN, NO_TOKEN = {"Enabled": True}, {"Enabled": False}
SMS_CONFIGURATION = SMS["SmsConfiguration"]
NO_FACTOR = (
    "Invalid MFA configuration given, can't disable all MFAs with a required or optional "
    "configuration."
)
TOGETHER = "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."


def shown(client: Any, pool: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get_user_pool_mfa_config(UserPoolId=pool)
    del found["ResponseMetadata"]
    return found


def offered(house: TestHouse, pool: str) -> set[str]:
    with Unit(house.services.database) as unit:
        return set(factors_of(Pools(unit).get(pool)))


def test_factors_are_set_and_shown(house: TestHouse) -> None:
    client, pool = house.client("cognito-idp"), a_pool(house)
    assert shown(client, pool) == {"MfaConfiguration": "OFF"}
    asked: dict[str, Any] = {
        "MfaConfiguration": "ON",
        "SmsMfaConfiguration": {"SmsAuthenticationMessage": "It is {####}", **SMS},
        "SoftwareTokenMfaConfiguration": TOKEN,
        "EmailMfaConfiguration": {"Message": "It is {####}", "Subject": "It"},
        "WebAuthnConfiguration": {
            "RelyingPartyId": "auth.example.com",
            "UserVerification": "required",
            "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION",
        },
    }
    answer = client.set_user_pool_mfa_config(UserPoolId=pool, **asked)
    del answer["ResponseMetadata"]
    assert answer == asked == shown(client, pool)
    described = client.describe_user_pool(UserPoolId=pool)["UserPool"]
    assert described["MfaConfiguration"] == "ON"
    assert described["SmsConfiguration"] == SMS_CONFIGURATION
    assert offered(house, pool) == {"SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"}

    # What is left out is turned off, but for passkeys, which are independent of the factors.
    client.set_user_pool_mfa_config(
        UserPoolId=pool, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration=TOKEN
    )
    left = {
        name: asked[name] for name in ("SoftwareTokenMfaConfiguration", "WebAuthnConfiguration")
    }
    assert shown(client, pool) == left | {"MfaConfiguration": "OPTIONAL"}
    assert offered(house, pool) == {"SOFTWARE_TOKEN_MFA"}
    passkeys = {"RelyingPartyId": "example.com"}
    client.set_user_pool_mfa_config(UserPoolId=pool, WebAuthnConfiguration=passkeys)
    assert shown(client, pool) == left | {
        "MfaConfiguration": "OPTIONAL",
        "WebAuthnConfiguration": passkeys,
    }
    client.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="OFF")
    assert shown(client, pool) == {"MfaConfiguration": "OFF", "WebAuthnConfiguration": passkeys}


INVALID = "InvalidParameterException"
TWO_IN_ONE = {"FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"MfaConfiguration": "ON"}, INVALID, NO_FACTOR),
    ({"MfaConfiguration": "OPTIONAL"}, INVALID, NO_FACTOR),
    ({"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": NO_TOKEN}, INVALID, NO_FACTOR),
    ({"MfaConfiguration": "OFF", "SoftwareTokenMfaConfiguration": TOKEN}, INVALID, TOGETHER),
    ({"MfaConfiguration": "OFF", "EmailMfaConfiguration": {}}, INVALID, TOGETHER),
    ({"EmailMfaConfiguration": {}}, INVALID, TOGETHER),
    ({"MfaConfiguration": "ON", "SmsMfaConfiguration": {}}, INVALID, "SmsConfiguration"),
    ({"WebAuthnConfiguration": {"RelyingPartyId": "x" * 128}}, INVALID, "or equal to 127"),
    ({"WebAuthnConfiguration": {"RelyingPartyId": ""}}, INVALID, "greater than or equal to 1"),
    ({"WebAuthnConfiguration": {"RelyingPartyId": "https://a.example"}}, INVALID, "domain name"),
    ({"WebAuthnConfiguration": {"RelyingPartyId": "192.0.2.1"}}, INVALID, "domain name"),
    ({"WebAuthnConfiguration": {"RelyingPartyId": "a.example.7"}}, INVALID, "domain name"),
    ({"WebAuthnConfiguration": {"UserVerification": "maybe"}}, INVALID, "enum value set"),
    ({"WebAuthnConfiguration": {"FactorConfiguration": "TWO"}}, INVALID, "enum value set"),
]  # fmt: skip


def test_configurations_that_cannot_be_are_refused(sqlite_house: TestHouse) -> None:
    client, pool = sqlite_house.client("cognito-idp"), a_pool(sqlite_house)
    before = client.describe_user_pool(UserPoolId=pool)["UserPool"]
    for asked, kind, why in WRONG:
        got, message = refusal(client.set_user_pool_mfa_config, UserPoolId=pool, **asked)
        assert got == kind and why in message, asked
    assert client.describe_user_pool(UserPoolId=pool)["UserPool"] == before
    assert code(client.get_user_pool_mfa_config, UserPoolId="us-east-1_nothing00") == (
        "ResourceNotFoundException"
    )


def test_the_email_factor_needs_the_tier_essentials(sqlite_house: TestHouse) -> None:
    client = sqlite_house.client("cognito-idp")
    by_email = {"MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {}}
    lite = a_pool(sqlite_house, UserPoolTier="LITE")
    refused = code(client.set_user_pool_mfa_config, UserPoolId=lite, **by_email)
    assert refused == "FeatureUnavailableInTierException"
    pool = a_pool(sqlite_house)
    client.set_user_pool_mfa_config(UserPoolId=pool, **by_email)
    lowered = {"UserPoolId": pool, "UserPoolTier": "LITE", "MfaConfiguration": "OPTIONAL"}
    assert code(client.update_user_pool, **lowered) == "TierChangeNotAllowedException"


def test_passkeys_need_the_tier_essentials(sqlite_house: TestHouse) -> None:
    client = sqlite_house.client("cognito-idp")
    lite = a_pool(sqlite_house, UserPoolTier="LITE")
    for passkeys in ({"RelyingPartyId": "example.com"}, TWO_IN_ONE):
        asked = {"UserPoolId": lite, "WebAuthnConfiguration": passkeys}
        refused = code(client.set_user_pool_mfa_config, **asked)
        assert refused == "FeatureUnavailableInTierException"
    assert shown(client, lite) == {"MfaConfiguration": "OFF"}


ONE_FACTOR = (
    "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is "
    "an allowed first auth factor"
)


def test_passkeys_are_a_first_factor_of_required_mfa_where_they_are_two(
    sqlite_house: TestHouse,
) -> None:
    client = sqlite_house.client("cognito-idp")
    first = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
    pool = a_pool(sqlite_house, Policies=first)
    on = {"UserPoolId": pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": TOKEN}
    one: list[dict[str, Any]] = [
        {},
        {"WebAuthnConfiguration": {"FactorConfiguration": "SINGLE_FACTOR"}},
        {"WebAuthnConfiguration": {"UserVerification": "required"}},
    ]
    for passkeys in one:
        assert refusal(client.set_user_pool_mfa_config, **on, **passkeys) == (INVALID, ONE_FACTOR)
    assert shown(client, pool) == {"MfaConfiguration": "OFF"}
    client.set_user_pool_mfa_config(**on, WebAuthnConfiguration=TWO_IN_ONE)
    back = {"UserPoolId": pool, "WebAuthnConfiguration": one[1]["WebAuthnConfiguration"]}
    assert code(client.set_user_pool_mfa_config, **back) == INVALID
    assert shown(client, pool)["WebAuthnConfiguration"] == TWO_IN_ONE
    client.update_user_pool(UserPoolId=pool, MfaConfiguration="ON", Policies=first)


def test_a_pool_of_required_mfa_does_not_begin_to_take_passkeys_that_are_one_factor(
    sqlite_house: TestHouse,
) -> None:
    client, pool = sqlite_house.client("cognito-idp"), a_pool(sqlite_house)
    on = {"UserPoolId": pool, "MfaConfiguration": "ON"}
    client.set_user_pool_mfa_config(**on, SoftwareTokenMfaConfiguration=TOKEN)
    first = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
    assert refusal(client.update_user_pool, **on, Policies=first) == (
        INVALID,
        "WEB_AUTHN cannot be used as an auth factor when MFA is enabled if not configured for MFA",
    )
    new = {"MfaConfiguration": "ON", "SmsConfiguration": SMS_CONFIGURATION, "Policies": first}
    assert code(client.create_user_pool, PoolName="new", **new) == INVALID
    client.set_user_pool_mfa_config(UserPoolId=pool, WebAuthnConfiguration=TWO_IN_ONE)
    client.update_user_pool(**on, Policies=first)


def test_required_mfa_and_one_time_codes_as_first_factor_exclude_each_other(
    sqlite_house: TestHouse,
) -> None:
    client = sqlite_house.client("cognito-idp")
    first = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = a_pool(sqlite_house, Policies=first)
    on = {"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": TOKEN}
    assert code(client.set_user_pool_mfa_config, UserPoolId=pool, **on) == INVALID
    client.set_user_pool_mfa_config(UserPoolId=pool, **(on | {"MfaConfiguration": "OPTIONAL"}))


def test_a_pool_made_with_sms_and_mfa_offers_sms(sqlite_house: TestHouse) -> None:
    client = sqlite_house.client("cognito-idp")
    pool = a_pool(sqlite_house, MfaConfiguration="ON", SmsConfiguration=SMS_CONFIGURATION)
    assert shown(client, pool) == {"MfaConfiguration": "ON", "SmsMfaConfiguration": SMS}
    assert offered(sqlite_house, pool) == {"SMS_MFA"}
    client.set_user_pool_mfa_config(
        UserPoolId=pool, WebAuthnConfiguration={"RelyingPartyId": "example.com"}
    )
    assert offered(sqlite_house, pool) == {"SMS_MFA"}
    client.update_user_pool(UserPoolId=pool)
    assert offered(sqlite_house, pool) == set()


def test_an_update_keeps_the_chosen_factors_and_never_leaves_required_mfa_without_one(
    sqlite_house: TestHouse,
) -> None:
    client = sqlite_house.client("cognito-idp")
    assert code(client.create_user_pool, PoolName="p", MfaConfiguration="ON") == INVALID
    pool = a_pool(sqlite_house)
    assert code(client.update_user_pool, UserPoolId=pool, MfaConfiguration="ON") == INVALID
    client.set_user_pool_mfa_config(
        UserPoolId=pool, MfaConfiguration="ON", SoftwareTokenMfaConfiguration=TOKEN
    )
    client.update_user_pool(
        UserPoolId=pool, MfaConfiguration="ON", SmsConfiguration=SMS_CONFIGURATION
    )
    assert offered(sqlite_house, pool) == {"SOFTWARE_TOKEN_MFA"}
    client.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="ON", SmsMfaConfiguration=SMS)
    refused = code(client.update_user_pool, UserPoolId=pool, MfaConfiguration="ON")
    assert refused == INVALID
    assert offered(sqlite_house, pool) == {"SMS_MFA"}


def test_the_caller_must_be_allowed_to_pass_the_sms_role(sqlite_house: TestHouse) -> None:
    """ADM-04"""
    pool = a_pool(sqlite_house)
    authority = AllBut("iam:PassRole")
    ask = idp.SetUserPoolMfaConfigRequest(
        user_pool_id=pool,
        mfa_configuration="ON",
        sms_mfa_configuration=idp.SmsMfaConfigType(
            sms_configuration=idp.SmsConfigurationType(
                sns_caller_arn=SMS_CONFIGURATION["SnsCallerArn"]
            )
        ),
    )
    with pytest.raises(Exception, match="is not authorized to perform: iam:PassRole"):
        sqlite_house.house.perform_as(
            signed(authority), set_user_pool_mfa_config.operation, ask, ORIGIN
        )
    assert offered(sqlite_house, pool) == set()
