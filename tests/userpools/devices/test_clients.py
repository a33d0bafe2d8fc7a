"""What clients send when they have no Session for DEVICE_SRP_AUTH, or an older one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.devices import KeptDevice
from tests.support.house import TestHouse
from tests.support.signing_in import PASSWORD, Scene, SrpClient, claims, refused
from tests.userpools.devices.scene import (
    BAD_SESSION,
    SRP,
    TOKEN,
    TRACKED,
    VERIFIER,
    Person,
    tracking,
)

ONCE = (
    "NotAuthorizedException",
    "Invalid session for the user, session can only be used once.",
)

TOO_OLD = ("NotAuthorizedException", "Invalid session for the user, session is expired.")


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    return tracking(house, "ON")


def remembered(scene: Scene, name: str = "ann") -> tuple[Person, KeptDevice]:
    person = Person(scene, name)
    return person, person.confirm(person.enrol())


def proved(scene: Scene, device: KeptDevice, name: str = "ann") -> SrpClient:
    """A password is proved with the device named; answers the client, which has seen no session."""
    srp = SrpClient(scene.pool, name, PASSWORD)
    given = {"USERNAME": name, "SRP_A": f"{srp.big_a:x}", "DEVICE_KEY": device.key}
    asked = scene.begin("USER_SRP_AUTH", **given)["ChallengeParameters"]
    posed = scene.respond({**srp.answer(asked), "DEVICE_KEY": device.key})
    assert posed["ChallengeName"] == SRP
    return srp


def without_session(scene: Scene, device: KeptDevice, a: int, name: str = "ann") -> Any:
    given = {"USERNAME": name, "DEVICE_KEY": device.key, "SRP_A": f"{a:x}"}
    return scene.respond(given, ChallengeName=SRP)


def test_the_a_of_the_password_finds_the_sign_in_again(scene: Scene) -> None:
    """pycognito sends neither Session, and one A to both challenges."""
    _, device = remembered(scene)
    srp = proved(scene, device)
    device.srp.a, device.srp.big_a = srp.a, srp.big_a
    asked = without_session(scene, device, device.srp.big_a)["ChallengeParameters"]
    assert refused(without_session, scene, device, device.srp.big_a) == ONCE
    answer = device.proof(asked)
    done = scene.respond(answer, ChallengeName=VERIFIER)["AuthenticationResult"]
    assert claims(done["AccessToken"])["device_key"] == device.key
    assert refused(without_session, scene, device, device.srp.big_a) == BAD_SESSION


def test_who_did_not_prove_the_password_does_not_find_it(scene: Scene) -> None:
    """CGN-20, AUT-09: the device's secret and somebody else's password do not add up."""
    _, device = remembered(scene)
    bob, his = remembered(scene, "bob")
    srp = proved(scene, device)
    another = SrpClient(scene.pool, "ann", PASSWORD)
    assert refused(without_session, scene, device, another.big_a) == BAD_SESSION
    assert refused(without_session, scene, device, srp.big_a, "bob") == BAD_SESSION
    assert refused(without_session, scene, his, srp.big_a) == BAD_SESSION
    assert refused(without_session, scene, his, srp.big_a, "bob") == BAD_SESSION
    elsewhere = {"USERNAME": "ann", "DEVICE_KEY": device.key, "SRP_A": f"{srp.big_a:x}"}
    asked = {"ChallengeName": SRP, "client": scene.hiding}
    assert refused(scene.respond, elsewhere, **asked) == BAD_SESSION
    theirs = bob.begin(his)["Session"]
    given = {"USERNAME": "ann", "DEVICE_KEY": device.key, "SRP_A": f"{another.big_a:x}"}
    for session in (theirs, bob.begin()["Session"], "A" * 40):
        asked = {"ChallengeName": SRP, "Session": session}
        assert refused(scene.respond, given, **asked) == BAD_SESSION
    scene.house.clock.step(181)
    assert refused(without_session, scene, device, srp.big_a) == TOO_OLD


def test_a_plain_password_is_found_again_from_where_it_came(scene: Scene) -> None:
    """AWS's example for Python, `sign_in_with_tracked_device`, sends no Session for the device."""
    _, device = remembered(scene)
    assert scene.sign_in("ann", DEVICE_KEY=device.key)["ChallengeName"] == SRP
    asked = without_session(scene, device, device.srp.big_a)["ChallengeParameters"]
    done = scene.respond(device.proof(asked), ChallengeName=VERIFIER)["AuthenticationResult"]
    assert claims(done["AccessToken"])["device_key"] == device.key
    assert refused(without_session, scene, device, device.srp.big_a) == BAD_SESSION


def test_a_plain_password_is_found_again_from_nowhere_else(scene: Scene) -> None:
    """CGN-20, CGN-17: nor by a device or a Session of another sign-in, nor once it is too old."""
    ann, device = remembered(scene)
    bob, his = remembered(scene, "bob")
    scene.sign_in("ann", DEVICE_KEY=device.key)
    with elsewhere(scene):
        assert refused(without_session, scene, device, device.srp.big_a) == BAD_SESSION
    assert refused(without_session, scene, his, his.srp.big_a) == BAD_SESSION
    assert refused(without_session, scene, his, his.srp.big_a, "bob") == BAD_SESSION
    for other in (bob.begin(his), ann.begin()):
        asked = {"ChallengeName": SRP, "Session": other["Session"]}
        assert refused(scene.respond, device.begin("ann"), **asked) == BAD_SESSION
    scene.house.clock.step(181)
    assert refused(without_session, scene, device, device.srp.big_a) == TOO_OLD


@contextmanager
def elsewhere(scene: Scene) -> Iterator[None]:
    usual, scene.house.peer = scene.house.peer, "192.0.2.9"
    try:
        yield
    finally:
        scene.house.peer = usual


def test_the_session_of_the_code_finds_it_as_well(scene: Scene) -> None:
    """amazon-cognito-identity-js sends the session that it had before, after a code."""
    scene.idp.update_user_pool(
        UserPoolId=scene.pool, DeviceConfiguration=TRACKED, MfaConfiguration="ON"
    )
    ann, device = remembered(scene)
    stale = ann.begin(device)
    assert stale["ChallengeName"] == TOKEN
    assert ann.show_code(stale)["ChallengeName"] == SRP
    given = scene.respond(device.begin("ann"), ChallengeName=SRP, Session=stale["Session"])
    answer = device.proof(given["ChallengeParameters"])
    session = {"ChallengeName": VERIFIER, "Session": given["Session"]}
    assert "AuthenticationResult" in scene.respond(answer, **session)
    other = ann.begin(device)["Session"]
    stale = ann.begin(device)
    ann.show_code(stale)
    asked = {"ChallengeName": SRP, "Session": other}
    assert refused(scene.respond, device.begin("ann"), **asked) == BAD_SESSION
