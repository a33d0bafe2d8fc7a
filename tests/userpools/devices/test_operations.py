"""The nine operations, through the real AWS SDK."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse.userpools.passwords.srp import N, pad
from tests.support.devices import KeptDevice
from tests.support.house import ENDPOINT, TestHouse
from tests.support.signing_in import Scene, claims, refused
from tests.userpools.devices.scene import (
    ALWAYS,
    BAD_KEY,
    GONE,
    OPT_IN,
    Person,
    shown,
    tracking,
)
from tests.userpools.users.people import in_parallel

UNTRACKED = (
    "InvalidUserPoolConfigurationException",
    "Device tracking is not configured for the user pool.",
)
REVOKED = ("NotAuthorizedException", "Access Token has been revoked")


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    return tracking(house)


@pytest.fixture
def plain(sqlite_house: TestHouse) -> Scene:
    return tracking(sqlite_house)


def named(scene: Scene, device: KeptDevice, name: str = "ann") -> dict[str, str]:
    return {"UserPoolId": scene.pool, "Username": name, "DeviceKey": device.key}


def test_a_sign_in_brings_a_device_that_its_user_confirms_sees_and_forgets(scene: Scene) -> None:
    """SES-05: with the device go the sessions that began with it, and no others."""
    ann = Person(scene, "ann")
    other = scene.tokens("ann")
    tokens = scene.tokens("ann")
    metadata = tokens["NewDeviceMetadata"]
    assert metadata["DeviceKey"].startswith("us-east-1_") and len(metadata["DeviceGroupKey"]) == 9
    access = tokens["AccessToken"]
    assert claims(access)["device_key"] == metadata["DeviceKey"]
    assert "device_key" not in claims(tokens["IdToken"])
    mine = {"AccessToken": access, "DeviceKey": metadata["DeviceKey"]}
    for operation in ("get_device", "update_device_status", "forget_device"):
        assert refused(getattr(scene.public, operation), **mine) == GONE, "nobody confirmed it yet"

    device = ann.confirm(tokens, "Firefox")
    assert ann.confirmed["UserConfirmationNecessary"] is False
    found = scene.public.get_device(**mine)["Device"]
    assert found["DeviceKey"] == device.key
    owner = f"ann.{scene.pool}"
    assert shown(found) == {
        "device_status": "valid",
        "device_name": "Firefox",
        "dev:device_arn": "arn:aws:cognito-idp:us-east-1:000000000000:"
        f"owner/{owner}/device/{device.key}",
        "dev:device_owner": owner,
        "last_ip_used": "127.0.0.1",
        "dev:device_remembered_status": "remembered",
        "dev:device_sdk": "aws-sdk",
    }
    assert found["DeviceCreateDate"] == found["DeviceLastAuthenticatedDate"]
    assert scene.public.list_devices(AccessToken=access)["Devices"] == [found]
    assert scene.idp.admin_get_device(**named(scene, device))["Device"] == found

    proved = ann.prove(device, ann.begin(device))["AuthenticationResult"]
    scene.public.forget_device(**mine)
    assert refused(scene.public.get_device, **mine) == GONE, "who asked goes on"
    assert "AccessToken" in scene.refresh(tokens["RefreshToken"])["AuthenticationResult"]
    assert refused(scene.public.get_user, AccessToken=proved["AccessToken"]) == REVOKED
    assert refused(scene.refresh, proved["RefreshToken"], DEVICE_KEY=device.key) == (
        "NotAuthorizedException",
        "Refresh Token has been revoked",
    )
    left = scene.public.list_devices(AccessToken=other["AccessToken"])
    assert left["Devices"] == [] and "PaginationToken" not in left


def test_administrators_look_after_devices(scene: Scene) -> None:
    ann = Person(scene, "ann")
    tokens = scene.tokens("ann")
    device = ann.confirm(tokens)
    of, idp = named(scene, device), scene.idp
    scene.house.clock.step(5)
    idp.admin_update_device_status(**of, DeviceRememberedStatus="not_remembered")
    found = idp.admin_get_device(**of)["Device"]
    assert shown(found)["dev:device_remembered_status"] == "not_remembered"
    assert found["DeviceLastModifiedDate"] > found["DeviceCreateDate"]
    idp.admin_update_device_status(**of)
    assert idp.admin_get_device(**of)["Device"] == found, "no status, nothing to change"
    listed = idp.admin_list_devices(UserPoolId=scene.pool, Username="ann")
    assert listed["Devices"] == [found]
    idp.admin_forget_device(**of)
    assert ann.kept() == []
    assert refused(scene.public.get_user, AccessToken=tokens["AccessToken"]) == REVOKED
    asks: list[Any] = [
        idp.admin_get_device,
        idp.admin_update_device_status,
        idp.admin_forget_device,
    ]
    for ask in asks:
        assert refused(ask, **of) == GONE
        assert refused(ask, **named(scene, device, "nobody"))[0] == "UserNotFoundException"
    assert refused(idp.admin_list_devices, UserPoolId=scene.pool, Username="nobody")[0] == (
        "UserNotFoundException"
    )


def test_a_device_is_confirmed_once_and_by_the_sign_in_that_brought_it(scene: Scene) -> None:
    """CGN-20: not with another user's token, nor with that of another sign-in."""
    ann, bob = Person(scene, "ann"), Person(scene, "bob")
    tokens, again, stranger = scene.tokens("ann"), scene.tokens("ann"), scene.tokens("bob")
    device = KeptDevice(tokens["NewDeviceMetadata"])

    def confirm(by: dict[str, Any], key: str = device.key) -> Any:
        return scene.public.confirm_device(
            AccessToken=by["AccessToken"],
            DeviceKey=key,
            DeviceSecretVerifierConfig=device.config,
        )

    assert refused(confirm, stranger) == BAD_KEY
    assert refused(confirm, again) == BAD_KEY
    made_up = "us-east-1_00000000-0000-0000-0000-000000000000"
    assert refused(confirm, tokens, made_up) == BAD_KEY
    assert ann.kept() == bob.kept() == []
    confirm(tokens)
    before = ann.kept()
    device.password = "another"
    assert refused(confirm, tokens)[0] == "DeviceKeyExistsException"
    assert refused(confirm, stranger) == BAD_KEY
    assert ann.kept() == before


