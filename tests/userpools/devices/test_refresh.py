"""Sessions go on with the device that they began with."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.house import TestHouse
from tests.support.signing_in import FLOWS, Scene, claims, refused
from tests.userpools.devices.scene import ALWAYS, Person, tracking

INVALID = ("NotAuthorizedException", "Invalid Refresh Token")


@pytest.fixture
def scene(sqlite_house: TestHouse) -> Scene:
    return tracking(sqlite_house)


def exchange(scene: Scene, client: str, token: str, **more: str) -> Any:
    return scene.public.get_tokens_from_refresh_token(ClientId=client, RefreshToken=token, **more)[
        "AuthenticationResult"
    ]


def test_a_refresh_names_the_device_of_its_sign_in(scene: Scene) -> None:
    """CGN-20: a refresh token that was carried to another device is worth nothing there."""
    ann, _ = Person(scene, "ann"), Person(scene, "bob")
    tokens, other = scene.tokens("ann"), scene.tokens("ann")
    key, token = tokens["NewDeviceMetadata"]["DeviceKey"], tokens["RefreshToken"]
    ann.confirm(tokens)
    wrong = other["NewDeviceMetadata"]["DeviceKey"]
    theirs = ann.scene.tokens("bob")["NewDeviceMetadata"]["DeviceKey"]
    assert refused(scene.refresh, token) == INVALID
    assert refused(exchange, scene, scene.open, token) == INVALID
    for named in (wrong, theirs, "us-east-1_0", key.upper(), "é"):
        assert refused(scene.refresh, token, DEVICE_KEY=named) == INVALID
    assert refused(exchange, scene, scene.open, token, DeviceKey=wrong) == INVALID
    again = scene.refresh(token, DEVICE_KEY=key)["AuthenticationResult"]
    assert "NewDeviceMetadata" not in again and "RefreshToken" not in again
    assert claims(again["AccessToken"])["device_key"] == key
    once_more = exchange(scene, scene.open, token, DeviceKey=key)
    assert claims(once_more["AccessToken"])["device_key"] == key


def test_a_session_of_a_proved_device_goes_on_with_it(scene: Scene) -> None:
    ann = Person(scene, "ann")
    device = ann.confirm(scene.tokens("ann"))
    token = ann.prove(device, ann.begin(device))["AuthenticationResult"]["RefreshToken"]
    assert refused(scene.refresh, token) == INVALID
    again = scene.refresh(token, DEVICE_KEY=device.key)["AuthenticationResult"]
    assert claims(again["AccessToken"])["device_key"] == device.key
    scene.idp.admin_forget_device(UserPoolId=scene.pool, Username="ann", DeviceKey=device.key)
    assert refused(scene.refresh, token, DEVICE_KEY=device.key) == (
        "NotAuthorizedException",
        "Refresh Token has been revoked",
    )


def test_rotation_asks_for_the_device_each_time(scene: Scene) -> None:
    ann = Person(scene, "ann")
    client = scene.client(
        ExplicitAuthFlows=[flow for flow in FLOWS if flow != "ALLOW_REFRESH_TOKEN_AUTH"],
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 60},
    )
    tokens = scene.tokens("ann", client=client)
    ann.confirm(tokens)
    key, first = tokens["NewDeviceMetadata"]["DeviceKey"], tokens["RefreshToken"]
    assert refused(exchange, scene, client, first) == INVALID
    second = exchange(scene, client, first, DeviceKey=key)["RefreshToken"]
    assert refused(exchange, scene, client, first) == INVALID, "within the time of grace too"
    assert exchange(scene, client, first, DeviceKey=key)["RefreshToken"] == second
    assert exchange(scene, client, second, DeviceKey=key)["RefreshToken"]


def test_sessions_from_before_or_after_the_tracking_need_no_device(scene: Scene) -> None:
    ann = Person(scene, "ann")
    tokens = scene.tokens("ann")
    ann.confirm(tokens)
    tracked = tokens["RefreshToken"]
    scene.idp.update_user_pool(UserPoolId=scene.pool)
    untracked = scene.tokens("ann")["RefreshToken"]
    assert "AccessToken" in scene.refresh(tracked)["AuthenticationResult"]
    scene.idp.update_user_pool(UserPoolId=scene.pool, DeviceConfiguration=ALWAYS)
    assert "AccessToken" in scene.refresh(untracked)["AuthenticationResult"]
    assert refused(scene.refresh, tracked) == INVALID


def test_a_client_that_confirmed_no_device_has_none_to_name(scene: Scene) -> None:
    ann = Person(scene, "ann")
    tokens, wrong = scene.tokens("ann"), scene.tokens("ann")["NewDeviceMetadata"]["DeviceKey"]
    assert "AccessToken" in exchange(scene, scene.open, tokens["RefreshToken"])
    assert refused(exchange, scene, scene.open, tokens["RefreshToken"], DeviceKey=wrong) == INVALID
    ann.confirm(tokens)
    assert refused(exchange, scene, scene.open, tokens["RefreshToken"]) == INVALID
