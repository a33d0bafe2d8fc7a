"""What users and administrators set of a user's second factors, and where it shows."""

from __future__ import annotations

from typing import Any

import pytest

from poolhouse.userpools.messages import sending
from poolhouse.userpools.users.rows import Factors
from tests.support.house import TestHouse
from tests.userpools.mfa.scene import SMS, TOKEN_ON, Scene
from tests.userpools.users.people import refused
from tests.userpools.users.pool import EMAIL, PHONE

INVALID = "InvalidParameterException"
ALL: dict[str, Any] = {
    "SmsMfaConfiguration": SMS,
    "SoftwareTokenMfaConfiguration": {"Enabled": True},
    "EmailMfaConfiguration": {},
}
BY_SMS = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]


def on(preferred: bool | None = None) -> dict[str, bool]:
    return {"Enabled": True} | ({} if preferred is None else {"PreferredMfa": preferred})


OFF = {"Enabled": False, "PreferredMfa": False}


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    house.clock.stop()
    scene = Scene(house, **ALL)
    scene.join("ann", email=EMAIL, phone_number=PHONE)
    return scene


def test_preferences_are_set_kept_and_shown(scene: Scene) -> None:
    scene.prefer("ann", SMSMfaSettings=on(True))
    assert scene.factors("ann") == (["SMS_MFA"], "SMS_MFA")
    scene.prefer("ann", EmailMfaSettings=on())
    assert scene.factors("ann") == (["SMS_MFA", "EMAIL_OTP"], "SMS_MFA")
    scene.prefer("ann", EmailMfaSettings={"PreferredMfa": True})
    assert scene.factors("ann") == (["SMS_MFA", "EMAIL_OTP"], "EMAIL_OTP")
    scene.prefer("ann", SMSMfaSettings=on(False), EmailMfaSettings=on())
    assert scene.factors("ann") == (["SMS_MFA", "EMAIL_OTP"], "EMAIL_OTP")
    scene.prefer("ann", EmailMfaSettings={"PreferredMfa": False})
    assert scene.factors("ann") == (["SMS_MFA", "EMAIL_OTP"], None)
    scene.prefer("ann", EmailMfaSettings={"PreferredMfa": True})
    scene.prefer("ann", EmailMfaSettings={"Enabled": False})  # the preferred one
    assert scene.factors("ann") == (["SMS_MFA"], None)
    assert scene.look("ann")["MFAOptions"] == BY_SMS
    (listed,) = scene.admin.list_users(UserPoolId=scene.id)["Users"]
    assert listed["MFAOptions"] == BY_SMS
    scene.prefer("ann", SMSMfaSettings=OFF)
    shown = scene.look("ann")
    assert not {"MFAOptions", "UserMFASettingList", "PreferredMfaSetting"} & set(shown)


def test_users_set_their_own(scene: Scene) -> None:
    token = scene.token("ann")
    scene.enrol("ann", token)
    scene.public.set_user_mfa_preference(AccessToken=token, SMSMfaSettings=on(False), **TOKEN_ON)
    own = scene.public.get_user(AccessToken=token)
    assert own["UserMFASettingList"] == ["SMS_MFA", "SOFTWARE_TOKEN_MFA"]
    assert own["PreferredMfaSetting"] == "SOFTWARE_TOKEN_MFA"
    assert own["MFAOptions"] == BY_SMS


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"SMSMfaSettings": on(True), "EmailMfaSettings": on(True)}, "Only one"),
    ({"SMSMfaSettings": {"Enabled": False, "PreferredMfa": True}}, "not enabled"),
    ({"SMSMfaSettings": {"PreferredMfa": True}}, "not enabled"),
    ({"SMSMfaSettings": on()}, "User does not have delivery config set to turn on SMS_MFA"),
    ({"EmailMfaSettings": on()}, "User does not have delivery config set to turn on EMAIL_MFA"),
]


def test_preferences_that_cannot_be_are_refused_and_change_nothing(scene: Scene) -> None:
    scene.join("bob")
    token = scene.token("bob")
    for settings, why in REFUSED:
        who = {"UserPoolId": scene.id, "Username": "bob"}
        for answer in (
            refused(scene.admin.admin_set_user_mfa_preference, **who, **settings),
            refused(scene.public.set_user_mfa_preference, AccessToken=token, **settings),
        ):
            assert answer[0] == INVALID and why in answer[1], settings
    assert scene.held("bob").factors == Factors()


