"""TARGET_ACR_VALUES, ACCESS_TOKEN and MAX_AGE: what a sign-in by USER_AUTH may claim."""

from __future__ import annotations

from typing import Any

import pytest

from poolhouse.userpools.signin.progress import together
from tests.support.house import TestHouse
from tests.support.signing_in import FLOWS, PASSWORD, Scene, claims, refused, scene_of

LOA = "urn:cognito:loa:{}".format
ANY = " ".join(map(LOA, (4, 3, 2, 1)))
BAD_TOKEN = ("NotAuthorizedException", "Invalid Access Token")


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    factors = {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}
    found = scene_of(house, Policies={"SignInPolicy": factors})
    found.open = found.client(ExplicitAuthFlows=[*FLOWS, "ALLOW_USER_AUTH"])
    for name in ("ann", "bob"):
        found.user(name, email=f"{name}@example.com", email_verified="true")
    house.clock.stop()
    return found


def by_password(scene: Scene, name: str = "ann", **more: str) -> dict[str, Any]:
    """The tokens of a sign-in by password; a second factor is not due."""
    given = {"USERNAME": name, "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD, **more}
    found: dict[str, Any] = scene.begin("USER_AUTH", **given)["AuthenticationResult"]
    return found


def by_code(scene: Scene, **more: str) -> dict[str, Any]:
    """The same by an e-mailed code, a second later, so that it is the newest."""
    scene.house.clock.step(1)
    posed = scene.begin("USER_AUTH", USERNAME="ann", **more)
    posed = scene.reply(posed, USERNAME="ann", ANSWER="EMAIL_OTP")
    done = scene.reply(posed, USERNAME="ann", EMAIL_OTP_CODE=scene.mailed())
    found: dict[str, Any] = done["AuthenticationResult"]
    return found


def shown(tokens: dict[str, Any]) -> tuple[str | None, list[str] | None, int]:
    """`acr`, `amr` and `auth_time`, which both tokens tell alike."""
    access, identity = claims(tokens["AccessToken"]), claims(tokens["IdToken"])
    names = ("acr", "amr", "auth_time")
    assert [access.get(name) for name in names] == [identity.get(name) for name in names]
    return access.get("acr"), access.get("amr"), access["auth_time"]


def test_the_first_level_that_is_met_is_claimed_where_one_was_asked_for(scene: Scene) -> None:
    now = int(scene.house.clock.now())
    assert shown(by_password(scene)) == (None, None, now)
    assert shown(by_password(scene, TARGET_ACR_VALUES=ANY)) == (LOA(1), ["pwd"], now)
    assert shown(by_password(scene, TARGET_ACR_VALUES=LOA(3))) == (None, None, now)
    assert shown(by_code(scene, TARGET_ACR_VALUES=ANY)) == (LOA(2), ["email_otp"], now + 1)


def test_an_earlier_sign_in_counts_with_its_methods_and_its_age(scene: Scene) -> None:
    """SES-17: what was shown long ago is not made fresh by what is shown now."""
    earlier = by_password(scene)
    then = int(scene.house.clock.now())
    scene.house.clock.step(99)
    given = {"TARGET_ACR_VALUES": LOA(3), "ACCESS_TOKEN": earlier["AccessToken"]}
    both = ["pwd", "email_otp", "mfa"]
    stepped = by_code(scene, **given, MAX_AGE="101")
    assert shown(stepped) == (LOA(3), both, then)
    again = scene.refresh(stepped["RefreshToken"])["AuthenticationResult"]
    assert shown(again) == (LOA(3), both, then)
    further = {"TARGET_ACR_VALUES": LOA(3), "ACCESS_TOKEN": stepped["AccessToken"]}
    assert shown(by_code(scene, **further)) == (LOA(3), both, then), "it claims what it was"
    late = by_code(scene, **given, MAX_AGE="101")
    assert shown(late) == (None, None, int(scene.house.clock.now()))
    plain = by_code(scene, **{**given, "TARGET_ACR_VALUES": LOA(2)})
    assert shown(plain) == (LOA(2), ["email_otp"], int(scene.house.clock.now())), "no credit"


def test_a_token_that_proves_nothing_of_this_user_is_refused(scene: Scene) -> None:
    """SES-17, TOK-05"""
    level, tokens, others = LOA(1), by_password(scene), by_password(scene, "bob")
    for token in ("x.y.z", tokens["IdToken"], tokens["RefreshToken"], others["AccessToken"]):
        given = {"TARGET_ACR_VALUES": level, "ACCESS_TOKEN": token}
        assert refused(by_password, scene, **given) == BAD_TOKEN
    scene.idp.admin_user_global_sign_out(UserPoolId=scene.pool, Username="ann")
    given = {"TARGET_ACR_VALUES": level, "ACCESS_TOKEN": tokens["AccessToken"]}
    assert refused(by_password, scene, **given)[1] == "Access Token has been revoked"


@pytest.mark.parametrize(
    "given",
    [
        {"TARGET_ACR_VALUES": "urn:cognito:loa:5 high"},
        {"TARGET_ACR_VALUES": " "},
        {"TARGET_ACR_VALUES": LOA(1), "MAX_AGE": "-1"},
        {"TARGET_ACR_VALUES": LOA(1), "MAX_AGE": "1.5"},
        {"TARGET_ACR_VALUES": LOA(1), "MAX_AGE": "1" * 10},
        {"ACCESS_TOKEN": "a token without a level"},
    ],
)
def test_what_cannot_be_asked_for_is_refused(scene: Scene, given: dict[str, str]) -> None:
    assert refused(by_password, scene, **given)[0] == "InvalidParameterException"


def test_the_pool_s_own_name_of_a_level_is_asked_for_and_claimed(scene: Scene) -> None:
    scene.idp.update_user_pool(
        UserPoolId=scene.pool, AcrConfiguration={"Level1": {"AcrValue": "low"}}
    )
    assert shown(by_password(scene, TARGET_ACR_VALUES="high low"))[0] == "low"
    told = refused(by_password, scene, TARGET_ACR_VALUES=LOA(1))
    assert told[0] == "InvalidParameterException"


def test_the_lite_plan_refuses_whoever_asks_for_a_level(scene: Scene) -> None:
    lite = scene_of(scene.house, UserPoolTier="LITE")
    scene.pool, scene.open = lite.pool, lite.open
    told = refused(by_password, scene, TARGET_ACR_VALUES=LOA(1))
    assert told[0] == "InvalidParameterException", "the plan has no USER_AUTH"


def test_two_methods_are_more_than_one_whenever_they_were_shown() -> None:
    assert together(["pwd"], []) == ("pwd",)
    assert together(["pwd"], ["pwd"]) == ("pwd",)
    assert together(["pwd", "otp", "mfa"], ["email_otp"]) == ("pwd", "otp", "email_otp", "mfa")
    assert together(["swk", "mfa"]) == ("swk", "mfa")
