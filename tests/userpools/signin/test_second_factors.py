"""Second factors at sign-in: codes by mail and text, authenticators, choosing, and setting up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyotp
import pytest
from botocore.exceptions import ClientError

from tests.support.house import TestHouse
from tests.support.signing_in import Scene, claims, refused, scene_of

MISMATCH = ("CodeMismatchException", "Invalid code or auth state for the user.")

REFUSALS = {
    "CodeMismatchException",
    "InvalidParameterException",
    "NotAuthorizedException",
    "SerializationException",
}


def scene_with(house: TestHouse, mode: str, *factors: str, recovery: str = "admin_only") -> Scene:
    scene = scene_of(
        house,
        AccountRecoverySetting={"RecoveryMechanisms": [{"Name": recovery, "Priority": 1}]},
    )
    given: dict[str, Any] = {}
    if "SMS" in factors:
        given["SmsMfaConfiguration"] = {
            "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms"}
        }
    if "TOTP" in factors:
        given["SoftwareTokenMfaConfiguration"] = {"Enabled": True}
    if "EMAIL" in factors:
        given["EmailMfaConfiguration"] = {}
    scene.idp.set_user_pool_mfa_config(UserPoolId=scene.pool, MfaConfiguration=mode, **given)
    return scene


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    found = scene_with(house, "OPTIONAL", "SMS", "TOTP", "EMAIL")
    found.user(
        "ann",
        email="ann@example.com",
        email_verified="true",
        phone_number="+15550100",
    )
    return found


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


@pytest.mark.parametrize(
    ("factor", "medium", "shown"),
    [("EMAIL_OTP", "EMAIL", "a***@e***"), ("SMS_MFA", "SMS", "+****0100")],
)
def test_a_code_is_sent_and_signs_in_once(
    scene: Scene, factor: str, medium: str, shown: str
) -> None:
    """CGN-17, AUT-14: the code is in the message and nowhere else."""
    scene.put_factors("ann", factor)
    asked = scene.sign_in("ann")
    assert asked["ChallengeName"] == factor
    assert asked["ChallengeParameters"] == {
        "CODE_DELIVERY_DELIVERY_MEDIUM": medium,
        "CODE_DELIVERY_DESTINATION": shown,
        "USER_ID_FOR_SRP": "ann",
    }
    code = scene.mailed()
    assert len(code) == 6 and code not in str(asked)
    given = {"USERNAME": "ann", f"{factor}_CODE": code}
    assert refused(scene.reply, asked, **{**given, f"{factor}_CODE": other(code)}) == MISMATCH
    assert claims(scene.reply(asked, **given)["AuthenticationResult"]["IdToken"])
    assert refused(scene.reply, asked, **given)[0] == "NotAuthorizedException"
    verified = {"EMAIL_OTP": "email_verified", "SMS_MFA": "phone_number_verified"}[factor]
    user = scene.idp.admin_get_user(UserPoolId=scene.pool, Username="ann")
    assert {"Name": verified, "Value": "true"} in user["UserAttributes"]


@pytest.mark.parametrize("code", ["", " ", "0", "１２３４５６", "123 456", "000000\x00"])
def test_nothing_but_the_digits_is_the_code(scene: Scene, code: str) -> None:
    """CGN-15, AUT-07"""
    scene.put_factors("ann", "EMAIL_OTP")
    asked = scene.sign_in("ann")
    right = scene.mailed()
    for wrong in {code, f" {right}", f"{right} ", f"+{right}"}:
        given = {"USERNAME": "ann", "EMAIL_OTP_CODE": wrong}
        assert refused(scene.reply, asked, **given)[0] in REFUSALS


def test_guesses_are_counted_over_all_sign_ins(scene: Scene) -> None:
    """AUT-08: beginning anew gives no new guesses, and the right password forgives none."""
    scene.house.clock.stop()
    scene.put_factors("ann", "EMAIL_OTP")
    judged = 0
    for _ in range(20):
        asked = scene.sign_in("ann")
        wrong = other(scene.mailed())
        for _ in range(2):
            error, _ = refused(scene.reply, asked, USERNAME="ann", EMAIL_OTP_CODE=wrong)
            judged += error == "CodeMismatchException"
    assert judged == 5
    asked = scene.sign_in("ann")
    given = {"USERNAME": "ann", "EMAIL_OTP_CODE": scene.mailed()}
    locked = ("NotAuthorizedException", "Password attempts exceeded")
    assert refused(scene.reply, asked, **given) == locked


def test_of_fifty_with_the_right_code_one_signs_in(scene: Scene) -> None:
    """AUT-07, REL-02"""
    scene.put_factors("ann", "EMAIL_OTP")
    asked = scene.sign_in("ann")
    code = scene.mailed()

    def enter(_: int) -> bool:
        try:
            return bool(scene.reply(asked, USERNAME="ann", EMAIL_OTP_CODE=code))
        except ClientError:
            return False

    with ThreadPoolExecutor(10) as threads:
        assert sum(threads.map(enter, range(50))) == 1


def test_one_of_several_is_chosen(scene: Scene) -> None:
    scene.put_factors("ann", "SMS_MFA", "EMAIL_OTP")
    asked = scene.sign_in("ann")
    assert asked["ChallengeName"] == "SELECT_MFA_TYPE"
    assert asked["ChallengeParameters"]["MFAS_CAN_CHOOSE"] == '["SMS_MFA","EMAIL_OTP"]'
    wrong = refused(scene.reply, asked, USERNAME="ann", ANSWER="SOFTWARE_TOKEN_MFA")
    assert wrong[0] == "InvalidParameterException"
    posed = scene.reply(asked, USERNAME="ann", ANSWER="EMAIL_OTP")
    assert posed["ChallengeName"] == "EMAIL_OTP"
    assert refused(scene.reply, asked, USERNAME="ann", ANSWER="SMS_MFA")[0] == (
        "NotAuthorizedException"
    )
    code = scene.mailed()
    assert scene.reply(posed, USERNAME="ann", EMAIL_OTP_CODE=code)["AuthenticationResult"]


def set_up(scene: Scene, asked: Any) -> tuple[str, Any]:
    """Associates and verifies an authenticator with the session of MFA_SETUP."""
    associated = scene.public.associate_software_token(Session=asked["Session"])
    secret = associated["SecretCode"]
    verified = scene.public.verify_software_token(
        Session=associated["Session"], UserCode=code_of(scene, secret), FriendlyDeviceName="phone"
    )
    assert verified["Status"] == "SUCCESS"
    return secret, {"ChallengeName": "MFA_SETUP", "Session": verified["Session"]}


def code_of(scene: Scene, secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(scene.house.clock.now()) + 30 * steps)


def test_an_authenticator_is_set_up_during_sign_in_and_asked_for_from_then_on(
    house: TestHouse,
) -> None:
    """AUT-10: it is offered only to whoever has no factor."""
    scene = scene_with(house, "ON", "TOTP")
    house.clock.stop()
    scene.user("ann")
    asked = scene.sign_in("ann")
    assert asked["ChallengeName"] == "MFA_SETUP"
    assert asked["ChallengeParameters"]["MFAS_CAN_SETUP"] == '["SOFTWARE_TOKEN_MFA"]'
    assert refused(scene.reply, asked, USERNAME="ann")[0] == "InvalidParameterException"
    secret, ready = set_up(scene, asked)
    again = scene.sign_in("ann")
    assert scene.reply(ready, USERNAME="ann")["AuthenticationResult"]
    late, _ = refused(scene.public.associate_software_token, Session=again["Session"])
    assert late == "NotAuthorizedException"
    posed = scene.sign_in("ann")
    assert posed["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert posed["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"] == "phone"
    given = {"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": code_of(scene, secret)}
    assert refused(scene.reply, posed, **given) == (
        "ExpiredCodeException",
        "Your software token has already been used once.",
    )
    given["SOFTWARE_TOKEN_MFA_CODE"] = code_of(scene, secret, 1)
    assert scene.reply(posed, **given)["AuthenticationResult"]
    assert refused(scene.reply, posed, **given) == (
        "NotAuthorizedException",
        "Invalid session for the user, session can only be used once.",
    )


def test_an_authenticator_that_was_verified_is_asked_for_although_the_sign_in_ended(
    house: TestHouse,
) -> None:
    """As AWS's own example goes (scenario_signup_user_with_mfa): verify, then sign in anew."""
    scene = scene_with(house, "ON", "TOTP")
    scene.user("ann")
    secret, _ = set_up(scene, scene.sign_in("ann"))
    posed = scene.sign_in("ann")
    assert posed["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    given = {"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": code_of(scene, secret, 1)}
    assert scene.reply(posed, **given)["AuthenticationResult"]


BAD_SESSION = ("NotAuthorizedException", "Invalid session for the user.")
EVE = {"USERNAME": "ann", "EMAIL": "eve@example.com"}


def test_who_has_an_authenticator_by_now_sets_up_no_address(house: TestHouse) -> None:
    """AUT-10: who once had the password alone does not come by with it."""
    scene = scene_with(house, "ON", "TOTP", "EMAIL")
    scene.user("ann")
    waiting, begun = scene.sign_in("ann"), scene.sign_in("ann")
    posed = scene.reply(begun, **EVE)
    code = scene.mailed()
    set_up(scene, scene.sign_in("ann"))
    assert refused(scene.reply, waiting, **EVE) == BAD_SESSION
    late = {"USERNAME": "ann", "EMAIL_OTP_CODE": code}
    assert refused(scene.reply, posed, **late) == BAD_SESSION


def test_who_has_an_address_by_now_sets_up_no_other(house: TestHouse) -> None:
    """AUT-10"""
    scene = scene_with(house, "ON", "TOTP", "EMAIL")
    scene.user("ann")
    waiting, begun, own = scene.sign_in("ann"), scene.sign_in("ann"), scene.sign_in("ann")
    posed = scene.reply(begun, **EVE)
    eves = {"USERNAME": "ann", "EMAIL_OTP_CODE": scene.mailed()}
    asked = scene.reply(own, USERNAME="ann", EMAIL="ann@example.com")
    assert scene.reply(asked, USERNAME="ann", EMAIL_OTP_CODE=scene.mailed())["AuthenticationResult"]
    assert refused(scene.reply, posed, **eves) == BAD_SESSION
    assert refused(scene.reply, waiting, **EVE) == BAD_SESSION
    associate = scene.public.associate_software_token
    assert refused(associate, Session=waiting["Session"]) == BAD_SESSION
    assert scene.sign_in("ann")["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "a***@e***"


def test_an_address_is_set_up_during_sign_in(house: TestHouse) -> None:
    scene = scene_with(house, "ON", "EMAIL")
    scene.user("ann")
    asked = scene.sign_in("ann")
    assert asked["ChallengeParameters"]["MFAS_CAN_SETUP"] == '["EMAIL_OTP"]'
    posed = scene.reply(asked, USERNAME="ann", EMAIL="ann@example.com")
    assert posed["ChallengeName"] == "EMAIL_OTP"
    answer = scene.reply(posed, USERNAME="ann", EMAIL_OTP_CODE=scene.mailed())
    found = claims(answer["AuthenticationResult"]["IdToken"])
    assert found["email"] == "ann@example.com" and found["email_verified"] is True
    assert scene.sign_in("ann")["ChallengeName"] == "EMAIL_OTP"


def test_a_new_password_is_followed_by_the_second_factor(house: TestHouse) -> None:
    """AUT-09"""
    scene = scene_with(house, "ON", "EMAIL")
    scene.idp.admin_create_user(
        UserPoolId=scene.pool,
        Username="bob",
        TemporaryPassword="Temporary-1!",
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": "bob@example.com"}],
    )
    asked = scene.sign_in("bob", "Temporary-1!")
    posed = scene.reply(asked, USERNAME="bob", NEW_PASSWORD="Battery-Staple-2!")
    assert posed["ChallengeName"] == "EMAIL_OTP"
    code = scene.mailed()
    assert scene.reply(posed, USERNAME="bob", EMAIL_OTP_CODE=code)["AuthenticationResult"]


def test_no_step_can_be_left_out(scene: Scene) -> None:
    """AUT-09: every challenge answered out of order, with every session there is."""
    scene.put_factors("ann", "SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA")
    select = scene.sign_in("ann")
    email = scene.reply(select, USERNAME="ann", ANSWER="EMAIL_OTP")
    code = scene.mailed()
    sessions = [select["Session"], email["Session"]]
    answers = {
        "SMS_MFA": {"SMS_MFA_CODE": code},
        "SMS_OTP": {"SMS_OTP_CODE": code},
        "SOFTWARE_TOKEN_MFA": {"SOFTWARE_TOKEN_MFA_CODE": code},
        "NEW_PASSWORD_REQUIRED": {"NEW_PASSWORD": "Battery-Staple-2!"},
        "MFA_SETUP": {},
        "SELECT_CHALLENGE": {"ANSWER": "PASSWORD", "PASSWORD": "x"},
        "PASSWORD": {"PASSWORD": "x"},
        "CUSTOM_CHALLENGE": {"ANSWER": "x"},
        "WEB_AUTHN": {"CREDENTIAL": "{}"},
        "DEVICE_SRP_AUTH": {"DEVICE_KEY": "x", "SRP_A": "2"},
    }
    for session in sessions:
        for name, given in answers.items():
            posed = {"ChallengeName": name, "Session": session}
            error, _ = refused(scene.reply, posed, USERNAME="ann", **given)
            assert error == "NotAuthorizedException", name
    assert scene.reply(email, USERNAME="ann", EMAIL_OTP_CODE=code)["AuthenticationResult"]
