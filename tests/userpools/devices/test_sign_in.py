"""A device in the place of a second factor, from its first sign-in to the day it is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from poolhouse.userpools.passwords.srp import N
from tests.support.devices import KeptDevice
from tests.support.house import TestHouse
from tests.support.signing_in import Scene, claims, refused
from tests.userpools.devices.scene import (
    ALWAYS,
    BAD_SESSION,
    GONE,
    INCORRECT,
    OPT_IN,
    SRP,
    TOKEN,
    TRACKED,
    VERIFIER,
    Person,
    tracking,
)
from tests.userpools.users.people import in_parallel, outcome

ONCE = (
    "NotAuthorizedException",
    "Invalid session for the user, session can only be used once.",
)
LOCKED = ("NotAuthorizedException", "Password attempts exceeded")


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    return tracking(house, "ON")


@pytest.fixture
def plain(sqlite_house: TestHouse) -> Scene:
    return tracking(sqlite_house, "ON")


def remembered(scene: Scene, name: str = "ann") -> tuple[Person, KeptDevice]:
    """Somebody whose device stands for their second factor."""
    person = Person(scene, name)
    return person, person.confirm(person.enrol())


def challenged(person: Person, device: KeptDevice) -> dict[str, str]:
    """What the device is to prove, in a sign-in of its own."""
    posed = person.begin(device)
    given = person.scene.reply(posed, **device.begin(person.name))
    found: dict[str, str] = given["ChallengeParameters"]
    return found


def judged(scene: Scene, answer: dict[str, str]) -> Any:
    """The proof as it is sent without a session: the state is in its block."""
    return scene.respond(answer, ChallengeName=VERIFIER)


def test_a_device_skips_the_code_until_it_is_forgotten(scene: Scene) -> None:
    """CGN-20, AUT-09: forgotten by its user, it stands for nothing from that moment on."""
    ann, device = remembered(scene)
    posed = ann.begin(device)
    assert posed["ChallengeName"] == SRP and "AuthenticationResult" not in posed
    parameters = posed["ChallengeParameters"]
    assert parameters["USERNAME"] == "ann" and parameters["DEVICE_KEY"] == device.key
    given = scene.reply(posed, **device.begin("ann"))
    assert given["ChallengeName"] == VERIFIER and given["Session"]
    asked = given["ChallengeParameters"]
    assert set(asked) == {"SALT", "SECRET_BLOCK", "SRP_B", "DEVICE_KEY", "USERNAME"}
    assert asked["SALT"] == device.salt.hex()
    scene.house.clock.step(5)
    tokens = scene.reply(given, **device.proof(asked))["AuthenticationResult"]
    assert "NewDeviceMetadata" not in tokens
    assert claims(tokens["AccessToken"])["device_key"] == device.key
    mine = {"AccessToken": tokens["AccessToken"], "DeviceKey": device.key}
    shown = scene.public.get_device(**mine)["Device"]
    assert shown["DeviceLastAuthenticatedDate"] > shown["DeviceLastModifiedDate"]

    halfway, begun = challenged(ann, device), ann.begin(device)
    scene.public.forget_device(**mine)
    assert refused(judged, scene, device.proof(halfway)) == GONE
    assert refused(scene.reply, begun, **device.begin("ann")) == GONE
    assert refused(ann.begin, device) == GONE
    posed = ann.begin()
    assert posed["ChallengeName"] == TOKEN
    assert "NewDeviceMetadata" in ann.show_code(posed)["AuthenticationResult"]


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH"])
def test_other_flows_ask_the_device_as_well(plain: Scene, flow: str) -> None:
    _, device = remembered(plain)
    admin = {"UserPoolId": plain.pool} if flow.startswith("ADMIN") else {}
    who: Any = plain.idp if admin else plain.public
    begin = who.admin_initiate_auth if admin else who.initiate_auth
    respond = who.admin_respond_to_auth_challenge if admin else who.respond_to_auth_challenge
    client = {"ClientId": plain.open, **admin}
    given = {"USERNAME": "ann", "PASSWORD": "Correct-Horse-1!", "DEVICE_KEY": device.key}
    posed = begin(**client, AuthFlow=flow, AuthParameters=given)
    assert posed["ChallengeName"] == SRP
    session = {"ChallengeName": SRP, "Session": posed["Session"]}
    given = respond(**client, **session, ChallengeResponses=device.begin("ann"))
    asked = given["ChallengeParameters"]
    answer = device.proof(asked)
    done = respond(**client, ChallengeName=VERIFIER, ChallengeResponses=answer)
    assert claims(done["AuthenticationResult"]["AccessToken"])["device_key"] == device.key


def test_an_administrator_forgets_a_device_at_once(scene: Scene) -> None:
    """CGN-20: also for a sign-in that waits for nothing but the proof."""
    ann, device = remembered(scene)
    halfway = challenged(ann, device)
    scene.idp.admin_forget_device(UserPoolId=scene.pool, Username="ann", DeviceKey=device.key)
    assert refused(judged, scene, device.proof(halfway)) == GONE
    assert ann.begin()["ChallengeName"] == TOKEN


def test_signing_out_everywhere_ends_the_trust_in_devices(scene: Scene) -> None:
    """CGN-20, SES-05: the next sign-in shows the factor again, and the device beside it."""
    ann, device = remembered(scene)
    halfway = challenged(ann, device)
    scene.idp.admin_user_global_sign_out(UserPoolId=scene.pool, Username="ann")
    assert judged(scene, device.proof(halfway))["ChallengeName"] == TOKEN, "a proof is not enough"
    posed = ann.begin(device)
    assert posed["ChallengeName"] == TOKEN
    posed = ann.show_code(posed, DEVICE_KEY=device.key)
    assert posed["ChallengeName"] == SRP
    tokens = ann.prove(device, posed)["AuthenticationResult"]
    assert ann.begin(device)["ChallengeName"] == SRP, "trusted again"
    scene.public.global_sign_out(AccessToken=tokens["AccessToken"])
    assert ann.begin(device)["ChallengeName"] == TOKEN


def test_the_key_of_another_users_device_is_worth_nothing(scene: Scene) -> None:
    """CGN-20: swapped device keys."""
    ann, hers = remembered(scene)
    bob, his = remembered(scene, "bob")
    assert refused(ann.begin, his) == GONE and refused(bob.begin, hers) == GONE
    # Bob's password, Ann's device: the challenge is his device's.
    posed = bob.begin(his)
    assert refused(scene.reply, posed, **hers.begin("bob")) == BAD_SESSION
    asked = challenged(bob, his)
    hers.srp = his.srp
    swapped = {**hers.proof(asked), "USERNAME": "bob"}
    assert refused(judged, scene, swapped) == BAD_SESSION
    swapped["DEVICE_KEY"] = his.key
    assert refused(judged, scene, swapped) == INCORRECT
    assert refused(judged, scene, {**his.proof(asked), "USERNAME": "ann"}) == BAD_SESSION
    assert "AuthenticationResult" in judged(scene, his.proof(asked))


def test_a_proof_is_good_for_one_device_only(plain: Scene) -> None:
    ann, first = remembered(plain)
    second = ann.confirm(ann.show_code(ann.begin())["AuthenticationResult"])
    asked = challenged(ann, first)
    second.srp = first.srp
    assert refused(judged, plain, second.proof(asked)) == BAD_SESSION
    assert refused(judged, plain, {**second.proof(asked), "DEVICE_KEY": first.key}) == INCORRECT


def test_a_proof_is_taken_once_and_in_time(plain: Scene) -> None:
    """AUT-09: replayed, and late."""
    ann, device = remembered(plain)
    asked = challenged(ann, device)
    late = datetime.now(UTC) - timedelta(hours=1)
    assert refused(judged, plain, device.proof(asked, at=late)) == INCORRECT
    proof = device.proof(asked)
    assert "AuthenticationResult" in judged(plain, proof)
    assert refused(judged, plain, proof) == ONCE
    posed = ann.begin(device)
    plain.reply(posed, **device.begin("ann"))
    assert refused(plain.reply, posed, **device.begin("ann")) == ONCE
    plain.house.clock.step(200)
    assert refused(judged, plain, device.proof(asked))[0] == "NotAuthorizedException"


def test_wrong_proofs_are_counted_and_locked(scene: Scene) -> None:
    """AUT-08: five tries, over any number of sign-ins; the right one does not get past the lock."""
    ann, device = remembered(scene)
    right, device.password = device.password, "guessed"
    answers = [refused(judged, scene, device.proof(challenged(ann, device))) for _ in range(7)]
    assert answers == [INCORRECT] * 5 + [LOCKED] * 2
    device.password = right
    asked = challenged(ann, device)
    assert refused(judged, scene, device.proof(asked)) == LOCKED
    assert ann.begin()["ChallengeName"] == TOKEN, "the code is another factor"
    scene.house.clock.step(2)
    assert "AuthenticationResult" in judged(scene, device.proof(asked))


@pytest.mark.parametrize("a", ["0", f"{N:x}", f"{2 * N:x}", "zz", ""])
def test_an_a_that_would_give_the_key_away_is_refused(plain: Scene, a: str) -> None:
    ann, device = remembered(plain)
    posed = ann.begin(device)
    given = {**device.begin("ann"), "SRP_A": a}
    assert refused(plain.reply, posed, **given)[0] == "InvalidParameterException"


def test_a_device_that_is_not_remembered_stands_for_nothing(scene: Scene) -> None:
    scene.idp.update_user_pool(
        UserPoolId=scene.pool, DeviceConfiguration=OPT_IN, MfaConfiguration="ON"
    )
    ann, device = remembered(scene)
    assert ann.confirmed["UserConfirmationNecessary"] is True
    posed = ann.begin(device)
    assert posed["ChallengeName"] == TOKEN
    tokens = ann.prove(device, ann.show_code(posed))["AuthenticationResult"]
    assert "NewDeviceMetadata" not in tokens
    mine = {"AccessToken": tokens["AccessToken"], "DeviceKey": device.key}
    scene.public.update_device_status(**mine, DeviceRememberedStatus="remembered")
    asked = challenged(ann, device)
    named = {"UserPoolId": scene.pool, "Username": "ann", "DeviceKey": device.key}
    scene.idp.admin_update_device_status(**named, DeviceRememberedStatus="not_remembered")
    assert judged(scene, device.proof(asked))["ChallengeName"] == TOKEN, "decided at the end"
    assert ann.begin(device)["ChallengeName"] == TOKEN


def test_where_devices_are_only_tracked_both_are_asked(plain: Scene) -> None:
    plain.idp.update_user_pool(
        UserPoolId=plain.pool, DeviceConfiguration=TRACKED, MfaConfiguration="ON"
    )
    ann, device = remembered(plain)
    posed = ann.begin(device)
    assert posed["ChallengeName"] == TOKEN
    done = ann.prove(device, ann.show_code(posed))
    assert claims(done["AuthenticationResult"]["AccessToken"])["device_key"] == device.key


def test_a_pool_without_mfa_still_knows_its_devices(sqlite_house: TestHouse) -> None:
    scene = tracking(sqlite_house)
    ann = Person(scene, "ann")
    device = ann.confirm(scene.tokens("ann"))
    done = ann.prove(device, ann.begin(device))["AuthenticationResult"]
    assert claims(done["AccessToken"])["device_key"] == device.key
    assert len(ann.kept()) == 1


def test_a_client_that_is_told_its_device_is_gone_goes_on_without_it(plain: Scene) -> None:
    """amazon-cognito-identity-js answers PASSWORD_VERIFIER again, with DEVICE_KEY null."""
    _, device = remembered(plain)
    plain.idp.admin_forget_device(UserPoolId=plain.pool, Username="ann", DeviceKey=device.key)
    srp, _ = plain.srp_begin("ann")
    given = {"USERNAME": "ann", "SRP_A": f"{srp.big_a:x}", "DEVICE_KEY": device.key}
    asked = plain.begin("USER_SRP_AUTH", **given)["ChallengeParameters"]
    answer = srp.answer(asked)
    assert refused(plain.respond, {**answer, "DEVICE_KEY": device.key}) == GONE
    null: Any = None
    assert plain.respond({**answer, "DEVICE_KEY": null})["ChallengeName"] == TOKEN


def test_nothing_is_told_of_devices_before_something_was_proved(plain: Scene) -> None:
    """No device, somebody else's, nobody at all: the same until the password is right."""
    _, device = remembered(plain)
    client = plain.hiding
    for key in (device.key, "us-east-1_0"):
        for name in ("ann", "nobody"):
            wrong = {"USERNAME": name, "PASSWORD": "Wrong-Horse-1!", "DEVICE_KEY": key}
            assert refused(plain.begin, "USER_PASSWORD_AUTH", client, **wrong) == INCORRECT
            plain.house.clock.step(1000)
    given = {"SRP_A": "2", "DEVICE_KEY": device.key}
    for name in ("ann", "nobody"):
        asked = {"ChallengeName": SRP, "client": client}
        assert refused(plain.respond, {**given, "USERNAME": name}, **asked) == BAD_SESSION