def test_what_another_user_asks_of_a_device_finds_none(scene: Scene) -> None:
    """CGN-20."""
    ann, _ = Person(scene, "ann"), Person(scene, "bob")
    device = ann.confirm(scene.tokens("ann"))
    bob = {"AccessToken": scene.tokens("bob")["AccessToken"], "DeviceKey": device.key}
    public = scene.public
    assert refused(public.get_device, **bob) == GONE
    assert refused(public.forget_device, **bob) == GONE
    assert refused(public.update_device_status, **bob, DeviceRememberedStatus="remembered") == GONE
    assert public.list_devices(AccessToken=bob["AccessToken"])["Devices"] == []
    assert refused(scene.idp.admin_forget_device, **named(scene, device, "bob")) == GONE
    assert [one.key for one in ann.kept()] == [device.key]


@pytest.mark.parametrize("number", [0, 1, N - 1, N, N + 2, 2 * N, 1 << 4000])
def test_a_verifier_that_proves_nothing_is_refused(plain: Scene, number: int) -> None:
    ann = Person(plain, "ann")
    tokens = plain.tokens("ann")
    device = KeptDevice(tokens["NewDeviceMetadata"])
    config = {
        **device.config,
        "PasswordVerifier": base64.b64encode(pad(number)).decode(),
    }
    code, _ = refused(
        plain.public.confirm_device,
        AccessToken=tokens["AccessToken"],
        DeviceKey=device.key,
        DeviceSecretVerifierConfig=config,
    )
    assert code == "InvalidParameterException" and ann.kept() == []


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"DeviceSecretVerifierConfig": {}},
        {"DeviceSecretVerifierConfig": {"Salt": "AAAA"}},
        {"DeviceSecretVerifierConfig": {"Salt": "?", "PasswordVerifier": "AAAAAg=="}},
        {"DeviceName": ""},
        {"DeviceName": "n" * 1025},
    ],
)
def test_a_confirmation_without_what_it_needs_is_refused(
    plain: Scene, more: dict[str, Any]
) -> None:
    ann = Person(plain, "ann")
    tokens = plain.tokens("ann")
    device = KeptDevice(tokens["NewDeviceMetadata"])
    given = {"DeviceSecretVerifierConfig": device.config} if "DeviceName" in more else {}
    code, _ = refused(
        plain.public.confirm_device,
        AccessToken=tokens["AccessToken"],
        DeviceKey=device.key,
        **given,
        **more,
    )
    assert code == "InvalidParameterException" and ann.kept() == []


def test_where_the_user_is_to_opt_in_the_device_waits_for_their_word(plain: Scene) -> None:
    plain.idp.update_user_pool(UserPoolId=plain.pool, DeviceConfiguration=OPT_IN)
    ann = Person(plain, "ann")
    tokens = plain.tokens("ann")
    device = ann.confirm(tokens)
    assert ann.confirmed["UserConfirmationNecessary"] is True
    mine = {"AccessToken": tokens["AccessToken"], "DeviceKey": device.key}

    def status() -> str:
        return shown(plain.public.get_device(**mine)["Device"])["dev:device_remembered_status"]

    assert status() == "not_remembered"
    for word in ("remembered", "not_remembered", "remembered"):
        plain.public.update_device_status(**mine, DeviceRememberedStatus=word)
        assert status() == word
    code, _ = refused(plain.public.update_device_status, **mine, DeviceRememberedStatus="perhaps")
    assert code == "InvalidParameterException" and status() == "remembered"


