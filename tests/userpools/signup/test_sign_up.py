"""Sign-up as clients see it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from poolhouse.contract import cognito_idp as idp
from tests.delivery.mail_servers import HOSTILE_RECIPIENTS
from tests.support.house import TestHouse
from tests.userpools.codes.scene import OTHER, PASSWORD, Scene, refusal, secret_hash
from tests.userpools.users.pool import given

ADDRESS = "ann@example.com"


def test_a_user_signs_up_and_confirms_the_address_with_the_code(house: TestHouse) -> None:
    scene = Scene(house, "email")
    answer = scene.sign_up("ann", email=ADDRESS, custom_role="x")
    assert answer["UserConfirmed"] is False
    assert answer["CodeDeliveryDetails"] == {
        "AttributeName": "email",
        "DeliveryMedium": "EMAIL",
        "Destination": "a***@e***",
    }
    user = scene.user("ann")
    assert (user.sub, user.status, user.verified("email")) == (
        answer["UserSub"],
        "UNCONFIRMED",
        False,
    )
    (opened,) = scene.letters()
    assert opened.letter.recipient == ADDRESS
    assert opened.letter.subject == "Your verification code"
    assert opened.letter.text == f"Your verification code is {scene.code()}. "
    assert scene.password_is("ann", PASSWORD)
    confirmed = scene.public.confirm_sign_up(
        ClientId=scene.plain.id, Username="ann", ConfirmationCode=scene.code()
    )
    assert set(confirmed) == {"ResponseMetadata"}
    user = scene.user("ann")
    assert (user.status, user.verified("email")) == ("CONFIRMED", True)
    again = refusal(
        scene.public.confirm_sign_up,
        ClientId=scene.plain.id,
        Username="ann",
        ConfirmationCode="123456",
    )
    assert again == "NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED"


def test_a_pool_closed_to_the_public_makes_no_user_and_sends_nothing(house: TestHouse) -> None:
    """CGN-01"""
    closed = idp.AdminCreateUserConfigType(allow_admin_create_user_only=True)
    scene = Scene(house, admin_create_user_config=closed)
    for client, more in (
        (scene.plain, {}),
        (scene.hiding, {}),
        (scene.confidential, {"SecretHash": secret_hash("ann", scene.confidential.id)}),
    ):
        refused = refusal(
            scene.public.sign_up,
            ClientId=client.id,
            Username="ann",
            Password=PASSWORD,
            UserAttributes=given(email=ADDRESS),
            **more,
        )
        assert refused == "NotAuthorizedException: SignUp is not permitted for this user pool"
    assert scene.admin.list_users(UserPoolId=scene.pool.id)["Users"] == []
    assert scene.letters() == []


@pytest.mark.parametrize(
    ("asked", "trouble"),
    [
        ({"Password": "Short-1!"[:7]}, "InvalidPasswordException: Password did not conform"),
        ({"Password": "no-upper-case-1!"}, "InvalidPasswordException: Password did not conform"),
        ({"Password": None}, "InvalidParameterException: 1 validation error detected"),
        ({"UserAttributes": []}, "InvalidParameterException: Attributes did not conform"),
        (
            {"UserAttributes": given(email=ADDRESS, email_verified="true")},
            "NotAuthorizedException: A client attempted to write unauthorized attribute",
        ),
        (
            {"UserAttributes": given(email="ann@example.com\r\nBcc: eve@example.com")},
            "InvalidParameterException: Invalid email address format.",
        ),
        ({"ClientId": "0" * 26}, "ResourceNotFoundException: User pool client 0000"),
        ({"SecretHash": "x"}, "NotAuthorizedException: Unable to verify secret hash"),
    ],
)
def test_what_is_wrong_with_a_sign_up_is_said_and_leaves_nothing(
    sqlite_house: TestHouse, asked: dict[str, Any], trouble: str
) -> None:
    """AUT-21, EXT-05"""
    scene = Scene(sqlite_house, "email")
    right = {
        "ClientId": scene.plain.id,
        "Username": "ann",
        "Password": PASSWORD,
        "UserAttributes": given(email=ADDRESS),
    }
    assert refusal(scene.public.sign_up, **right | asked).startswith(trouble)
    assert scene.letters() == []
    assert scene.admin.list_users(UserPoolId=scene.pool.id)["Users"] == []


def test_nobody_signs_up_with_what_is_not_one_plain_address(sqlite_house: TestHouse) -> None:
    """EXT-05"""
    scene, by_address = Scene(sqlite_house), Scene(sqlite_house, username_attributes=["email"])
    for address in filter(None, HOSTILE_RECIPIENTS):
        told = refusal(scene.sign_up, name="ann", email=address)
        assert told.partition(":")[0] in ("InvalidParameterException", "SerializationException")
        told = refusal(
            by_address.public.sign_up,
            ClientId=by_address.plain.id,
            Username=address,
            Password=PASSWORD,
        )
        assert told.partition(":")[0] in ("InvalidParameterException", "SerializationException")
    assert scene.letters() == by_address.letters() == []


def test_of_parallel_sign_ups_of_one_name_one_succeeds(house: TestHouse) -> None:
    """REL-03"""
    scene = Scene(house, username_attributes=["email"])
    for round_ in range(4):
        name, start = f"ann{round_}@example.com", threading.Barrier(8)

        def sign_up(number: int, name: str = name, start: Any = start) -> str:
            spelling = name.upper() if number % 2 else name
            start.wait()
            try:
                scene.public.sign_up(ClientId=scene.plain.id, Username=spelling, Password=PASSWORD)
            except scene.public.exceptions.UsernameExistsException:
                return "exists"
            return "signed up"

        with ThreadPoolExecutor(8) as threads:
            told = sorted(threads.map(sign_up, range(8)))
        assert told == ["exists"] * 7 + ["signed up"]
    assert len(scene.letters()) == 4
    assert len(scene.admin.list_users(UserPoolId=scene.pool.id)["Users"]) == 4


def test_of_parallel_confirmations_one_succeeds(house: TestHouse) -> None:
    """REL-03, CGN-14"""
    scene = Scene(house)
    scene.sign_up("ann")
    code, start = scene.code(), threading.Barrier(6)

    def confirm(_: int) -> str:
        start.wait()
        try:
            scene.public.confirm_sign_up(
                ClientId=scene.plain.id, Username="ann", ConfirmationCode=code
            )
        except (
            scene.public.exceptions.NotAuthorizedException,
            scene.public.exceptions.ExpiredCodeException,
        ):
            return "refused"
        return "confirmed"

    with ThreadPoolExecutor(6) as threads:
        told = sorted(threads.map(confirm, range(6)))
    assert told == ["confirmed"] + ["refused"] * 5


def test_a_taken_name_is_refused_in_every_spelling(sqlite_house: TestHouse) -> None:
    scene = Scene(sqlite_house)
    scene.sign_up("Ann")
    for spelling in ("ann", "ANN", "\uff21nn"):
        refused = refusal(
            scene.public.sign_up,
            ClientId=scene.hiding.id,
            Username=spelling,
            Password=OTHER,
            UserAttributes=given(email="other@example.com"),
        )
        assert refused == "UsernameExistsException: User already exists"
    assert len(scene.letters()) == 1


def test_the_phone_gets_the_code_where_both_addresses_are_verified(
    sqlite_house: TestHouse,
) -> None:
    scene = Scene(sqlite_house, auto_verified_attributes=["email", "phone_number"])
    sent = scene.sign_up("ann", email=ADDRESS, phone_number="+12065551234")
    assert sent["CodeDeliveryDetails"] == {
        "AttributeName": "phone_number",
        "DeliveryMedium": "SMS",
        "Destination": "+*******1234",
    }
    (opened,) = scene.letters()
    assert (opened.message.medium, opened.letter.html) == ("SMS", "")
    scene.public.confirm_sign_up(
        ClientId=scene.plain.id, Username="ann", ConfirmationCode=scene.code()
    )
    user = scene.user("ann")
    assert user.verified("phone_number")
    assert not user.verified("email")


def test_no_code_is_sent_where_nothing_is_verified_automatically(
    sqlite_house: TestHouse,
) -> None:
    scene = Scene(sqlite_house, auto_verified_attributes=[])
    assert "CodeDeliveryDetails" not in scene.sign_up("ann")
    assert scene.letters() == []
    refused = refusal(
        scene.public.resend_confirmation_code, ClientId=scene.plain.id, Username="ann"
    )
    assert refused == (
        "InvalidParameterException: Cannot resend codes. Auto verification not turned on."
    )


def test_a_user_without_password_signs_up_where_codes_are_a_first_factor(
    sqlite_house: TestHouse,
) -> None:
    factors = idp.SignInPolicyType(allowed_first_auth_factors=["PASSWORD", "EMAIL_OTP"])
    scene = Scene(sqlite_house, policies=idp.UserPoolPolicyType(sign_in_policy=factors))
    answer = scene.public.sign_up(
        ClientId=scene.plain.id, Username="ann", UserAttributes=given(email=ADDRESS)
    )
    assert answer["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    assert not scene.password_is("ann", PASSWORD)
    blank = scene.public.sign_up(
        ClientId=scene.plain.id, Username="bob", Password="", UserAttributes=given(email="b@x.com")
    )
    assert blank["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"


def test_an_administrator_confirms_without_verifying_anything(house: TestHouse) -> None:
    scene = Scene(house)
    scene.sign_up("ann")
    scene.admin.admin_confirm_sign_up(UserPoolId=scene.pool.id, Username="ann")
    user = scene.user("ann")
    assert (user.status, user.verified("email")) == ("CONFIRMED", False)
    again = refusal(scene.admin.admin_confirm_sign_up, UserPoolId=scene.pool.id, Username="ann")
    assert again == "NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED"
    unknown = refusal(
        scene.admin.admin_confirm_sign_up, UserPoolId=scene.pool.id, Username="nobody"
    )
    assert unknown == "UserNotFoundException: User does not exist."
