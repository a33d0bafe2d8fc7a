"""UserMigration: whom it brings in, and how it fails without telling."""

from __future__ import annotations

from typing import Any

import pytest

from poolhouse.delivery.outbox import Outbox
from tests.support.house import TestHouse
from tests.support.signing_in import PASSWORD, Scene, refused
from tests.userpools.triggers.scene import (
    INCORRECT,
    UNKNOWN,
    UNRECOGNIZABLE,
    Event,
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
        {"userAttributes": MAIL, "desiredDeliveryMediums": ["PIGEON"]},
        {"userAttributes": MAIL, "desiredDeliveryMediums": [1]},
        {"userAttributes": MAIL, "messageAction": True},
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


BOTH = {**MAIL, "phone_number": "+15550100"}


@pytest.mark.parametrize(
    ("said", "media"),
    [
        ({}, ["SMS"]),
        ({"desiredDeliveryMediums": ["EMAIL"]}, ["EMAIL"]),
        ({"desiredDeliveryMediums": "EMAIL"}, ["EMAIL"]),
        ({"desiredDeliveryMediums": ["SMS", "EMAIL"]}, ["EMAIL", "SMS"]),
        ({"desiredDeliveryMediums": ["EMAIL"], "messageAction": "SUPPRESS"}, []),
    ],
)
def test_who_comes_in_is_welcomed_unless_that_is_suppressed(
    house: TestHouse, said: Any, media: list[str]
) -> None:
    """AUT-14: no message holds the password that the user has."""
    scene, functions = hooked(house, "UserMigration", "CustomMessage")
    told = {"userAttributes": BOTH, "finalUserStatus": "CONFIRMED"}
    functions.says("UserMigration", **told, **said)
    assert scene.tokens("bob", "their own password")
    letters = sent(scene)
    assert sorted(medium for medium, _ in letters) == media
    for _, text in letters:
        assert text.strip() == "Your username is bob and temporary password is (unchanged)."
    asked = [e for e in functions.sources() if e.startswith("CustomMessage")]
    assert asked == ["CustomMessage_AdminCreateUser"][: len(media)]
    assert scene.tokens("bob", "their own password") and len(sent(scene)) == len(media)


def sent(scene: Scene) -> list[tuple[str, str]]:
    outbox = Outbox(scene.house.services.database, scene.house.services.sealer)
    listed = [one for one in outbox.list(count=100) if one.pool_id == scene.pool]
    opened = [(one.medium, outbox.open(one.id)) for one in listed]
    return [(medium, one.letter.text) for medium, one in opened if one is not None]


def test_a_forgotten_password_of_another_directory_is_welcomed_too(house: TestHouse) -> None:
    scene, functions = hooked(house, "UserMigration")
    functions.says("UserMigration", userAttributes=MAIL, desiredDeliveryMediums=["EMAIL"])
    scene.public.forgot_password(ClientId=scene.open, Username="bob")
    assert len(sent(scene)) == 2
    assert users(scene)[0]["UserStatus"] == "RESET_REQUIRED"


@pytest.mark.parametrize("status", ["CONFIRMED", "RESET_REQUIRED"])
def test_it_is_asked_whether_a_newcomer_may_sign_in(house: TestHouse, status: str) -> None:
    """PreAuthentication keeps people out at their first sign-in as at any other."""
    scene, functions = hooked(house, "UserMigration", "PreAuthentication", "PostAuthentication")
    told = {"userAttributes": MAIL, "finalUserStatus": status, "messageAction": "SUPPRESS"}
    functions.says("UserMigration", **told)
    functions.fails("PreAuthentication")
    for _ in range(7):
        assert refused(scene.sign_in, "bob") == (
            "UserLambdaValidationException",
            "PreAuthentication failed with error No..",
        )
    assert users(scene) == []
    functions.put("PreAuthentication", lambda event: event)
    functions.sources()
    if status == "CONFIRMED":
        assert scene.tokens("bob")
    else:
        assert refused(scene.sign_in, "bob")[0] == "PasswordResetRequiredException"
    request = functions.request("PreAuthentication_Authentication")
    assert request["userNotFound"] is False
    assert request["userAttributes"] == {
        **MAIL,
        "sub": attributes_of(scene, "bob")["sub"],
        "cognito:user_status": status,
    }
    ending = ["PostAuthentication_Authentication"] if status == "CONFIRMED" else []
    before = ["UserMigration_Authentication", "PreAuthentication_Authentication"]
    assert functions.sources() == [*before, *ending]


def test_people_who_must_reset_leave_no_try_under_way(house: TestHouse) -> None:
    """AUT-05: a right password is no failed try."""
    scene, functions = hooked(house, "UserMigration")
    functions.says("UserMigration", userAttributes=MAIL, messageAction="SUPPRESS")
    for _ in range(7):
        assert refused(scene.sign_in, "bob")[0] == "PasswordResetRequiredException"
        scene.idp.admin_delete_user(UserPoolId=scene.pool, Username="bob")


@pytest.mark.parametrize("hiding", [False, True])
def test_a_name_that_no_directory_knows_is_locked_like_any_other(
    house: TestHouse, hiding: bool
) -> None:
    """CGN-21, AUT-05"""
    scene, functions = hooked(house, "UserMigration")
    functions.fails("UserMigration")
    house.clock.stop()
    client = scene.hiding if hiding else scene.open
    for _ in range(5):
        assert refused(scene.sign_in, "bob", client=client) == (INCORRECT if hiding else UNKNOWN)
    locked = ("NotAuthorizedException", "Password attempts exceeded")
    assert refused(scene.sign_in, "bob", client=client) == locked
    assert len(functions.sent) == 5


def test_the_function_is_asked_about_a_forgotten_password_only_so_often(house: TestHouse) -> None:
    """CGN-21: the quota is spent before anybody else's server is."""
    scene, functions = hooked(house, "UserMigration")
    functions.fails("UserMigration")
    at = {"ClientId": scene.open, "Username": "bob"}
    told = {refused(scene.public.forgot_password, **at)[0] for _ in range(30)}
    assert told == {"UserNotFoundException", "LimitExceededException"}
    assert 0 < len(functions.sent) < 30


@pytest.mark.parametrize("moment", ["UserMigration", "PreAuthentication"])
def test_of_two_at_once_both_sign_in_as_one_user(house: TestHouse, moment: str) -> None:
    """REL-03: one overtakes the other while its function answers, or after."""
    scene, functions = hooked(house, "UserMigration", "PreAuthentication")
    told = {"userAttributes": MAIL, **CONFIRMED}
    functions.says("UserMigration", **told)
    overtaking: list[Any] = []

    def slow(event: Event) -> Event:
        if not overtaking:
            overtaking.append(None)
            overtaking.append(scene.tokens("bob"))
        response = told if moment == "UserMigration" else {}
        return {**event, "response": response}

    functions.put(moment, slow)
    assert scene.tokens("bob") and overtaking[1]
    assert [user["Username"] for user in users(scene)] == ["bob"]
    for _ in range(5):
        assert refused(scene.sign_in, "bob", "wrong") == INCORRECT


def test_of_two_at_once_who_forgot_a_password_both_are_sent_a_code(house: TestHouse) -> None:
    """REL-03"""
    scene, functions = hooked(house, "UserMigration", "CustomMessage")
    functions.says("UserMigration", userAttributes=MAIL, messageAction="SUPPRESS")
    at = {"ClientId": scene.open, "Username": "bob"}
    overtaking: list[Any] = []

    def slow(event: Event) -> Event:
        if not overtaking:
            overtaking.append(None)
            scene.public.forgot_password(**at)
        return event

    functions.put("CustomMessage", slow)
    assert scene.public.forgot_password(**at)["CodeDeliveryDetails"]
    assert len(users(scene)) == 1
    scene.public.confirm_forgot_password(**at, ConfirmationCode=scene.mailed(), Password=PASSWORD)


def test_words_that_are_no_welcome_let_nobody_in(house: TestHouse) -> None:
    scene, functions = hooked(house, "UserMigration", "CustomMessage")
    told = {"userAttributes": BOTH, "finalUserStatus": "CONFIRMED"}
    functions.says("UserMigration", **told)
    functions.says("CustomMessage", smsMessage="neither name nor code")
    assert refused(scene.sign_in, "bob") == UNRECOGNIZABLE
    assert users(scene) == []
