"""UserMigration: whom it brings in, and how it fails without telling."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.house import TestHouse
from tests.support.signing_in import PASSWORD, refused
from tests.userpools.triggers.scene import (
    INCORRECT,
    UNKNOWN,
    attributes_of,
    hooked,
    users,
)

MAIL = {"email": "bob@example.com", "email_verified": "true"}
CONFIRMED = {"finalUserStatus": "CONFIRMED", "messageAction": "SUPPRESS"}


def test_a_confirmed_user_comes_in_with_the_password_they_typed(house: TestHouse) -> None:
    scene, functions = hooked(house, "UserMigration")
    told = {**MAIL, "sub": "theirs", "cognito:user_status": "X", "custom:unknown": "x"}
    functions.says("UserMigration", userAttributes=told, **CONFIRMED)
    assert scene.public.initiate_auth(
        ClientId=scene.open,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "bob", "PASSWORD": "weak"},
        ClientMetadata={"a": "b"},
    )["AuthenticationResult"]
    (event,) = functions.sent
    assert event["userName"] == "bob"
    assert event["request"] == {"password": "weak", "validationData": {"a": "b"}}
    kept = attributes_of(scene, "bob")
    assert kept.pop("sub") != "theirs" and kept == MAIL
    assert scene.tokens("bob", "weak")
    assert refused(scene.sign_in, "bob", "other") == INCORRECT
    assert len(functions.sent) == 1


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"userAttributes": None},
        {"userAttributes": []},
        {"userAttributes": {"email": 1}, **CONFIRMED},
        {"userAttributes": {"email": "no address"}, **CONFIRMED},
        {"userAttributes": MAIL, "finalUserStatus": "UNCONFIRMED"},
        {"userAttributes": {**MAIL, "username": "ann"}, **CONFIRMED},
        {"userAttributes": {**MAIL, "username": "somebody-else"}, **CONFIRMED},
        None,
    ],
)
def test_what_is_no_such_user_is_nobody(house: TestHouse, response: Any) -> None:
    """CGN-21: also where it answers for another name, or fails."""
    scene, functions = hooked(house, "UserMigration")
    scene.user("ann")
    if response is None:
        functions.fails("UserMigration", "a secret of the old directory")
    else:
        functions.says("UserMigration", **response)
    assert refused(scene.sign_in, "bob") == UNKNOWN
    assert refused(scene.sign_in, "bob", client=scene.hiding) == INCORRECT
    assert [user["Username"] for user in users(scene)] == ["ann"]
    assert scene.letters() == 0


def test_nobody_asks_it_about_a_user_who_is_there(house: TestHouse) -> None:
    """CGN-21"""
    scene, functions = hooked(house, "UserMigration")
    scene.user("ann")
    functions.says("UserMigration", userAttributes=MAIL, **CONFIRMED)
    assert refused(scene.sign_in, "ann", "wrong") == INCORRECT
    assert functions.sent == [] and scene.tokens("ann", PASSWORD)


def test_by_default_a_new_password_must_be_set_first(house: TestHouse) -> None:
    scene, functions = hooked(house, "UserMigration")
    functions.says("UserMigration", userAttributes=MAIL)
    assert refused(scene.sign_in, "bob")[0] == "PasswordResetRequiredException"
    assert users(scene)[0]["UserStatus"] == "RESET_REQUIRED"


def test_a_forgotten_password_brings_a_user_in(house: TestHouse) -> None:
    scene, functions = hooked(house, "UserMigration")
    functions.says("UserMigration", userAttributes=MAIL, messageAction="SUPPRESS")
    at = {"ClientId": scene.open, "Username": "bob"}
    scene.public.forgot_password(**at, ClientMetadata={"a": "b"})
    (event,) = functions.sent
    assert event["request"] == {"validationData": None, "clientMetadata": {"a": "b"}}
    scene.public.confirm_forgot_password(**at, ConfirmationCode=scene.mailed(), Password=PASSWORD)
    assert scene.tokens("bob")


def test_an_alias_moves_only_where_it_is_forced(house: TestHouse) -> None:
    scene, functions = hooked(house, "UserMigration", AliasAttributes=["email"])
    scene.user("ann", **MAIL)
    functions.says("UserMigration", userAttributes=MAIL, **CONFIRMED)
    assert refused(scene.sign_in, "bob")[0] == "AliasExistsException"
    assert len(users(scene)) == 1
    functions.says("UserMigration", userAttributes=MAIL, forceAliasCreation=True, **CONFIRMED)
    assert scene.tokens("bob")
    assert attributes_of(scene, "ann")["email_verified"] == "false"
    assert attributes_of(scene, MAIL["email"])["sub"] == attributes_of(scene, "bob")["sub"]


def test_who_signs_in_by_an_alias_may_be_called_otherwise(house: TestHouse) -> None:
    scene, functions = hooked(house, "UserMigration", AliasAttributes=["email"])
    told = {**MAIL, "username": "bob"}
    functions.says("UserMigration", userAttributes=told, **CONFIRMED)
    assert scene.tokens(MAIL["email"]) and users(scene)[0]["Username"] == "bob"


def test_sms_as_a_second_factor_may_be_enabled(house: TestHouse) -> None:
    scene, functions = hooked(house, "UserMigration")
    functions.says("UserMigration", userAttributes=MAIL, enableSMSMFA=True, **CONFIRMED)
    assert scene.tokens("bob")
    shown = scene.idp.admin_get_user(UserPoolId=scene.pool, Username="bob")
    assert shown["UserMFASettingList"] == ["SMS_MFA"]
