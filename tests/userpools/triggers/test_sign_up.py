"""What PreSignUp and PostConfirmation change, and what a failure leaves behind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.house import TestHouse
from tests.support.signing_in import refused
from tests.userpools.triggers.scene import (
    ARN,
    UNRECOGNIZABLE,
    attributes_of,
    config,
    hooked,
    sign_up,
    users,
)


def test_a_refused_sign_up_leaves_no_user_and_no_mail(house: TestHouse) -> None:
    """REL-18"""
    scene, functions = hooked(house, "PreSignUp")
    functions.fails("PreSignUp", "Not you.")
    refusal = ("UserLambdaValidationException", "PreSignUp failed with error Not you..")
    assert refused(sign_up, scene) == refusal
    by_admin = {"UserPoolId": scene.pool, "Username": "bob"}
    assert refused(scene.idp.admin_create_user, **by_admin) == refusal
    functions.put("PreSignUp", lambda _: None)
    assert refused(sign_up, scene) == UNRECOGNIZABLE
    functions.says("PreSignUp", autoConfirmUser="true")
    assert refused(sign_up, scene) == UNRECOGNIZABLE
    scene.idp.update_user_pool(UserPoolId=scene.pool, LambdaConfig={"PreSignUp": ARN + "nowhere"})
    assert refused(sign_up, scene) == (
        "UnexpectedLambdaException",
        "PreSignUp invocation failed due to error AccessDeniedException.",
    )
    assert users(scene) == [] and scene.letters() == 0


def test_it_confirms_and_verifies(house: TestHouse) -> None:
    scene, functions = hooked(house, "PreSignUp", "PostConfirmation")
    said = {"autoConfirmUser": True, "autoVerifyEmail": True, "autoVerifyPhone": True}
    functions.says("PreSignUp", **said)
    given = {"email": "ann@example.com", "phone_number": "+15550100"}
    answer = sign_up(scene, attributes=given)
    assert answer["UserConfirmed"] is True and "CodeDeliveryDetails" not in answer
    assert scene.letters() == 0 and scene.tokens("ann")
    told = functions.request("PostConfirmation_ConfirmSignUp")["userAttributes"]
    flags = {"email_verified": "true", "phone_number_verified": "true"}
    assert flags.items() <= told.items() and flags.items() <= attributes_of(scene, "ann").items()
    by_admin = {"UserPoolId": scene.pool, "Username": "bob", "MessageAction": "SUPPRESS"}
    email = [{"Name": "email", "Value": "bob@example.com"}]
    made = scene.idp.admin_create_user(**by_admin, UserAttributes=email)["User"]
    assert made["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert "email_verified" not in attributes_of(scene, "bob")


@pytest.mark.parametrize("flag", ["autoVerifyEmail", "autoVerifyPhone"])
def test_an_address_that_was_not_given_is_not_verified(house: TestHouse, flag: str) -> None:
    scene, functions = hooked(house, "PreSignUp")
    functions.says("PreSignUp", **{flag: True})
    assert refused(sign_up, scene, attributes={})[0] == "InvalidParameterException"
    assert users(scene) == []


def test_a_verified_alias_moves_to_the_newcomer(house: TestHouse) -> None:
    scene, functions = hooked(house, "PreSignUp", AliasAttributes=["email"])
    email = "ann@example.com"
    scene.user("old", email=email, email_verified="true")
    functions.says("PreSignUp", autoConfirmUser=True, autoVerifyEmail=True)
    sub = sign_up(scene)["UserSub"]
    assert attributes_of(scene, email)["sub"] == sub
    assert attributes_of(scene, "old")["email_verified"] == "false"


def test_who_is_confirmed_stays_so_though_the_function_fails(house: TestHouse) -> None:
    scene, functions = hooked(house, "PreSignUp", "PostConfirmation")
    functions.fails("PostConfirmation")
    refusal = ("UserLambdaValidationException", "PostConfirmation failed with error No..")
    at: dict[str, Any] = {"ClientId": scene.open, "Username": "ann"}
    sign_up(scene)
    code = scene.mailed()
    assert refused(scene.public.confirm_sign_up, **at, ConfirmationCode=code) == refusal
    functions.says("PreSignUp", autoConfirmUser=True)
    assert refused(sign_up, scene, "bob") == refusal
    assert {user["UserStatus"] for user in users(scene)} == {"CONFIRMED"}
    assert scene.tokens("ann") and scene.tokens("bob")


@pytest.mark.parametrize(
    "trigger", ["PreAuthentication", "PostAuthentication", "PreTokenGeneration"]
)
def test_no_session_begins_where_a_function_fails(house: TestHouse, trigger: str) -> None:
    """REL-18"""
    scene, functions = hooked(house, trigger)
    scene.user("ann")
    functions.fails(trigger)
    refusal = ("UserLambdaValidationException", f"{trigger} failed with error No..")
    for _ in range(7):
        assert refused(scene.sign_in, "ann") == refusal
    functions.put(trigger, lambda event: {**event, "response": None})
    assert refused(scene.sign_in, "ann") == UNRECOGNIZABLE
    scene.idp.update_user_pool(UserPoolId=scene.pool, LambdaConfig={trigger: ARN + "nowhere"})
    assert refused(scene.sign_in, "ann") == (
        "UnexpectedLambdaException",
        f"{trigger} invocation failed due to error AccessDeniedException.",
    )
    scene.idp.update_user_pool(UserPoolId=scene.pool, LambdaConfig={})
    assert scene.tokens("ann")


@pytest.mark.parametrize("trigger", ["CustomEmailSender", "CustomSMSSender"])
def test_a_custom_sender_needs_a_key(house: TestHouse, trigger: str) -> None:
    idp = house.client("cognito-idp")
    sender = {trigger: {"LambdaVersion": "V1_0", "LambdaArn": ARN + trigger}}
    given: dict[str, Any] = {"PoolName": "p", "LambdaConfig": sender}
    assert refused(idp.create_user_pool, **given)[0] == "InvalidParameterException"
    pool = idp.create_user_pool(PoolName="p", LambdaConfig=config("PreSignUp"))["UserPool"]["Id"]
    update = idp.update_user_pool
    assert refused(update, UserPoolId=pool, LambdaConfig=sender)[0] == "InvalidParameterException"
    shown = idp.describe_user_pool(UserPoolId=pool)["UserPool"]["LambdaConfig"]
    assert shown == config("PreSignUp")
