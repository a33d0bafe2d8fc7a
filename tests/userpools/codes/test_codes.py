"""What a code proves, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from poolhouse.storage.base import metadata
from poolhouse.userpools.codes import rules
from poolhouse.userpools.codes.rows import Code
from poolhouse.userpools.users.rows import User
from tests.support.house import TestHouse
from tests.userpools.codes.scene import (
    EXPIRED,
    LIMIT,
    MISMATCH,
    OTHER,
    PASSWORD,
    Scene,
    refusal,
)

MAIL = "ann@example.com"
USER = User("p", "s", "ann", "CONFIRMED", True, {"email": MAIL, "email_verified": "true"}, 1.0, 1.0)
CODE = Code("p", "s", rules.RESET, "email", MAIL, MAIL, b"mac", 100.0, 3700.0, 1)


def test_a_code_is_good_in_time_for_the_address_it_was_sent_to() -> None:
    """CGN-14, AUT-17"""
    assert rules.good(CODE, USER, 3699.9)
    assert not rules.good(CODE, USER, 3700.0)
    assert not rules.good(replace(CODE, mac=b""), USER, 200.0)
    assert not rules.good(replace(CODE, guesses=rules.MOST_GUESSES + 1), USER, 200.0)
    moved = structs.replace(USER, attributes={"email": "eve@example.com", "email_verified": "true"})
    assert not rules.good(CODE, moved, 200.0)
    unverified = structs.replace(USER, attributes={"email": MAIL, "email_verified": "false"})
    assert not rules.good(CODE, unverified, 200.0)
    assert rules.good(replace(CODE, purpose=rules.SIGN_UP), unverified, 200.0)


def test_codes_live_as_long_as_cognitos() -> None:
    """CGN-14"""
    assert rules.lifetime(rules.SIGN_UP) == 24 * 3600
    assert rules.lifetime(rules.verify("email")) == 24 * 3600
    assert rules.lifetime(rules.RESET) == 3600


def asks(scene: Scene) -> dict[str, Any]:
    """How a code is redeemed for each purpose, by user name."""
    client = scene.plain.id

    def verify(attribute: str, name: str, code: str) -> None:
        scene.public.verify_user_attribute(
            AccessToken=scene.token(name), AttributeName=attribute, Code=code
        )

    return {
        "sign up": lambda name, code: scene.public.confirm_sign_up(
            ClientId=client, Username=name, ConfirmationCode=code
        ),
        "reset": lambda name, code: scene.public.confirm_forgot_password(
            ClientId=client, Username=name, ConfirmationCode=code, Password=OTHER
        ),
        "email": lambda name, code: verify("email", name, code),
        "phone": lambda name, code: verify("phone_number", name, code),
    }


def test_a_code_is_good_for_nobody_and_nothing_else(house: TestHouse) -> None:
    """CGN-14, CGN-04"""
    scene = Scene(house)
    scene.sign_up("new")
    of = {("sign up", "new"): scene.code()}
    for number, name in enumerate(("ann", "bob")):
        scene.reader(name, phone_number=f"+1206555010{number}")
        scene.public.forgot_password(ClientId=scene.plain.id, Username=name)
        of["reset", name] = scene.code()
        for place, attribute in (("email", "email"), ("phone", "phone_number")):
            scene.public.get_user_attribute_verification_code(
                AccessToken=scene.token(name), AttributeName=attribute
            )
            of[place, name] = scene.code()
    redeem = asks(scene)
    for purpose, name in of:
        for issued, code in of.items():
            if issued != (purpose, name) and code != of[purpose, name]:
                told = refusal(redeem[purpose], name=name, code=code)
                assert told == MISMATCH, (issued, purpose, name)
    for name in ("ann", "bob"):
        assert not scene.user(name).verified("phone_number")
        assert scene.password_is(name, PASSWORD)
    house.clock.step(3601)  # the quota of VerifyUserAttribute is used up by now
    for (purpose, name), code in of.items():
        if purpose != "reset":
            redeem[purpose](name, code)
            assert refusal(redeem[purpose], name=name, code=code) in (
                EXPIRED,
                "NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED",
            )
    assert scene.user("ann").verified("phone_number")


def test_a_code_of_one_pool_is_nothing_in_another(sqlite_house: TestHouse) -> None:
    """CGN-14"""
    here, there = Scene(sqlite_house), Scene(sqlite_house)
    codes = []
    for scene in (here, there):
        scene.sign_up("ann")
        codes.append(scene.code())
    assert refusal(asks(here)["sign up"], name="ann", code=codes[1]) == MISMATCH
    asked = {"ClientId": there.plain.id, "Username": here.user("ann").sub}
    told = refusal(there.public.confirm_sign_up, ConfirmationCode=codes[0], **asked)
    assert told == "UserNotFoundException: User does not exist."
    asks(here)["sign up"]("ann", codes[0])


@pytest.mark.parametrize(("purpose", "hours"), [("sign up", 24), ("reset", 1), ("email", 24)])
def test_a_code_expires(sqlite_house: TestHouse, purpose: str, hours: int) -> None:
    """CGN-14"""
    scene = Scene(sqlite_house)
    if purpose == "sign up":
        scene.sign_up("ann")
    else:
        scene.reader("ann")
    for client in (scene.plain, scene.hiding):
        if purpose == "reset":
            scene.public.forgot_password(ClientId=client.id, Username="ann")
        elif purpose == "email":
            scene.public.get_user_attribute_verification_code(
                AccessToken=scene.token("ann"), AttributeName="email"
            )
        sqlite_house.clock.step(hours * 3600 + 1.0)
        assert refusal(asks(scene)[purpose], name="ann", code=scene.code()) == EXPIRED


def test_the_newest_code_alone_is_good(house: TestHouse) -> None:
    """AUT-19"""
    scene = Scene(house)
    scene.sign_up("new")
    scene.public.resend_confirmation_code(ClientId=scene.plain.id, Username="new")
    redeem = asks(scene)
    if scene.code(0) != scene.code(1):
        assert refusal(redeem["sign up"], name="new", code=scene.code(1)) == MISMATCH
    redeem["sign up"]("new", scene.code())
    scene.reader("ann")
    for _ in range(2):
        scene.public.forgot_password(ClientId=scene.plain.id, Username="ann")
    if scene.code(0) != scene.code(1):
        assert refusal(redeem["reset"], name="ann", code=scene.code(1)) == MISMATCH
    redeem["reset"]("ann", scene.code())
    assert refusal(redeem["reset"], name="ann", code=scene.code()) == EXPIRED


@pytest.mark.parametrize("hides", [False, True])
def test_guessing_is_stopped_and_a_new_code_does_not_begin_anew(
    house: TestHouse, hides: bool
) -> None:
    """CGN-13"""
    scene = Scene(house)
    client = scene.hiding if hides else scene.plain
    scene.sign_up("ann")
    admitted = 0
    for attempt in range(18):
        if attempt in (3, 6, 12):
            scene.public.resend_confirmation_code(ClientId=client.id, Username="ann")
        told = refusal(
            scene.public.confirm_sign_up,
            ClientId=client.id,
            Username="ann",
            ConfirmationCode=scene.wrong(),
        )
        assert told in (MISMATCH, LIMIT)
        admitted += told == MISMATCH
    assert admitted == rules.MOST_GUESSES
    right = {"ClientId": client.id, "Username": "ann", "ConfirmationCode": scene.code()}
    assert refusal(scene.public.confirm_sign_up, **right) == LIMIT
    house.clock.step(3601)
    assert refusal(scene.public.confirm_sign_up, **right) == LIMIT, "the code is void"
    scene.public.resend_confirmation_code(ClientId=client.id, Username="ann")
    right["ConfirmationCode"] = scene.code()
    scene.public.confirm_sign_up(**right)
    assert scene.user("ann").status == "CONFIRMED"


def test_a_code_is_kept_as_a_keyed_hash_alone(sqlite_house: TestHouse) -> None:
    """CGN-14"""
    scene = Scene(sqlite_house)
    scene.sign_up("ann")
    digits = scene.code().encode()
    with sqlite_house.services.database.connection() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(table.select()).all():
                assert digits not in msgspec.json.encode(
                    [bytes(each).hex() if isinstance(each, bytes) else str(each) for each in row]
                )


@pytest.mark.parametrize(
    "given_code", [None, "", 0, 123456, [], {}, True, "12 456", " ", "1" * 2049]
)
def test_a_code_of_another_kind_is_refused_before_it_is_looked_at(
    sqlite_house: TestHouse, given_code: Any
) -> None:
    """CGN-15"""
    scene = Scene(sqlite_house)
    scene.reader("ann")
    scene.public.forgot_password(ClientId=scene.plain.id, Username="ann")
    body = {
        "ClientId": scene.plain.id,
        "Username": "ann",
        "ConfirmationCode": given_code,
        "Password": OTHER,
    }
    for operation in ("ConfirmForgotPassword", "ConfirmSignUp"):
        status, _, content = sqlite_house.request(
            "POST",
            "http://127.0.0.1:8000/",
            {
                "content-type": "application/x-amz-json-1.1",
                "x-amz-target": f"AWSCognitoIdentityProviderService.{operation}",
            },
            msgspec.json.encode(body),
        )
        assert status == 400
        assert msgspec.json.decode(content)["__type"].rpartition("#")[2] in (
            "InvalidParameterException",
            "SerializationException",
        )
    assert scene.password_is("ann", PASSWORD)


def test_digits_are_compared_as_they_were_written(sqlite_house: TestHouse) -> None:
    """CGN-15"""
    scene = Scene(sqlite_house)
    scene.reader("ann")
    scene.public.forgot_password(ClientId=scene.plain.id, Username="ann")
    code = scene.code()
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    for other in (f"0{code}", f"+{code}", f"{code}.0", full_width, hex(int(code)), f"{code}\u200b"):
        told = refusal(
            scene.public.confirm_forgot_password,
            ClientId=scene.plain.id,
            Username="ann",
            ConfirmationCode=other,
            Password=OTHER,
        )
        assert told == MISMATCH, other
    assert scene.password_is("ann", PASSWORD)


@settings(max_examples=200, deadline=None)
@given(
    basis=st.sampled_from(["", MAIL, "eve@example.com"]),
    current=st.sampled_from(["", MAIL, "eve@example.com"]),
    purpose=st.sampled_from([rules.SIGN_UP, rules.RESET, rules.verify("email")]),
    verified=st.booleans(),
)
def test_no_code_is_good_once_the_address_has_changed(
    basis: str, current: str, purpose: str, verified: bool
) -> None:
    """CGN-04"""
    attributes = {"email": current, "email_verified": str(verified).lower()}
    code = replace(CODE, basis=basis, purpose=purpose)
    good = rules.good(code, structs.replace(USER, attributes=attributes), 200.0)
    assert good == (basis == current and (verified or purpose != rules.RESET))
