"""What leaves with a change, and how much of it the public can cause."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.risk.rules import (
    MESSAGES_BY_A_PEER,
    MESSAGES_OF_A_USER,
    MESSAGES_TO_AN_ADDRESS,
    RESEND,
)
from tests.support.house import TestHouse
from tests.userpools.codes.scene import LIMIT, PASSWORD, Scene, refusal
from tests.userpools.users.pool import given

HOSTILE = {
    "host": "evil.example",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "gopher",
    "forwarded": "host=evil.example;proto=https",
    "origin": "https://evil.example",
    "referer": "https://evil.example/",
}


def test_three_hundred_resends_send_five_messages(house: TestHouse) -> None:
    """AUT-15, CGN-13"""
    scene = Scene(house)
    scene.sign_up("ann")
    resend = scene.public.resend_confirmation_code
    for _ in range(RESEND.most):
        resend(ClientId=scene.plain.id, Username="ann")
    for client in (scene.plain, scene.hiding):
        for name in ("ann", "ANN", scene.user("ann").sub):
            for _ in range(50):
                assert refusal(resend, ClientId=client.id, Username=name) == LIMIT
    assert len(scene.letters()) == 1 + RESEND.most
    scene.sign_up("bob")
    resend(ClientId=scene.plain.id, Username="bob")


def test_one_address_is_written_to_so_often_and_no_more(house: TestHouse) -> None:
    """AUT-15"""
    scene = Scene(house)
    for number in range(MESSAGES_TO_AN_ADDRESS.most):
        scene.sign_up(f"user{number}", email="victim@example.com")
    refused = refusal(scene.sign_up, name="another", email="Victim@Example.com")
    assert refused == LIMIT
    found = scene.admin.list_users(UserPoolId=scene.pool.id, Filter='username = "another"')
    assert found["Users"] == []
    scene.sign_up("another", email="other@example.com")
    assert len(scene.letters()) == MESSAGES_TO_AN_ADDRESS.most + 1
    house.clock.step(3601)
    scene.sign_up("later", email="victim@example.com")


def test_one_user_cannot_write_to_the_whole_world(house: TestHouse) -> None:
    """AUT-15"""
    scene = Scene(house)
    scene.add("eve", email="eve@example.com")
    token = scene.token("eve")
    update = scene.public.update_user_attributes
    for number in range(MESSAGES_OF_A_USER.most):
        update(AccessToken=token, UserAttributes=given(email=f"v{number}@example.com"))
    one_more = given(email="one-more@example.com")
    assert refusal(update, AccessToken=token, UserAttributes=one_more) == LIMIT
    assert scene.user("eve").attributes["email"] != "one-more@example.com"
    assert len(scene.letters()) == MESSAGES_OF_A_USER.most


def test_one_peer_cannot_have_the_whole_world_written_to(sqlite_house: TestHouse) -> None:
    """AUT-15"""
    scene = Scene(sqlite_house)
    scene.use_up(MESSAGES_BY_A_PEER, "127.0.0.1")
    assert refusal(scene.sign_up, name="ann") == LIMIT
    assert scene.letters() == []


def test_administrators_are_not_counted(sqlite_house: TestHouse) -> None:
    scene = Scene(sqlite_house)
    scene.reader("ann")
    for _ in range(MESSAGES_OF_A_USER.most + 1):
        scene.admin.admin_reset_user_password(UserPoolId=scene.pool.id, Username="ann")
    assert len(scene.letters()) == MESSAGES_OF_A_USER.most + 1


def test_an_invitation_says_name_and_password(house: TestHouse) -> None:
    scene = Scene(house)
    create = scene.admin.admin_create_user
    create(
        UserPoolId=scene.pool.id,
        Username="ann",
        UserAttributes=given(email="ann@example.com"),
        DesiredDeliveryMediums=["EMAIL"],
        TemporaryPassword=PASSWORD,
    )
    (opened,) = scene.letters()
    assert opened.message.kind == "invitation"
    assert opened.letter.text == (f"Your username is ann and temporary password is {PASSWORD}. ")
    create(UserPoolId=scene.pool.id, Username="bob")
    create(
        UserPoolId=scene.pool.id,
        Username="cem",
        UserAttributes=given(email="cem@example.com"),
        MessageAction="SUPPRESS",
    )
    assert len(scene.letters()) == 1


def test_in_a_pool_of_addresses_the_invitation_says_the_address(sqlite_house: TestHouse) -> None:
    """EXT-06"""
    config = idp.AdminCreateUserConfigType(
        invite_message_template=idp.MessageTemplateType(
            email_message="<p>{username}: {####}</p>", email_subject="Hi"
        )
    )
    scene = Scene(sqlite_house, username_attributes=["email"], admin_create_user_config=config)
    scene.admin.admin_create_user(
        UserPoolId=scene.pool.id, Username="o'hara&co@example.com", TemporaryPassword="Aa1!<b>x&y"
    )
    (opened,) = scene.letters()
    assert opened.letter.recipient == "o'hara&co@example.com"
    assert opened.letter.text == "o'hara&co@example.com: Aa1!<b>x&y"
    assert opened.letter.html == ("<p>o&#x27;hara&amp;co@example.com: Aa1!&lt;b&gt;x&amp;y</p>")


def test_a_letter_is_sealed_for_its_own_row(sqlite_house: TestHouse) -> None:
    scene = Scene(sqlite_house)
    scene.sign_up("ann")
    (opened,) = scene.letters()
    assert b"ann@example.com" not in opened.message.sealed
    assert scene.code().encode() not in opened.message.sealed
    assert scene.code() not in repr(opened)
    assert opened.message.expires_at - opened.message.created_at == 24 * 3600


def test_no_message_repeats_what_a_request_says_of_its_host(sqlite_house: TestHouse) -> None:
    """SES-02"""
    scene = Scene(sqlite_house)
    scene.reader("ann")
    asks: dict[str, dict[str, Any]] = {
        "SignUp": {
            "Username": "new",
            "Password": PASSWORD,
            "UserAttributes": given(email="new@example.com"),
        },
        "ResendConfirmationCode": {"Username": "new"},
        "ForgotPassword": {"Username": "ann"},
    }
    for operation, asked in asks.items():
        target = f"AWSCognitoIdentityProviderService.{operation}"
        status, _, body = sqlite_house.request(
            "POST",
            "http://evil.example/",
            {"content-type": "application/x-amz-json-1.1", "x-amz-target": target} | HOSTILE,
            msgspec.json.encode({"ClientId": scene.plain.id, **asked}),
        )
        assert status == 200, body
    assert len(scene.letters()) == 3
    for opened in scene.letters():
        said = " ".join((opened.letter.subject, opened.letter.text, opened.letter.html))
        assert not re.search(r"evil|gopher|://", said)
