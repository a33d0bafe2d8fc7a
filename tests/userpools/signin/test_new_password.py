"""NEW_PASSWORD_REQUIRED: from a temporary password to one's own."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.house import TestHouse
from tests.support.signing_in import OTHER, PASSWORD, Scene, claims, refused, scene_of

NAME = "NEW_PASSWORD_REQUIRED"


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    schema = [
        {"Name": "email", "AttributeDataType": "String", "Required": True, "Mutable": True},
        {"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True},
    ]
    return scene_of(house, Schema=schema)


def invite(scene: Scene, name: str = "dave") -> None:
    scene.idp.admin_create_user(
        UserPoolId=scene.pool,
        Username=name,
        TemporaryPassword=PASSWORD,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": f"{name}@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )


def answer(scene: Scene, session: str, name: str = "dave", **more: str) -> Any:
    given = {"USERNAME": name, "NEW_PASSWORD": OTHER, "userAttributes.name": "Dave"}
    return scene.respond({**given, **more}, Session=session, ChallengeName=NAME)


@pytest.mark.parametrize("way", ["sign_in", "srp_sign_in"])
def test_a_temporary_password_leads_to_a_new_one(scene: Scene, way: str) -> None:
    invite(scene)
    challenge = getattr(scene, way)("dave")
    assert challenge["ChallengeName"] == NAME
    parameters = challenge["ChallengeParameters"]
    assert json.loads(parameters["requiredAttributes"]) == ["userAttributes.name"]
    assert json.loads(parameters["userAttributes"])["email"] == "dave@example.com"
    assert parameters["USER_ID_FOR_SRP"] == "dave"
    result = answer(scene, challenge["Session"])["AuthenticationResult"]
    assert claims(result["IdToken"])["name"] == "Dave"
    user = scene.idp.admin_get_user(UserPoolId=scene.pool, Username="dave")
    assert user["UserStatus"] == "CONFIRMED"
    assert scene.tokens("dave", OTHER)
    assert refused(scene.sign_in, "dave")[0] == "NotAuthorizedException"


def test_a_password_that_the_policy_refuses_leaves_the_session_usable(scene: Scene) -> None:
    """AUT-21"""
    invite(scene)
    session = scene.sign_in("dave")["Session"]
    code, _ = refused(answer, scene, session, NEW_PASSWORD="short")
    assert code == "InvalidPasswordException"
    assert answer(scene, session)["AuthenticationResult"]


def test_required_attributes_must_be_given_and_those_there_may_not_change(scene: Scene) -> None:
    invite(scene)
    session = scene.sign_in("dave")["Session"]
    without = {"USERNAME": "dave", "NEW_PASSWORD": OTHER}
    code, message = refused(scene.respond, without, Session=session, ChallengeName=NAME)
    assert (code, message) == (
        "InvalidParameterException",
        "Invalid attributes given, name is missing",
    )
    code, message = refused(answer, scene, session, **{"userAttributes.email": "x@example.com"})
    assert (code, message) == (
        "NotAuthorizedException",
        "Cannot modify an already provided email",
    )
    for attribute in ("email_verified", "sub", "custom:none"):
        refused(answer, scene, session, **{f"userAttributes.{attribute}": "true"})
    assert answer(scene, session)["AuthenticationResult"]


def test_a_session_is_bound_to_its_user_client_pool_and_step(scene: Scene) -> None:
    """CGN-17"""
    invite(scene)
    invite(scene, "eve")
    session = scene.sign_in("dave")["Session"]
    assert refused(answer, scene, session, "eve")[0] == "NotAuthorizedException"
    given = {"USERNAME": "dave", "NEW_PASSWORD": OTHER}
    for client in (scene.hiding, scene.client()):
        code, _ = refused(scene.respond, given, client, Session=session, ChallengeName=NAME)
        assert code == "NotAuthorizedException"
    for step in ("SMS_MFA", "SOFTWARE_TOKEN_MFA", "MFA_SETUP", "CUSTOM_CHALLENGE"):
        code, _ = refused(scene.respond, given, Session=session, ChallengeName=step)
        assert code == "NotAuthorizedException"
    for made_up in ("x" * 40, session[:-4], session[:-4] + "AAAA"):
        assert refused(answer, scene, made_up)[0] == "NotAuthorizedException"
    assert answer(scene, session)["AuthenticationResult"]


def test_a_session_is_good_once_also_in_parallel(scene: Scene) -> None:
    """CGN-17, REL-04"""
    invite(scene)
    session = scene.sign_in("dave")["Session"]

    def redeem(number: int) -> bool:
        try:
            answer(scene, session, NEW_PASSWORD=f"{OTHER}{number}")
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(redeem, range(6))) == 1


def test_a_session_that_has_set_a_password_is_spent(scene: Scene) -> None:
    """CGN-17: and one whose password was set in another way is merely none."""
    invite(scene)
    session, other = (scene.sign_in("dave")["Session"] for _ in range(2))
    assert answer(scene, session)["AuthenticationResult"]
    assert refused(answer, scene, session) == (
        "NotAuthorizedException",
        "Invalid session for the user, session can only be used once.",
    )
    assert refused(answer, scene, other)[1] == "Invalid session for the user."


def test_a_session_ends(scene: Scene) -> None:
    invite(scene)
    session = scene.sign_in("dave")["Session"]
    scene.house.clock.step(181)
    assert refused(answer, scene, session) == (
        "NotAuthorizedException",
        "Invalid session for the user, session is expired.",
    )


def test_a_temporary_password_ends(scene: Scene) -> None:
    """AUT-21: seven days unless the pool says otherwise."""
    invite(scene)
    scene.house.clock.step(7 * 86400 + 60)
    assert refused(scene.sign_in, "dave") == (
        "NotAuthorizedException",
        "Temporary password has expired and must be reset by an administrator.",
    )


def test_a_user_who_is_disabled_between_the_steps_gets_no_tokens(scene: Scene) -> None:
    """AUT-06"""
    invite(scene)
    session = scene.sign_in("dave")["Session"]
    scene.idp.admin_disable_user(UserPoolId=scene.pool, Username="dave")
    assert refused(answer, scene, session) == ("NotAuthorizedException", "User is disabled.")