def test_lists_are_turned_page_by_page(scene: Scene) -> None:
    ann = Person(scene, "ann")
    Person(scene, "bob")
    keys = sorted(ann.confirm(scene.tokens("ann")).key for _ in range(5))
    access = scene.tokens("ann")["AccessToken"]
    of = {"UserPoolId": scene.pool, "Username": "ann"}
    lists: list[tuple[Any, dict[str, str]]] = [
        (scene.public.list_devices, {"AccessToken": access}),
        (scene.idp.admin_list_devices, of),
    ]
    for ask, given in lists:
        seen: list[str] = []
        token: dict[str, str] = {}
        for size in (2, 2, 1):
            answer = ask(**given, Limit=2, **token)
            assert len(answer["Devices"]) == size
            seen += [device["DeviceKey"] for device in answer["Devices"]]
            token = {"PaginationToken": answer.get("PaginationToken", "")}
        assert seen == keys and token == {"PaginationToken": ""}
        assert len(ask(**given, Limit=0)["Devices"]) == 5
        assert refused(ask, **given, Limit=61)[0] == "InvalidParameterException"
        assert refused(ask, **given, PaginationToken="made-up")[0] == "InvalidParameterException"
    first = scene.idp.admin_list_devices(**of, Limit=2)["PaginationToken"]
    theirs = {"UserPoolId": scene.pool, "Username": "bob", "PaginationToken": first}
    assert refused(scene.idp.admin_list_devices, **theirs)[0] == "InvalidParameterException"
    assert refused(scene.public.list_devices, AccessToken=access, PaginationToken=first)[0] == (
        "InvalidParameterException"
    )


def test_a_pool_that_tracks_no_devices_lists_and_brings_none_and_refuses_the_rest(
    plain: Scene,
) -> None:
    ann = Person(plain, "ann")
    tokens = plain.tokens("ann")
    device = ann.confirm(tokens)
    plain.idp.update_user_pool(UserPoolId=plain.pool)
    mine = {"AccessToken": tokens["AccessToken"], "DeviceKey": device.key}
    of, public, idp = named(plain, device), plain.public, plain.idp
    config = {"DeviceSecretVerifierConfig": device.config}
    assert refused(public.confirm_device, **mine, **config) == UNTRACKED
    for ask in (public.get_device, public.forget_device, public.update_device_status):
        assert refused(ask, **mine) == UNTRACKED
    assert public.list_devices(AccessToken=tokens["AccessToken"])["Devices"] == []
    for ask in (idp.admin_get_device, idp.admin_forget_device, idp.admin_update_device_status):
        assert refused(ask, **of) == UNTRACKED
    assert idp.admin_list_devices(UserPoolId=plain.pool, Username="ann")["Devices"] == []
    without = plain.tokens("ann")
    assert "NewDeviceMetadata" not in without
    assert "device_key" not in claims(without["AccessToken"])
    plain.sign_in("ann", DEVICE_KEY=device.key)
    plain.idp.update_user_pool(UserPoolId=plain.pool, DeviceConfiguration=ALWAYS)
    assert public.get_device(**mine)["Device"]["DeviceKey"] == device.key


def test_without_a_token_nobody_is_answered(plain: Scene) -> None:
    ann = Person(plain, "ann")
    device = ann.confirm(plain.tokens("ann"))
    for ask in (plain.public.get_device, plain.public.forget_device):
        assert refused(ask, DeviceKey=device.key) == (
            "InvalidParameterException",
            "Missing required parameter AccessToken",
        )
        assert refused(ask, DeviceKey=device.key, AccessToken="no.such.token")[0] == (
            "NotAuthorizedException"
        )
    assert len(ann.kept()) == 1


def test_sign_ins_that_nobody_confirms_leave_no_devices(scene: Scene) -> None:
    ann = Person(scene, "ann")
    keys = {scene.tokens("ann")["NewDeviceMetadata"]["DeviceKey"] for _ in range(5)}
    assert len(keys) == 5 and ann.kept() == []


def test_a_bearer_header_beside_the_target_is_no_signature(plain: Scene) -> None:
    """pycognito sends one with each of its calls about devices."""
    Person(plain, "ann")
    tokens = plain.tokens("ann")
    device = KeptDevice(tokens["NewDeviceMetadata"])
    body = {
        "AccessToken": tokens["AccessToken"],
        "DeviceKey": device.key,
        "DeviceName": "pycognito",
        "DeviceSecretVerifierConfig": device.config,
    }
    status, _, content = plain.house.request(
        "POST",
        f"{ENDPOINT}/",
        {
            "Authorization": f"Bearer {tokens['AccessToken']}",
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AWSCognitoIdentityProviderService.ConfirmDevice",
        },
        json.dumps(body).encode(),
    )
    assert (status, json.loads(content)) == (200, {"UserConfirmationNecessary": False})


def test_of_confirmations_at_once_one_is_the_first(scene: Scene) -> None:
    ann = Person(scene, "ann")
    tokens = scene.tokens("ann")
    device = KeptDevice(tokens["NewDeviceMetadata"])

    def confirm() -> str:
        try:
            scene.house.unsigned("cognito-idp").confirm_device(
                AccessToken=tokens["AccessToken"],
                DeviceKey=device.key,
                DeviceSecretVerifierConfig=device.config,
            )
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "ok"

    done = in_parallel(*[confirm] * 4)
    assert done == ["DeviceKeyExistsException"] * 3 + ["ok"] and len(ann.kept()) == 1
