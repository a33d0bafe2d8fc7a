"""A software token from the first sign-in on, through the engine."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from botocore.exceptions import ClientError

from tests.support.house import TestHouse
from tests.support.signing_in import Scene, refused, scene_of
from tests.userpools.mfa.scene import USED, WRONG

TOKEN = "SOFTWARE_TOKEN_MFA"


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    house.clock.stop()
    scene = scene_of(house)
    scene.idp.set_user_pool_mfa_config(
        UserPoolId=scene.pool,
        MfaConfiguration="ON",
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    scene.user("ann")
    return scene


def now(scene: Scene, secret: str) -> str:
    return pyotp.TOTP(secret).at(int(scene.house.clock.now()))


def enrolled(scene: Scene) -> tuple[str, Any]:
    """The secret, and the answer that ends the sign-in in which it was set up."""
    posed = scene.sign_in("ann")
    assert posed["ChallengeName"] == "MFA_SETUP"
    assert posed["ChallengeParameters"]["MFAS_CAN_SETUP"] == f'["{TOKEN}"]'
    given = scene.public.associate_software_token(Session=posed["Session"])
    unverified = {"ChallengeName": "MFA_SETUP", "Session": given["Session"]}
    assert refused(scene.respond, {"USERNAME": "ann"}, **unverified)[0] == (
        "InvalidParameterException"
    )
    done = scene.public.verify_software_token(
        Session=given["Session"], UserCode=now(scene, given["SecretCode"])
    )
    answer = scene.respond({"USERNAME": "ann"}, ChallengeName="MFA_SETUP", Session=done["Session"])
    return given["SecretCode"], answer


def respond(scene: Scene, session: str, code: str) -> Any:
    answer = {"USERNAME": "ann", f"{TOKEN}_CODE": code}
    return scene.respond(answer, ChallengeName=TOKEN, Session=session)


def test_a_first_sign_in_sets_up_the_token_that_the_next_one_asks_for(scene: Scene) -> None:
    """AUT-09, AUT-07: no tokens without the factor; the code that verified it signs nobody in."""
    secret, answer = enrolled(scene)
    assert "AccessToken" in answer["AuthenticationResult"]
    posed = scene.sign_in("ann")
    assert posed["ChallengeName"] == TOKEN and "AuthenticationResult" not in posed
    assert refused(respond, scene, posed["Session"], now(scene, secret)) == USED
    scene.house.clock.step(30)
    wrong = f"{(int(now(scene, secret)) + 1) % 1_000_000:06}"
    assert refused(respond, scene, posed["Session"], wrong) == WRONG
    signed_in = respond(scene, posed["Session"], now(scene, secret))
    assert "AccessToken" in signed_in["AuthenticationResult"]
    again = scene.sign_in("ann")
    assert refused(respond, scene, again["Session"], now(scene, secret)) == USED
    shown = scene.idp.admin_get_user(UserPoolId=scene.pool, Username="ann")
    assert (shown["UserMFASettingList"], shown["PreferredMfaSetting"]) == ([TOKEN], TOKEN)


def test_beginning_anew_gives_no_new_guesses(scene: Scene) -> None:
    """AUT-08: two guesses a sign-in, many sign-ins."""
    secret, _ = enrolled(scene)
    scene.house.clock.step(30)
    wrong = f"{(int(now(scene, secret)) + 500_000) % 1_000_000:06}"
    judged = 0
    for _ in range(20):
        session = scene.sign_in("ann")["Session"]
        for _ in range(2):
            with pytest.raises(ClientError) as caught:
                respond(scene, session, wrong)
            error = caught.value.response["Error"]
            judged += (error["Code"], error["Message"]) == WRONG
    assert judged == 5
