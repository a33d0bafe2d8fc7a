"""Proving addresses as a signed-in user."""

from __future__ import annotations

from typing import Any

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.risk.rules import GET_ATTRIBUTE_CODE
from tests.support.house import TestHouse
from tests.userpools.codes.scene import EXPIRED, LIMIT, MISMATCH, Scene, refusal
from tests.userpools.users.pool import given

NO_ADDRESS = (
    "InvalidParameterException: Invalid attribute name. "
    "Only phone_number and email can be verified."
)
BEFORE_UPDATE: dict[str, Any] = {
    "user_attribute_update_settings": idp.UserAttributeUpdateSettingsType(
        attributes_require_verification_before_update=["email"]
    )
}


def ask_for_code(scene: Scene, token: str, attribute: str = "email") -> Any:
    answer = scene.public.get_user_attribute_verification_code(
        AccessToken=token, AttributeName=attribute
    )
    return answer["CodeDeliveryDetails"]


def verify(scene: Scene, token: str, code: str, attribute: str = "email") -> None:
    scene.public.verify_user_attribute(AccessToken=token, AttributeName=attribute, Code=code)


def update(scene: Scene, token: str, email: str) -> Any:
    asked = given(email=email)
    return scene.public.update_user_attributes(AccessToken=token, UserAttributes=asked)[
        "CodeDeliveryDetailsList"
    ]


def test_an_address_is_verified_by_the_code_sent_to_it(house: TestHouse) -> None:
    """CGN-04, CGN-14"""
    scene = Scene(house)
    scene.add("ann", email="ann@example.com", phone_number="+12065551234")
    token = scene.token("ann")
    assert ask_for_code(scene, token)["Destination"] == "a***@e***"
    assert refusal(verify, scene=scene, token=token, code=scene.wrong()) == MISMATCH
    other = refusal(verify, scene=scene, token=token, code=scene.code(), attribute="phone_number")
    assert other == EXPIRED
    verify(scene, token, scene.code())
    user = scene.user("ann")
    assert user.verified("email")
    assert not user.verified("phone_number")
    assert refusal(verify, scene=scene, token=token, code=scene.code()) == EXPIRED
    assert ask_for_code(scene, token, "phone_number") == {
        "AttributeName": "phone_number",
        "DeliveryMedium": "SMS",
        "Destination": "+*******1234",
    }
    verify(scene, token, scene.code(), "phone_number")
    assert scene.user("ann").verified("phone_number")


def test_a_new_address_waits_until_its_own_code_is_redeemed(house: TestHouse) -> None:
    """CGN-04"""
    scene = Scene(house, **BEFORE_UPDATE)
    scene.reader("ann")
    token = scene.token("ann")
    (sent,) = update(scene, token, "new@example.org")
    assert sent["Destination"] == "n***@e***"
    assert scene.letters()[0].letter.recipient == "new@example.org"
    user = scene.user("ann")
    assert (user.attributes["email"], user.verified("email")) == ("ann@example.com", True)
    first = scene.code()
    house.clock.step(25 * 3600)
    token = scene.token("ann")
    assert refusal(verify, scene=scene, token=token, code=first) == EXPIRED
    ask_for_code(scene, token)
    assert scene.letters()[0].letter.recipient == "new@example.org"
    verify(scene, token, scene.code())
    user = scene.user("ann")
    assert (user.attributes["email"], user.verified("email")) == ("new@example.org", True)


def test_a_waiting_address_is_dropped_when_the_present_one_changes(house: TestHouse) -> None:
    """CGN-04"""
    scene = Scene(house, **BEFORE_UPDATE)
    scene.reader("ann")
    token = scene.token("ann")
    update(scene, token, "new@example.org")
    changed = given(email="third@example.net", email_verified="true")
    scene.admin.admin_update_user_attributes(
        UserPoolId=scene.pool.id, Username="ann", UserAttributes=changed
    )
    assert refusal(verify, scene=scene, token=token, code=scene.code()) == EXPIRED
    assert scene.user("ann").attributes["email"] == "third@example.net"


def test_a_code_is_not_good_for_an_address_set_after_it_was_sent(house: TestHouse) -> None:
    """CGN-04"""
    scene = Scene(house)
    scene.add("eve", email="eve@example.com")
    token = scene.token("eve")
    ask_for_code(scene, token)
    old = scene.code()
    update(scene, token, "victim@example.com")
    if old != scene.code():
        assert refusal(verify, scene=scene, token=token, code=old) == MISMATCH
    update(scene, token, "eve@example.com")
    user = scene.user("eve")
    assert (user.attributes["email"], user.verified("email")) == ("eve@example.com", False)


def test_only_addresses_can_be_verified(sqlite_house: TestHouse) -> None:
    scene = Scene(sqlite_house)
    scene.add("ann", email="ann@example.com")
    token = scene.token("ann")
    for attribute in ("name", "sub", "email_verified", "custom:role"):
        asked = {"scene": scene, "token": token, "attribute": attribute}
        assert refusal(ask_for_code, **asked) == NO_ADDRESS
        told = refusal(verify, code="123456", **asked)
        assert told.startswith("InvalidParameterException")
    missing = refusal(ask_for_code, scene=scene, token=token, attribute="phone_number")
    assert missing.startswith("InvalidParameterException")


def test_asking_and_guessing_are_limited(house: TestHouse) -> None:
    """CGN-13, AUT-15"""
    scene = Scene(house)
    scene.add("ann", email="ann@example.com")
    token = scene.token("ann")
    for _ in range(GET_ATTRIBUTE_CODE.most):
        ask_for_code(scene, token)
    assert refusal(ask_for_code, scene=scene, token=token) == LIMIT
    assert len(scene.letters()) == GET_ATTRIBUTE_CODE.most
    told = [refusal(verify, scene=scene, token=token, code=scene.wrong()) for _ in range(16)]
    assert told == [MISMATCH] * 10 + [LIMIT] * 6
    assert refusal(verify, scene=scene, token=token, code=scene.code()) == LIMIT


@pytest.mark.parametrize("settings", [{}, BEFORE_UPDATE])
def test_a_stranger_to_the_token_verifies_nothing(
    sqlite_house: TestHouse, settings: dict[str, Any]
) -> None:
    scene = Scene(sqlite_house, **settings)
    for token in ("", "x.y.z"):
        for function, more in (
            (scene.public.verify_user_attribute, {"Code": "123456"}),
            (scene.public.get_user_attribute_verification_code, {}),
        ):
            told = refusal(function, AccessToken=token, AttributeName="email", **more)
            assert told.partition(":")[0] in (
                "NotAuthorizedException",
                "InvalidParameterException",
            )
