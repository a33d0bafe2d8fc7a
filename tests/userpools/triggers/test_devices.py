"""CUSTOM_AUTH with devices: which clients name where, and when a device proves itself.

amplify-js names it in AuthParameters where it proves no password, and in every answer;
amplify-flutter and amazon-cognito-identity-js in the answers. The functions here are as strict as
the guide's example, and as those that amplify-flutter tests with: they know no history but their
own, so that a device which proved itself before them, or after, would end the sign-in.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.devices import KeptDevice
from tests.support.house import TestHouse
from tests.support.signing_in import Scene, claims, refused
from tests.userpools.devices.scene import ALWAYS, GONE, INCORRECT, OPT_IN, SRP, VERIFIER
from tests.userpools.triggers.scene import Event, Functions, offer_sms
from tests.userpools.triggers.test_challenges import (
    CUSTOM,
    after_password,
    begin,
    history,
    riddle,
    riddles,
)

ROUND = [(CUSTOM, True)]
PASSWORD_FIRST = [("SRP_A", True), ("PASSWORD_VERIFIER", True)]


def strict(event: Event) -> Event:
    """One riddle, after the password where the client begins with it, and nothing else."""
    names = [one["challengeName"] for one in event["request"]["session"]]
    right = all(one["challengeResult"] for one in event["request"]["session"])
    if right and names in ([], ["SRP_A", "PASSWORD_VERIFIER"]):
        response: Event = {"challengeName": CUSTOM}
    elif right and names == ["SRP_A"]:
        response = {"challengeName": "PASSWORD_VERIFIER"}
    else:
        response = {"issueTokens": right and names[-1] == CUSTOM, "failAuthentication": False}
        response["failAuthentication"] = not response["issueTokens"] or len(names) not in (1, 3)
    return {**event, "response": response}


def tracked(house: TestHouse, configuration: Any = ALWAYS) -> tuple[Scene, Functions, KeptDevice]:
    """Ann, and the device that she confirmed after her first sign-in."""
    scene, functions = riddles(house, DeviceConfiguration=configuration)
    functions.put("DefineAuthChallenge", strict)
    device = confirmed(scene, answered(scene, begin(scene)))
    functions.sources()
    return scene, functions, device


def answered(scene: Scene, posed: Any, answer: str = "5", **more: str) -> Any:
    return scene.reply(posed, USERNAME="ann", ANSWER=answer, **more)


def confirmed(scene: Scene, done: Any) -> KeptDevice:
    tokens = done["AuthenticationResult"]
    device = KeptDevice(tokens["NewDeviceMetadata"])
    scene.public.confirm_device(
        AccessToken=tokens["AccessToken"],
        DeviceKey=device.key,
        DeviceSecretVerifierConfig=device.config,
    )
    return device


def proved(scene: Scene, posed: Any, device: KeptDevice) -> Any:
    assert posed["ChallengeName"] == SRP
    assert posed["ChallengeParameters"]["DEVICE_KEY"] == device.key
    given = scene.reply(posed, **device.begin("ann"))
    assert given["ChallengeName"] == VERIFIER
    return scene.reply(given, **device.proof(given["ChallengeParameters"]))


def kept(scene: Scene) -> list[str]:
    listed = scene.idp.admin_list_devices(UserPoolId=scene.pool, Username="ann")["Devices"]
    return [one["DeviceKey"] for one in listed]


@pytest.mark.parametrize("at_first", [True, False])
@pytest.mark.parametrize("in_the_answer", [True, False])
@pytest.mark.parametrize("password", [True, False])
def test_a_device_proves_itself_once_the_functions_have_said_enough(
    house: TestHouse, password: bool, at_first: bool, in_the_answer: bool
) -> None:
    scene, functions, device = tracked(house)
    named = {"DEVICE_KEY": device.key}
    start = after_password if password else begin
    posed = start(scene, **(named if at_first else {}))
    assert posed["ChallengeName"] == CUSTOM
    posed = answered(scene, posed, **(named if in_the_answer else {}))
    expected = [*PASSWORD_FIRST, *ROUND] if password else ROUND
    assert history(functions) == expected
    if not (at_first or in_the_answer):
        assert "NewDeviceMetadata" in posed["AuthenticationResult"]
        return
    functions.sources()
    tokens = proved(scene, posed, device)["AuthenticationResult"]
    assert functions.sources() == [], "the functions are not asked again"
    assert "NewDeviceMetadata" not in tokens and kept(scene) == [device.key]
    assert claims(tokens["AccessToken"])["device_key"] == device.key
    refresh = tokens["RefreshToken"]
    assert refused(scene.refresh, refresh) == ("NotAuthorizedException", "Invalid Refresh Token")
    assert scene.refresh(refresh, DEVICE_KEY=device.key)["AuthenticationResult"]


def test_a_function_that_asks_for_nothing_leaves_the_device_to_prove_itself(
    house: TestHouse,
) -> None:
    scene, functions, device = tracked(house)
    functions.says("DefineAuthChallenge", issueTokens=True)
    posed = begin(scene, DEVICE_KEY=device.key)
    assert proved(scene, posed, device)["AuthenticationResult"]


def test_a_device_that_does_not_prove_itself_gets_no_tokens(house: TestHouse) -> None:
    """CGN-20: nor does whoever knows no more than its key."""
    scene, _, device = tracked(house)
    posed = answered(scene, begin(scene), DEVICE_KEY=device.key)
    stranger = KeptDevice({"DeviceKey": device.key, "DeviceGroupKey": device.group_key})
    assert refused(proved, scene, posed, stranger) == INCORRECT
    posed = answered(scene, begin(scene), DEVICE_KEY=device.key)
    scene.idp.admin_disable_user(UserPoolId=scene.pool, Username="ann")
    assert refused(proved, scene, posed, device)[1] == "User is disabled."


def test_a_wrong_answer_is_not_told_whether_there_is_such_a_device(house: TestHouse) -> None:
    """CGN-09, CGN-20"""
    scene, functions, device = tracked(house)
    functions.put("DefineAuthChallenge", riddle)
    region = device.key.partition("_")[0]
    for key in (device.key, f"{region}_01234567-89ab-cdef-0123-456789abcdef", "x"):
        posed = begin(scene, DEVICE_KEY=key)
        posed = answered(scene, posed, "4", DEVICE_KEY=key)
        assert posed["ChallengeName"] == CUSTOM


@pytest.mark.parametrize("where", ["at first", "in the answer"])
def test_a_device_that_nobody_knows_counts_as_none(house: TestHouse, where: str) -> None:
    """An answer is good once, so that its client could not send it again without the key."""
    scene, _, device = tracked(house)
    scene.idp.admin_forget_device(UserPoolId=scene.pool, Username="ann", DeviceKey=device.key)
    named = {"DEVICE_KEY": device.key}
    posed = begin(scene, **(named if where == "at first" else {}))
    done = answered(scene, posed, **(named if where == "in the answer" else {}))
    assert done["AuthenticationResult"]["NewDeviceMetadata"]["DeviceKey"] != device.key


def test_a_device_that_is_forgotten_on_the_way_ends_the_sign_in(house: TestHouse) -> None:
    scene, _, device = tracked(house)
    posed = answered(scene, begin(scene), DEVICE_KEY=device.key)
    scene.idp.admin_forget_device(UserPoolId=scene.pool, Username="ann", DeviceKey=device.key)
    assert refused(scene.reply, posed, **device.begin("ann")) == GONE


def test_a_device_that_stands_for_a_factor_does_so_after_the_password(house: TestHouse) -> None:
    """In the place of the code, and in the history as the code would be."""
    scene, functions, device = tracked(house)
    offer_sms(scene)
    scene.put_factors("ann", "SMS_MFA")
    functions.put("DefineAuthChallenge", riddle)
    posed = proved(scene, after_password(scene, DEVICE_KEY=device.key), device)
    expected = [*PASSWORD_FIRST, (SRP, True), (VERIFIER, True)]
    assert posed["ChallengeName"] == CUSTOM and history(functions) == expected
    tokens = answered(scene, posed, DEVICE_KEY=device.key)["AuthenticationResult"]
    assert claims(tokens["AccessToken"])["device_key"] == device.key
    assert history(functions) == [*expected, *ROUND]


def test_a_device_that_is_not_remembered_proves_itself_as_well(house: TestHouse) -> None:
    scene, _, device = tracked(house, OPT_IN)
    posed = answered(scene, begin(scene), DEVICE_KEY=device.key)
    assert proved(scene, posed, device)["AuthenticationResult"]


def test_what_a_device_needs_fits_beside_a_long_history(house: TestHouse) -> None:
    """Once the functions have said enough, nobody needs the history any more."""
    scene, functions, device = tracked(house)
    functions.put("DefineAuthChallenge", riddle)
    functions.says(
        "CreateAuthChallenge",
        privateChallengeParameters={"answer": "5"},
        challengeMetadata="m" * 1600,
    )
    posed = answered(scene, begin(scene), DEVICE_KEY=device.key)
    assert proved(scene, posed, device)["AuthenticationResult"]
