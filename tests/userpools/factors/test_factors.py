"""The factors of a user, as users and administrators are told of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.factors.rules import configured
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.users.rows import CONFIRMED, NO_FACTORS, Factors, User
from poolhouse.userpools.users.rules import mfa_settings
from poolhouse.userpools.users.store import Users
from tests.support.house import TestHouse
from tests.support.signing_in import Scene, refused, scene_of

EVERY = ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]


def pool(*first: str) -> Pool:
    policy = idp.SignInPolicyType(allowed_first_auth_factors=list(first) or None)
    settings = idp.UserPoolType(policies=idp.UserPoolPolicyType(sign_in_policy=policy))
    return Pool("p", "us-east-1", "p", settings, 1, 1.0, 1.0)


def user(factors: Factors = NO_FACTORS, of: dict[str, str] | None = None) -> User:
    return User("p", "s", "ann", CONFIRMED, True, of or {}, 1.0, 1.0, factors)


PROVED = {
    "email": "a@b.c",
    "email_verified": "true",
    "phone_number": "+1",
    "phone_number_verified": "true",
}
UNPROVED = {"email": "a@b.c", "phone_number": "+1", "email_verified": "false"}


@pytest.mark.parametrize(
    ("first", "who", "had", "expected"),
    [
        ((), user(of=PROVED), (True, True), ["PASSWORD"]),
        ((), user(of=PROVED), (False, False), []),
        (EVERY, user(of=PROVED), (True, True), EVERY),
        (EVERY, user(of=UNPROVED), (True, False), ["PASSWORD"]),
        (EVERY, user(of=PROVED), (False, False), ["EMAIL_OTP", "SMS_OTP"]),
        (("PASSWORD", "WEB_AUTHN"), user(of=PROVED), (True, True), ["PASSWORD", "WEB_AUTHN"]),
        ((), user(Factors(("EMAIL_OTP",))), (True, False), ["PASSWORD", "EMAIL_OTP"]),
        ((), user(Factors(("SMS_MFA",))), (True, False), ["PASSWORD", "SMS_OTP"]),
        ((), user(Factors(("WEB_AUTHN",))), (True, True), ["PASSWORD"]),
        ((), user(Factors((), None, True)), (True, False), ["PASSWORD", "SOFTWARE_TOKEN"]),
    ],
)
def test_a_factor_is_one_that_the_user_could_be_asked_for(
    first: tuple[str, ...], who: User, had: tuple[bool, bool], expected: list[str]
) -> None:
    password, passkey = had
    assert configured(pool(*first), who, password=password, passkey=passkey) == expected


@pytest.mark.parametrize(
    ("enabled", "passkey", "expected"),
    [
        (("WEB_AUTHN",), True, ["PASSWORD", "WEB_AUTHN"]),
        (("WEB_AUTHN",), False, ["PASSWORD"]),
        ((), True, ["PASSWORD"]),
    ],
)
def test_a_passkey_is_a_second_factor_where_the_pool_says_so(
    enabled: tuple[str, ...], passkey: bool, expected: list[str]
) -> None:
    two = "MULTI_FACTOR_WITH_USER_VERIFICATION"
    passkeys = idp.WebAuthnConfigurationType(factor_configuration=two)
    chosen = idp.GetUserPoolMfaConfigResponse(web_authn_configuration=passkeys)
    of = replace(pool(), chosen_mfa=chosen)
    assert configured(of, user(Factors(enabled)), password=True, passkey=passkey) == expected


def test_a_passkey_is_no_entry_of_the_list_of_second_factors() -> None:
    assert mfa_settings(user()) is None
    assert mfa_settings(user(Factors(("WEB_AUTHN",)))) is None
    assert mfa_settings(user(Factors(("SMS_MFA", "EMAIL_OTP", "WEB_AUTHN")))) == [
        "SMS_MFA",
        "EMAIL_OTP",
    ]


def told(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    made = scene_of(
        house, Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    )
    made.user("ann", email="ann@example.com", email_verified="true")
    return made


def test_both_operations_tell_the_same(scene: Scene) -> None:
    where = {"UserPoolId": scene.pool, "Username": "ann"}
    token = scene.tokens("ann")["AccessToken"]
    plain = {"Username": "ann", "ConfiguredUserAuthFactors": ["PASSWORD", "EMAIL_OTP"]}
    assert told(scene.public.get_user_auth_factors(AccessToken=token)) == plain
    assert told(scene.idp.admin_get_user_auth_factors(**where)) == plain
    with Unit(scene.house.services.database) as unit:
        users = Users(unit, Pools(unit).get(scene.pool))
        factors = Factors(("SOFTWARE_TOKEN_MFA", "SMS_MFA"), "SMS_MFA", True)
        users.set_factors(users.get("ann"), factors, 1.0)
    more = {
        "Username": "ann",
        "PreferredMfaSetting": "SMS_MFA",
        "UserMFASettingList": ["SOFTWARE_TOKEN_MFA", "SMS_MFA"],
        "ConfiguredUserAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "SOFTWARE_TOKEN"],
    }
    assert told(scene.public.get_user_auth_factors(AccessToken=token)) == more
    assert told(scene.idp.admin_get_user_auth_factors(**where)) == more


def test_a_user_that_is_not_there_has_none(scene: Scene) -> None:
    token = scene.tokens("ann")["AccessToken"]
    where = {"UserPoolId": scene.pool, "Username": "nobody"}
    assert refused(scene.idp.admin_get_user_auth_factors, **where)[0] == "UserNotFoundException"
    scene.idp.admin_delete_user(UserPoolId=scene.pool, Username="ann")
    code, _ = refused(scene.public.get_user_auth_factors, AccessToken=token)
    assert code == "UserNotFoundException"