def test_a_software_token_that_is_not_there_cannot_be_enabled(scene: Scene) -> None:
    scene.join("bob")
    own = refused(scene.public.set_user_mfa_preference, AccessToken=scene.token("bob"), **TOKEN_ON)
    assert own == (INVALID, "User has not verified software token mfa")
    who = {"UserPoolId": scene.id, "Username": "bob"}
    assert refused(scene.admin.admin_set_user_mfa_preference, **who, **TOKEN_ON) == (
        INVALID,
        "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA",
    )
    assert scene.held("bob").factors == Factors()


def test_nobody_has_no_preferences(scene: Scene) -> None:
    gone = {"UserPoolId": scene.id, "Username": "nobody"}
    admin = scene.admin
    assert refused(admin.admin_set_user_mfa_preference, **gone)[0] == "UserNotFoundException"
    assert refused(admin.admin_set_user_settings, MFAOptions=[], **gone)[0] == (
        "UserNotFoundException"
    )


def test_the_older_settings_know_of_sms_only(scene: Scene) -> None:
    who = {"UserPoolId": scene.id, "Username": "ann"}
    scene.prefer("ann", EmailMfaSettings=on(True))
    scene.admin.admin_set_user_settings(MFAOptions=BY_SMS, **who)
    assert scene.factors("ann") == (["SMS_MFA", "EMAIL_OTP"], "EMAIL_OTP")
    token = scene.token("ann")
    scene.public.set_user_settings(AccessToken=token, MFAOptions=[])
    assert scene.factors("ann") == (["EMAIL_OTP"], "EMAIL_OTP")
    for option in (
        {"DeliveryMedium": "EMAIL", "AttributeName": "email"},
        {"DeliveryMedium": "SMS"},
    ):
        asked = {"AccessToken": token, "MFAOptions": [option]}
        assert refused(scene.public.set_user_settings, **asked)[0] == INVALID


def test_a_user_cannot_do_away_with_required_mfa(scene: Scene) -> None:
    """AUT-11: nor whoever has stolen their token; an administrator can."""
    token = scene.token("ann")
    scene.enrol("ann", token)
    scene.prefer("ann", SMSMfaSettings=on(), **TOKEN_ON)
    scene.offer("ON", **ALL)
    own = scene.public.set_user_mfa_preference
    own(AccessToken=token, SoftwareTokenMfaSettings=OFF)
    assert scene.factors("ann") == (["SMS_MFA"], None)
    for call, asked in (
        (own, {"SMSMfaSettings": OFF}),
        (scene.public.set_user_settings, {"MFAOptions": []}),
    ):
        assert refused(call, AccessToken=token, **asked)[0] == "NotAuthorizedException"
    assert scene.factors("ann") == (["SMS_MFA"], None)
    own(AccessToken=token, **TOKEN_ON)
    own(AccessToken=token, SMSMfaSettings=OFF)
    scene.prefer("ann", SoftwareTokenMfaSettings=OFF)
    assert scene.factors("ann") == (None, None)


def test_the_user_is_told_of_every_change_of_a_factor(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUT-25, AUT-11"""
    told: list[str] = []
    monkeypatch.setattr(
        sending.Messages,
        "notice",
        lambda _, user, change: told.append(f"{user.username}: {change}"),
    )
    change = "ann: second factor"
    token = scene.token("ann")
    scene.enrol("ann", token)
    assert told == [change]
    scene.public.set_user_mfa_preference(AccessToken=token, **TOKEN_ON)
    assert told == [change] * 2
    scene.public.set_user_mfa_preference(AccessToken=token, **TOKEN_ON)
    assert told == [change] * 2  # nothing was changed
    scene.admin.admin_delete_software_token(UserPoolId=scene.id, Username="ann")
    assert told == [change] * 3


def test_a_reset_code_does_not_go_to_the_phone_of_the_second_factor(scene: Scene) -> None:
    """AUT-17"""
    scene.update("ann", email_verified="true", phone_number_verified="true")
    forgot = scene.public.forgot_password
    who = {"ClientId": scene.app.id, "Username": "ann"}
    assert forgot(**who)["CodeDeliveryDetails"]["DeliveryMedium"] == "SMS"
    scene.prefer("ann", SMSMfaSettings=on())
    assert forgot(**who)["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    scene.admin.admin_reset_user_password(UserPoolId=scene.id, Username="ann")
    assert scene.letters()[-1].recipient == EMAIL
    scene.update("ann", email_verified="false")
    assert refused(forgot, **who)[0] == INVALID
