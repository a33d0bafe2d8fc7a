"""Forgotten passwords as clients see them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.recovery import rules
from poolhouse.userpools.risk.rules import FORGOT_PASSWORD
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
from tests.userpools.users.pool import pool

REVOKED = "NotAuthorizedException: Access Token has been revoked"
NO_DESTINATION = (
    "InvalidParameterException: Cannot reset password for the user as there is no "
    "registered/verified email or phone_number"
)


def recovery(*names: str) -> idp.AccountRecoverySettingType:
    options = [idp.RecoveryOptionType(name=name, priority=i) for i, name in enumerate(names, 1)]
    return idp.AccountRecoverySettingType(recovery_mechanisms=options[::-1])


def forgot(scene: Scene, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = scene.public.forgot_password(ClientId=scene.plain.id, Username=name)
    return answer


def confirm(scene: Scene, name: str, code: str, password: str = OTHER) -> None:
    scene.public.confirm_forgot_password(
        ClientId=scene.plain.id, Username=name, ConfirmationCode=code, Password=password
    )


def test_a_forgotten_password_is_reset_and_every_session_ends(house: TestHouse) -> None:
    """AUT-18"""
    scene = Scene(house)
    scene.reader("ann")
    sessions = [scene.token("ann") for _ in range(2)]
    assert forgot(scene, "ann")["CodeDeliveryDetails"] == {
        "AttributeName": "email",
        "DeliveryMedium": "EMAIL",
        "Destination": "a***@e***",
    }
    assert scene.password_is("ann", PASSWORD)
    scene.public.get_user(AccessToken=sessions[0])
    assert refusal(confirm, scene=scene, name="ann", code=scene.wrong()) == MISMATCH
    confirm(scene, "ann", scene.code())
    assert scene.password_is("ann", OTHER)
    assert scene.user("ann").status == "CONFIRMED"
    for token in sessions:
        assert refusal(scene.public.get_user, AccessToken=token) == REVOKED
    assert refusal(confirm, scene=scene, name="ann", code=scene.code()) == EXPIRED


def test_a_weak_password_is_refused_and_leaves_the_code(house: TestHouse) -> None:
    """AUT-21, AUT-16"""
    scene = Scene(house)
    scene.reader("ann")
    forgot(scene, "ann")
    told = refusal(confirm, scene=scene, name="ann", code=scene.code(), password="short")
    assert told.startswith("InvalidPasswordException: Password did not conform with policy")
    assert scene.password_is("ann", PASSWORD)
    confirm(scene, "ann", scene.code())
    assert scene.password_is("ann", OTHER)


def test_of_parallel_resets_with_one_code_one_succeeds(house: TestHouse) -> None:
    """AUT-16, CGN-14"""
    scene = Scene(house)
    scene.reader("ann")
    forgot(scene, "ann")
    code, start = scene.code(), threading.Barrier(6)
    passwords = [f"{OTHER}{number}" for number in range(6)]

    def reset(password: str) -> bool:
        start.wait()
        try:
            confirm(scene, "ann", code, password)
        except scene.public.exceptions.ExpiredCodeException:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        done = list(threads.map(reset, passwords))
    assert sum(done) == 1
    assert scene.password_is("ann", passwords[done.index(True)])


def test_an_administrator_resets_a_password(house: TestHouse) -> None:
    """AUT-18"""
    scene = Scene(house)
    scene.reader("ann")
    token, reset = scene.token("ann"), scene.admin.admin_reset_user_password
    reset(UserPoolId=scene.pool.id, Username="ann")
    assert scene.user("ann").status == "RESET_REQUIRED"
    assert refusal(scene.public.get_user, AccessToken=token) == REVOKED
    confirm(scene, "ann", scene.code())
    assert scene.user("ann").status == "CONFIRMED"
    scene.token("ann")
    scene.add("bob", email="bob@example.com")
    assert refusal(reset, UserPoolId=scene.pool.id, Username="bob") == NO_DESTINATION
    assert scene.user("bob").status == "CONFIRMED"
    scene.change("ann", enabled=False)
    disabled = refusal(reset, UserPoolId=scene.pool.id, Username="ann")
    assert disabled == "NotAuthorizedException: User is disabled"


@pytest.mark.parametrize(
    ("status", "enabled", "told"),
    [
        ("FORCE_CHANGE_PASSWORD", True, "User password cannot be reset in the current state."),
        ("EXTERNAL_PROVIDER", True, "User password cannot be reset in the current state."),
        ("CONFIRMED", False, "User is disabled."),
    ],
)
def test_a_user_in_the_wrong_state_gets_no_reset(
    sqlite_house: TestHouse, status: str, enabled: bool, told: str
) -> None:
    """AUT-16"""
    scene = Scene(sqlite_house)
    scene.reader("ann")
    forgot(scene, "ann")
    scene.change("ann", status, enabled=enabled)
    assert refusal(forgot, scene=scene, name="ann") == f"NotAuthorizedException: {told}"
    late = refusal(confirm, scene=scene, name="ann", code=scene.code())
    assert late == f"NotAuthorizedException: {told}"
    hidden = refusal(
        scene.public.confirm_forgot_password,
        ClientId=scene.hiding.id,
        Username="ann",
        ConfirmationCode=scene.code(),
        Password=OTHER,
    )
    assert hidden == MISMATCH
    assert scene.password_is("ann", PASSWORD)
    assert len(scene.letters()) == 1


def test_who_cannot_be_written_to_is_told_so(sqlite_house: TestHouse) -> None:
    """AUT-17"""
    scene = Scene(sqlite_house)
    scene.add("ann", email="ann@example.com")
    assert refusal(forgot, scene=scene, name="ann") == NO_DESTINATION
    unknown = "UserNotFoundException: Username/client id combination not found."
    assert refusal(forgot, scene=scene, name="nobody") == unknown
    assert refusal(confirm, scene=scene, name="nobody", code="123456") == unknown
    closed = Scene(sqlite_house, account_recovery_setting=recovery("admin_only"))
    closed.reader("ann")
    for client in (closed.plain, closed.hiding):
        for name in ("ann", "nobody"):
            told = refusal(closed.public.forgot_password, ClientId=client.id, Username=name)
            assert told == "NotAuthorizedException: Contact administrator to reset password."
    closed.admin.admin_reset_user_password(UserPoolId=closed.pool.id, Username="ann")
    assert len(closed.letters()) == 1


def test_a_code_sent_to_an_address_that_is_no_longer_the_users_is_void(house: TestHouse) -> None:
    """AUT-17, CGN-14"""
    scene = Scene(house)
    scene.reader("ann")
    forgot(scene, "ann")
    new = [
        {"Name": "email", "Value": "new@example.com"},
        {"Name": "email_verified", "Value": "true"},
    ]
    scene.admin.admin_update_user_attributes(
        UserPoolId=scene.pool.id, Username="ann", UserAttributes=new
    )
    assert refusal(confirm, scene=scene, name="ann", code=scene.code()) == EXPIRED
    assert scene.password_is("ann", PASSWORD)


def test_resets_are_throttled_for_one_user_and_nobody_else(house: TestHouse) -> None:
    """AUT-15"""
    scene = Scene(house)
    scene.reader("ann")
    scene.reader("bob")
    for _ in range(FORGOT_PASSWORD.most):
        forgot(scene, "ann")
    for _ in range(20):
        assert refusal(forgot, scene=scene, name="ann") == LIMIT
    assert len(scene.letters()) == FORGOT_PASSWORD.most
    forgot(scene, "bob")
    house.clock.step(3601)
    forgot(scene, "ann")


MECHANISMS = ("verified_email", "verified_phone_number")
WAYS = [(), *((name,) for name in MECHANISMS), MECHANISMS, MECHANISMS[::-1]]


@pytest.mark.parametrize("ways", WAYS)
def test_a_code_goes_to_verified_addresses_by_priority_and_never_to_the_second_factor(
    ways: tuple[str, ...],
) -> None:
    """AUT-17"""
    made = pool(account_recovery_setting=recovery(*ways) if ways else None)
    order = [name.removeprefix("verified_") for name in ways or MECHANISMS[::-1]]
    for email, phone, mfa in product((None, "false", "true"), (None, "false", "true"), (0, 1, 2)):
        factors = [(), ("email",), ("phone_number",)][mfa]
        attributes: dict[str, str] = {}
        for name, flag in (("email", email), ("phone_number", phone)):
            if flag is not None:
                attributes |= {name: "x", f"{name}_verified": flag}
        user = User("p", "s", "ann", "CONFIRMED", True, attributes, 1.0, 1.0)
        usable = [
            name
            for name in order
            if attributes.get(f"{name}_verified") == "true" and name not in factors
        ]
        assert rules.destination(made, user, factors) == (usable[0] if usable else None)
