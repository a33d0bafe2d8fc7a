"""What strangers learn about who exists: nothing, where the client hides it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.codes import rules as codes
from poolhouse.userpools.risk.rules import CONFIRM_SIGN_UP, FORGOT_PASSWORD, RESEND
from poolhouse.userpools.users.rows import FORCE_CHANGE_PASSWORD, UNCONFIRMED
from tests.support.house import TestHouse
from tests.userpools.codes.scene import MISMATCH, OTHER, Scene, refusal

NAMES = ("nobody", "ann", "new", "moved", "disabled", "invited", "unverified")
Operation = Callable[..., Any]


def peopled(scene: Scene) -> None:
    """One user in each state that might show."""
    scene.reader("ann")
    scene.sign_up("new", email="new@example.com")
    scene.add("moved", status=UNCONFIRMED, email="moved@example.com")
    scene.reader("disabled")
    scene.change("disabled", enabled=False)
    scene.reader("invited")
    scene.change("invited", FORCE_CHANGE_PASSWORD)
    scene.add("unverified", email="unverified@example.com")


def seen(function: Operation, **asked: Any) -> Any:
    """All that a stranger sees of an answer, but for the letters of a masked address."""
    try:
        answer = function(**asked)
    except ClientError as refused:
        answer = refused.response
    meta = answer["ResponseMetadata"]
    fields = {k: v for k, v in meta["HTTPHeaders"].items() if k not in ("x-amzn-requestid", "date")}
    details = answer.pop("CodeDeliveryDetails", None)
    shape = details and (
        sorted(details),
        details["AttributeName"],
        details["DeliveryMedium"],
        len(details["Destination"]),
    )
    return meta["HTTPStatusCode"], fields, sorted(answer), answer.get("Error"), shape


def operations(scene: Scene) -> dict[str, tuple[Operation, dict[str, str], int]]:
    code = {"ConfirmationCode": scene.wrong()}
    public = scene.public
    return {
        "forgot": (public.forgot_password, {}, FORGOT_PASSWORD.most),
        "reset": (
            public.confirm_forgot_password,
            code | {"Password": OTHER},
            codes.MOST_GUESSES,
        ),
        "confirm": (public.confirm_sign_up, code, codes.MOST_GUESSES),
        "resend": (public.resend_confirmation_code, {}, RESEND.most),
    }


@pytest.mark.parametrize("before", ["forgot", "resend", "nothing"])
def test_every_name_is_answered_alike(house: TestHouse, before: str) -> None:
    """CGN-09"""
    scene = Scene(house)
    peopled(scene)
    every = operations(scene)
    for name in NAMES:
        if before != "nothing":
            every[before][0](ClientId=scene.hiding.id, Username=name)
    for operation, (function, more, most) in every.items():
        spent = most - (operation == before)
        told = {
            name: [
                seen(function, ClientId=scene.hiding.id, Username=name, **more)
                for _ in range(spent + 1 if before == "nothing" else 2)
            ]
            for name in NAMES
        }
        for name in NAMES:
            assert told[name] == told["nobody"], (operation, name)
    assert scene.user("new").status == UNCONFIRMED


def test_only_users_who_may_have_a_code_are_sent_one(sqlite_house: TestHouse) -> None:
    """CGN-09"""
    scene = Scene(sqlite_house)
    peopled(scene)
    for name in NAMES:
        scene.public.forgot_password(ClientId=scene.hiding.id, Username=name)
        scene.public.resend_confirmation_code(ClientId=scene.hiding.id, Username=name)
    sent = sorted((each.message.kind, each.letter.recipient) for each in scene.letters())
    assert sent == [
        ("forgot password", "ann@example.com"),
        ("resend", "moved@example.com"),
        ("resend", "new@example.com"),
        ("sign up", "new@example.com"),
    ]


def test_a_name_that_nobody_has_is_shown_the_same_address_each_time(house: TestHouse) -> None:
    """CGN-09"""
    scene = Scene(house)
    elsewhere = Scene(house)

    def shown(of: Scene, name: str) -> str:
        asked = {"ClientId": of.hiding.id, "Username": name}
        forgot = of.public.forgot_password(**asked)["CodeDeliveryDetails"]
        resent = of.public.resend_confirmation_code(**asked)["CodeDeliveryDetails"]
        assert forgot == resent
        return str(forgot["Destination"])

    assert shown(scene, "nobody") == shown(scene, "NOBODY") == shown(scene, "nobody")
    names = [f"nobody{number}" for number in range(20)]
    assert len({shown(scene, name) for name in names}) > 5
    assert [shown(scene, name) for name in names] != [shown(elsewhere, name) for name in names]


@pytest.mark.parametrize("settings", ["username_attributes", "alias_attributes"])
def test_a_name_that_is_an_address_is_shown_as_itself(
    sqlite_house: TestHouse, settings: str
) -> None:
    """CGN-09"""
    both: dict[str, Any] = {settings: ["email", "phone_number"]}
    scene = Scene(sqlite_house, auto_verified_attributes=["email", "phone_number"], **both)
    forgot = scene.public.forgot_password
    for name, masked in (
        ("Zoe@Unknown.example", "z***@u***"),
        ("+12065550199", "+*******0199"),
    ):
        told = forgot(ClientId=scene.hiding.id, Username=name)["CodeDeliveryDetails"]
        assert told["Destination"] == masked


def test_where_nothing_is_hidden_the_reason_is_told(sqlite_house: TestHouse) -> None:
    scene = Scene(sqlite_house)
    peopled(scene)
    client = scene.plain.id
    unknown = "UserNotFoundException: User does not exist."
    for name, told in (
        ("nobody", unknown),
        ("ann", "InvalidParameterException: User is already confirmed."),
    ):
        resend = scene.public.resend_confirmation_code
        assert refusal(resend, ClientId=client, Username=name) == told
    confirm = scene.public.confirm_sign_up
    asked = {"ClientId": client, "ConfirmationCode": "123456"}
    assert refusal(confirm, Username="nobody", **asked) == unknown
    assert refusal(confirm, Username="moved", **asked).startswith("ExpiredCodeException")


def test_names_that_nobody_has_are_limited_like_users(house: TestHouse) -> None:
    """CGN-09, CGN-13, AUT-15"""
    scene = Scene(house)
    asked = {"ClientId": scene.hiding.id, "Username": "nobody"}
    told = [
        refusal(scene.public.confirm_sign_up, ConfirmationCode="123456", **asked)
        for _ in range(CONFIRM_SIGN_UP.most + 2)
    ]
    assert told[codes.MOST_GUESSES - 1].startswith("CodeMismatchException")
    assert {each.partition(":")[0] for each in told[codes.MOST_GUESSES :]} == {
        "LimitExceededException"
    }
    assert scene.letters() == []


def test_recovery_by_phone_is_pretended_by_phone(sqlite_house: TestHouse) -> None:
    """CGN-09"""
    option = idp.RecoveryOptionType(name="verified_phone_number", priority=1)
    setting = idp.AccountRecoverySettingType(recovery_mechanisms=[option])
    scene = Scene(sqlite_house, account_recovery_setting=setting)
    told = scene.public.forgot_password(ClientId=scene.hiding.id, Username="nobody")
    assert told["CodeDeliveryDetails"]["DeliveryMedium"] == "SMS"
    assert told["CodeDeliveryDetails"]["Destination"].startswith("+*******")


def test_where_people_have_phones_some_that_nobody_has_are_too(sqlite_house: TestHouse) -> None:
    """CGN-09: being written to by phone tells nobody that there is a user."""
    scene = Scene(sqlite_house, auto_verified_attributes=["email", "phone_number"])
    forgot = scene.public.forgot_password

    def medium(name: str) -> str:
        told = forgot(ClientId=scene.hiding.id, Username=name)["CodeDeliveryDetails"]
        return str(told["DeliveryMedium"])

    names = [f"nobody{number}" for number in range(24)]
    told = [medium(name) for name in names]
    assert set(told) == {"EMAIL", "SMS"}
    assert [medium(name) for name in names] == told


def test_a_disabled_user_is_not_confirmed_by_the_right_code(sqlite_house: TestHouse) -> None:
    """CGN-09"""
    scene = Scene(sqlite_house)
    scene.sign_up("ann")
    scene.change("ann", enabled=False)
    asked = {"Username": "ann", "ConfirmationCode": scene.code()}
    confirm = scene.public.confirm_sign_up
    assert refusal(confirm, ClientId=scene.hiding.id, **asked) == MISMATCH
    told = refusal(confirm, ClientId=scene.plain.id, **asked)
    assert told == "NotAuthorizedException: User is disabled."
    assert scene.user("ann").status == UNCONFIRMED