def test_of_a_proof_and_its_forgetting_at_once_no_session_is_left(scene: Scene) -> None:
    """CGN-20: either the proof comes too late, or its session is ended."""
    ann, device = remembered(scene)
    for _ in range(4):
        answer = device.proof(challenged(ann, device))
        tokens: list[Any] = []

        def prove(answer: dict[str, str] = answer, tokens: list[Any] = tokens) -> str:
            def ask() -> None:
                tokens.append(judged(scene, answer)["AuthenticationResult"])

            return outcome(ask)

        def forget(key: str = device.key) -> str:
            named = {"UserPoolId": scene.pool, "Username": "ann", "DeviceKey": key}
            return outcome(scene.idp.admin_forget_device, **named)

        done = in_parallel(prove, forget)
        assert done in (["ok", "ok"], ["ResourceNotFoundException", "ok"])
        if tokens:
            code, _ = refused(scene.public.get_user, AccessToken=tokens[0]["AccessToken"])
            assert code == "NotAuthorizedException"
        device = ann.confirm(ann.show_code(ann.begin())["AuthenticationResult"])


def test_functions_are_told_of_a_new_device_and_of_a_known_one(sqlite_house: TestHouse) -> None:
    function = "arn:aws:lambda:us-east-1:000000000000:function:told"
    events: list[dict[str, Any]] = []

    def told(event: dict[str, Any]) -> dict[str, Any]:
        events.append(event)
        return event

    sqlite_house.bind(function, told)
    scene = tracking(sqlite_house)
    scene.idp.update_user_pool(
        UserPoolId=scene.pool,
        DeviceConfiguration=ALWAYS,
        LambdaConfig={"PostAuthentication": function, "PreTokenGeneration": function},
    )
    ann = Person(scene, "ann")
    device = ann.confirm(scene.tokens("ann"))
    ann.prove(device, ann.begin(device))
    seen = [(one["triggerSource"], one["request"].get("newDeviceUsed")) for one in events]
    assert seen == [
        ("PostAuthentication_Authentication", True),
        ("TokenGeneration_Authentication", None),
        ("PostAuthentication_Authentication", False),
        ("TokenGeneration_AuthenticateDevice", None),
    ]


def test_custom_challenges_name_no_devices(sqlite_house: TestHouse) -> None:
    """Before anything was proved a device's key is not looked at, whoever is said to sign in."""
    function = "arn:aws:lambda:us-east-1:000000000000:function:custom"

    def define(event: dict[str, Any]) -> dict[str, Any]:
        if event["triggerSource"].startswith("Define"):
            event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
        return event

    sqlite_house.bind(function, define)
    scene = tracking(sqlite_house)
    names = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
    scene.idp.update_user_pool(
        UserPoolId=scene.pool,
        DeviceConfiguration=ALWAYS,
        LambdaConfig=dict.fromkeys(names, function),
    )
    scene.user("ann")
    for name in ("ann", "nobody"):
        given = {"USERNAME": name, "DEVICE_KEY": "us-east-1_0"}
        posed = scene.begin("CUSTOM_AUTH", scene.hiding, **given)
        assert posed["ChallengeName"] == "CUSTOM_CHALLENGE"
