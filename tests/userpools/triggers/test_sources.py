"""Which operation fires which triggers, in order, and what each is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.house import TestHouse
from tests.support.signing_in import OTHER, PASSWORD, Scene, refused
from tests.userpools.triggers.scene import hooked, sign_up, users

PRE, POST = "PreAuthentication_Authentication", "PostAuthentication_Authentication"
TOKENS = "TokenGeneration_Authentication"


Row = tuple[Callable[[], Any], list[str]]


def test_each_operation_fires_its_triggers_in_order(house: TestHouse) -> None:
    scene, functions = hooked(house)
    for number, (act, expected) in enumerate(beginnings(scene) + recoveries(scene)):
        act()
        assert functions.sources() == expected, number


def beginnings(scene: Scene) -> list[Row]:
    public, idp, at = scene.public, scene.idp, {"ClientId": scene.open, "Username": "ann"}
    by_admin = {"UserPoolId": scene.pool, "Username": "ann"}
    signed_in: dict[str, Any] = {}

    def sign_in() -> None:
        signed_in.update(scene.tokens("ann"))

    def update(**given: str) -> Any:
        listed = [{"Name": k, "Value": v} for k, v in given.items()]
        return {"AccessToken": signed_in["AccessToken"], "UserAttributes": listed}

    return [
        (lambda: sign_up(scene), ["PreSignUp_SignUp", "CustomMessage_SignUp"]),
        (lambda: public.resend_confirmation_code(**at), ["CustomMessage_ResendCode"]),
        (
            lambda: public.confirm_sign_up(**at, ConfirmationCode=scene.mailed()),
            ["PostConfirmation_ConfirmSignUp"],
        ),
        (lambda: refused(public.resend_confirmation_code, **at), []),
        (sign_in, [PRE, POST, TOKENS]),
        (lambda: scene.srp_sign_in("ann"), [PRE, POST, TOKENS]),
        (lambda: refused(scene.sign_in, "ann", "wrong"), [PRE]),
        (lambda: scene.refresh(signed_in["RefreshToken"]), ["TokenGeneration_RefreshTokens"]),
        (
            lambda: public.get_tokens_from_refresh_token(
                ClientId=scene.open, RefreshToken=signed_in["RefreshToken"]
            ),
            ["TokenGeneration_RefreshTokens"],
        ),
        (lambda: public.update_user_attributes(**update(name="Ann")), []),
        (lambda: public.update_user_attributes(**update(email="ann@example.com")), []),
        (
            lambda: public.update_user_attributes(**update(email="new@example.com")),
            ["CustomMessage_UpdateUserAttribute"],
        ),
        (
            lambda: public.get_user_attribute_verification_code(
                AccessToken=signed_in["AccessToken"], AttributeName="email"
            ),
            ["CustomMessage_VerifyUserAttribute"],
        ),
        (
            lambda: idp.admin_update_user_attributes(
                **by_admin,
                UserAttributes=[
                    {"Name": "email", "Value": "ann@example.com"},
                    {"Name": "email_verified", "Value": "true"},
                ],
            ),
            [],
        ),
    ]


def recoveries(scene: Scene) -> list[Row]:
    public, idp, at = scene.public, scene.idp, {"ClientId": scene.open, "Username": "ann"}
    by_admin = {"UserPoolId": scene.pool, "Username": "ann"}
    return [
        (lambda: public.forgot_password(**at), ["CustomMessage_ForgotPassword"]),
        (
            lambda: public.confirm_forgot_password(
                **at, ConfirmationCode=scene.mailed(), Password=PASSWORD
            ),
            ["PostConfirmation_ConfirmForgotPassword"],
        ),
        (lambda: idp.admin_set_user_password(**by_admin, Password=PASSWORD, Permanent=True), []),
        (lambda: idp.admin_reset_user_password(**by_admin), ["CustomMessage_ForgotPassword"]),
        (lambda: refused(scene.sign_in, "ann"), [PRE]),
        (lambda: refused(scene.sign_in, "bob"), ["UserMigration_Authentication"]),
        (
            lambda: refused(scene.sign_in, "bob", client=scene.hiding),
            ["UserMigration_Authentication", PRE],
        ),
        (lambda: refused(scene.srp_begin, "bob"), []),
        (
            lambda: refused(public.forgot_password, ClientId=scene.open, Username="bob"),
            ["UserMigration_ForgotPassword"],
        ),
        (lambda: refused(sign_up, scene), []),
    ]


def test_an_administrator_fires_fewer(house: TestHouse) -> None:
    scene, functions = hooked(house)
    email = [{"Name": "email", "Value": "bob@example.com"}]
    by_admin = {"UserPoolId": scene.pool, "Username": "bob"}
    create = scene.idp.admin_create_user
    create(**by_admin, UserAttributes=email, TemporaryPassword=OTHER)
    pre, words = functions.sent
    assert functions.sources() == ["PreSignUp_AdminCreateUser", "CustomMessage_AdminCreateUser"]
    assert pre["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"
    assert words["request"]["usernameParameter"] == "{username}"
    create(**by_admin, MessageAction="RESEND")
    assert functions.sources() == ["CustomMessage_AdminCreateUser"]
    assert refused(create, **by_admin)[0] == "UsernameExistsException"
    weak = {"UserPoolId": scene.pool, "Username": "cy", "TemporaryPassword": "short"}
    assert refused(create, **weak)[0] == "InvalidPasswordException"
    assert functions.sources() == []
    create(UserPoolId=scene.pool, Username="cy", MessageAction="SUPPRESS")
    create(UserPoolId=scene.pool, Username="dee")
    assert functions.sources() == ["PreSignUp_AdminCreateUser"] * 2
    sign_up(scene, "eve")
    functions.sources()
    scene.idp.admin_confirm_sign_up(UserPoolId=scene.pool, Username="eve")
    assert functions.sources() == ["PostConfirmation_ConfirmSignUp"]


def test_a_new_password_is_told_to_the_token_trigger_also_after_a_factor(house: TestHouse) -> None:
    scene, functions = hooked(house, SmsConfiguration={"SnsCallerArn": "arn:aws:iam::1:role/sms"})
    phone = [{"Name": "phone_number", "Value": "+15550100"}]
    given = {"UserPoolId": scene.pool, "Username": "bob", "TemporaryPassword": OTHER}
    scene.idp.admin_create_user(**given, UserAttributes=phone, MessageAction="SUPPRESS")
    scene.idp.set_user_pool_mfa_config(
        UserPoolId=scene.pool,
        MfaConfiguration="OPTIONAL",
        SmsMfaConfiguration={
            "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms"}
        },
    )
    scene.put_factors("bob", "SMS_MFA")
    functions.sources()
    posed = scene.sign_in("bob", OTHER)
    posed = scene.reply(posed, USERNAME="bob", NEW_PASSWORD=PASSWORD)
    assert posed["ChallengeName"] == "SMS_MFA"
    scene.reply(posed, USERNAME="bob", SMS_MFA_CODE=scene.mailed())
    assert functions.sources() == [
        PRE,
        "CustomMessage_Authentication",
        POST,
        "TokenGeneration_NewPasswordChallenge",
    ]


def test_events_are_cognitos_member_by_member(house: TestHouse) -> None:
    scene, functions = hooked(house)
    sub = sign_up(scene, ValidationData=[{"Name": "from", "Value": "web"}])["UserSub"]
    common = {
        "version": "1",
        "region": "us-east-1",
        "userPoolId": scene.pool,
        "userName": "ann",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": scene.open},
    }
    before, words = functions.sent
    assert before == {
        **common,
        "triggerSource": "PreSignUp_SignUp",
        "request": {
            "userAttributes": {"email": "ann@example.com"},
            "validationData": {"from": "web"},
        },
        "response": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    }
    existing = {"sub": sub, "email": "ann@example.com", "email_verified": "false"}
    assert words == {
        **common,
        "triggerSource": "CustomMessage_SignUp",
        "request": {
            "userAttributes": {**existing, "cognito:user_status": "UNCONFIRMED"},
            "codeParameter": "{####}",
            "usernameParameter": None,
            "linkParameter": "{##Click Here##}",
        },
        "response": {"smsMessage": None, "emailMessage": None, "emailSubject": None},
    }
    functions.sources()
    code, at = scene.mailed(), {"ClientId": scene.open, "Username": "ann"}
    scene.public.confirm_sign_up(**at, ConfirmationCode=code, ClientMetadata={"a": "b"})
    existing |= {"email_verified": "true", "cognito:user_status": "CONFIRMED"}
    assert functions.sent == [
        {
            **common,
            "triggerSource": "PostConfirmation_ConfirmSignUp",
            "request": {"userAttributes": existing, "clientMetadata": {"a": "b"}},
            "response": {},
        }
    ]
    functions.sources()
    scene.sign_in("ann")
    pre, post, tokens = (event["request"] for event in functions.sent)
    assert pre == {"userAttributes": existing, "validationData": None, "userNotFound": False}
    assert post == {"userAttributes": existing, "newDeviceUsed": False}
    groups: dict[str, Any] = {
        "groupsToOverride": [],
        "iamRolesToOverride": [],
        "preferredRole": None,
    }
    assert tokens == {"userAttributes": existing, "groupConfiguration": groups}
    assert functions.sent[-1]["response"] == {"claimsOverrideDetails": None}


def test_metadata_of_a_beginning_and_of_an_answer_reach_different_triggers(
    house: TestHouse,
) -> None:
    scene, functions = hooked(house)
    functions.put(
        "DefineAuthChallenge",
        lambda e: (
            {**e, "response": {"issueTokens": True}}
            if e["request"]["session"]
            else {**e, "response": {"challengeName": "CUSTOM_CHALLENGE"}}
        ),
    )
    functions.says("VerifyAuthChallengeResponse", answerCorrect=True)
    scene.user("ann")
    functions.sources()
    posed = scene.public.initiate_auth(
        ClientId=scene.open,
        AuthFlow="CUSTOM_AUTH",
        AuthParameters={"USERNAME": "ann"},
        ClientMetadata={"at": "begin"},
    )
    pre, *others = (event["request"] for event in functions.sent)
    assert pre["validationData"] == {"at": "begin"} and len(others) == 2
    assert not any("clientMetadata" in one for one in [pre, *others])
    functions.sources()
    scene.public.respond_to_auth_challenge(
        ClientId=scene.open,
        ChallengeName="CUSTOM_CHALLENGE",
        Session=posed["Session"],
        ChallengeResponses={"USERNAME": "ann", "ANSWER": "x"},
        ClientMetadata={"at": "answer"},
    )
    assert [event["request"].get("clientMetadata") for event in functions.sent] == [
        {"at": "answer"}
    ] * 4
    assert functions.sources()[-2:] == [POST, TOKENS]
    scene.public.initiate_auth(
        ClientId=scene.open,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD},
        ClientMetadata={"at": "begin"},
    )
    assert ["clientMetadata" in event["request"] for event in functions.sent] == [False] * 3


def test_a_custom_message_about_a_sign_in_code_is_about_the_real_user(house: TestHouse) -> None:
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    scene, functions = hooked(house, "CustomMessage", AliasAttributes=["email"], Policies=factors)
    sub = scene.user("ann", email="ann@example.com", email_verified="true")
    client = scene.client(ExplicitAuthFlows=["ALLOW_USER_AUTH"])
    given = {"USERNAME": "ann@example.com", "PREFERRED_CHALLENGE": "EMAIL_OTP"}
    scene.begin("USER_AUTH", client, **given)
    (event,) = functions.sent
    assert event["userName"] == "ann"
    assert event["request"]["userAttributes"] == {
        "sub": sub,
        "cognito:user_status": "CONFIRMED",
        "email": "ann@example.com",
        "email_verified": "true",
        "cognito:email_alias": "ann@example.com",
    }
    assert [user["Username"] for user in users(scene)] == ["ann"]
