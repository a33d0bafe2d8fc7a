"""USER_AUTH: the first factor is the user's choice; and signing in straight from signing up."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.house import TestHouse
from tests.support.signing_in import FLOWS, PASSWORD, Scene, SrpClient, claims, refused, scene_of

CHOICE = [*FLOWS, "ALLOW_USER_AUTH"]


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    found = scene_of(
        house,
        AutoVerifiedAttributes=["email"],
        Policies={
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]}
        },
    )
    found.open = found.client(ExplicitAuthFlows=CHOICE)
    found.hiding = found.client(ExplicitAuthFlows=CHOICE, PreventUserExistenceErrors="ENABLED")
    found.user("ann", email="ann@example.com", email_verified="true", phone_number="+15550100")
    return found


def test_what_is_offered_is_what_the_pool_allows_and_the_user_has(scene: Scene) -> None:
    asked = scene.begin("USER_AUTH", USERNAME="ann")
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    assert asked["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP", "SMS_OTP"]
    scene.user("bob", email="bob@example.com")
    offered = scene.begin("USER_AUTH", USERNAME="bob")["AvailableChallenges"]
    assert offered == ["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"]


@pytest.mark.parametrize(("factor", "place"), [("EMAIL_OTP", 0), ("SMS_OTP", 0)])
def test_a_code_of_eight_digits_signs_in(scene: Scene, factor: str, place: int) -> None:
    asked = scene.begin("USER_AUTH", USERNAME="ann", PREFERRED_CHALLENGE=factor)
    assert asked["ChallengeName"] == factor and asked["AvailableChallenges"] == [factor]
    code = scene.mailed(place)
    assert len(code) == 8
    answer = scene.reply(asked, USERNAME="ann", **{f"{factor}_CODE": code})
    assert answer["AuthenticationResult"]["RefreshToken"]
    assert refused(scene.reply, asked, USERNAME="ann", **{f"{factor}_CODE": code})[0] == (
        "NotAuthorizedException"
    )


def test_a_choice_is_answered_in_each_of_its_ways(scene: Scene) -> None:
    def fresh() -> Any:
        return scene.begin("USER_AUTH", USERNAME="ann")

    given = {"USERNAME": "ann", "ANSWER": "PASSWORD", "PASSWORD": PASSWORD}
    assert scene.reply(fresh(), **given)["AuthenticationResult"]
    direct = {**fresh(), "ChallengeName": "PASSWORD"}
    assert scene.reply(direct, USERNAME="ann", PASSWORD=PASSWORD)["AuthenticationResult"]
    for name, more in (("SELECT_CHALLENGE", {"ANSWER": "PASSWORD_SRP"}), ("PASSWORD_SRP", {})):
        srp = SrpClient(scene.pool, "ann", PASSWORD)
        posed = scene.reply(
            {**fresh(), "ChallengeName": name}, USERNAME="ann", SRP_A=f"{srp.big_a:x}", **more
        )
        assert posed["ChallengeName"] == "PASSWORD_VERIFIER" and posed["Session"]
        proof = srp.answer(posed["ChallengeParameters"])
        assert scene.reply(posed, **proof)["AuthenticationResult"]
    posed = scene.reply(fresh(), USERNAME="ann", ANSWER="EMAIL_OTP")
    code = scene.mailed()
    assert scene.reply(posed, USERNAME="ann", EMAIL_OTP_CODE=code)["AuthenticationResult"]


def test_what_is_not_offered_cannot_be_chosen(scene: Scene) -> None:
    """CGN-18: a preference cannot widen what the pool allows."""
    asked = scene.begin("USER_AUTH", USERNAME="ann", PREFERRED_CHALLENGE="WEB_AUTHN")
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    for chosen in ("WEB_AUTHN", "CUSTOM_CHALLENGE", "SOFTWARE_TOKEN_MFA", ""):
        error, _ = refused(scene.reply, asked, USERNAME="ann", ANSWER=chosen)
        assert error == "InvalidParameterException", chosen
    preferred = {"USERNAME": "ann", "PREFERRED_CHALLENGE": "CUSTOM_CHALLENGE"}
    assert refused(scene.begin, "USER_AUTH", **preferred)[0] == "InvalidParameterException"


def test_whoever_has_a_second_factor_is_offered_no_codes(scene: Scene) -> None:
    """AUT-09: a mailbox alone does not stand for password and second factor."""
    scene.idp.set_user_pool_mfa_config(
        UserPoolId=scene.pool,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    scene.put_factors("ann", "SOFTWARE_TOKEN_MFA")
    asked = scene.begin("USER_AUTH", USERNAME="ann", PREFERRED_CHALLENGE="EMAIL_OTP")
    assert asked["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD"]
    given = {"USERNAME": "ann", "ANSWER": "PASSWORD", "PASSWORD": PASSWORD}
    assert scene.reply(asked, **given)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


def test_a_name_that_nobody_has_is_asked_like_any_other(scene: Scene) -> None:
    """CGN-09: or like another, who has no phone number, or no password."""
    offered = scene.begin("USER_AUTH", scene.hiding, USERNAME="ann")["AvailableChallenges"]
    names = [f"nobody{number}" for number in range(40)]
    asked_of = {
        name: scene.begin("USER_AUTH", scene.hiding, USERNAME=name)["AvailableChallenges"]
        for name in names
    }
    kinds = (offered, offered[:-1], offered[2:], offered[2:-1])
    assert {tuple(one) for one in asked_of.values()} == set(map(tuple, kinds))
    alike = next(name for name, found in asked_of.items() if found == offered)
    seen = []
    for name in ("ann", alike):
        asked = scene.begin("USER_AUTH", scene.hiding, USERNAME=name)
        mailed = scene.begin(
            "USER_AUTH", scene.hiding, USERNAME=name, PREFERRED_CHALLENGE="EMAIL_OTP"
        )
        assert mailed["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"].count("***") == 2
        wrong = refused(scene.reply, mailed, scene.hiding, USERNAME=name, EMAIL_OTP_CODE="00000000")
        given = {"USERNAME": name, "ANSWER": "PASSWORD", "PASSWORD": "Wrong-Horse-1!"}
        refusal = refused(scene.reply, asked, scene.hiding, **given)
        seen.append(
            (
                asked["AvailableChallenges"],
                sorted(asked["ChallengeParameters"]),
                mailed["AvailableChallenges"],
                sorted(mailed["ChallengeParameters"]),
                len(asked["Session"]),
                len(mailed["Session"]),
                wrong,
                refusal,
            )
        )
    assert seen[0] == seen[1]
    assert scene.letters() == 1


def test_signing_up_goes_straight_on_to_signing_in(scene: Scene) -> None:
    """Without a password: the code that confirms is the factor."""
    up = scene.public.sign_up(
        ClientId=scene.open,
        Username="bob",
        UserAttributes=[{"Name": "email", "Value": "bob@example.com"}],
    )
    confirmed = scene.public.confirm_sign_up(
        ClientId=scene.open,
        Username="bob",
        ConfirmationCode=scene.mailed(),
        Session=up["Session"],
    )

    def enter(session: str, name: str = "bob") -> Any:
        return scene.public.initiate_auth(
            ClientId=scene.open,
            AuthFlow="USER_AUTH",
            AuthParameters={"USERNAME": name},
            Session=session,
        )

    assert refused(enter, up["Session"])[0] == "NotAuthorizedException"
    assert refused(enter, confirmed["Session"], "ann")[0] == "NotAuthorizedException"
    result = enter(confirmed["Session"])["AuthenticationResult"]
    assert claims(result["IdToken"])["email_verified"] is True
    assert refused(enter, confirmed["Session"])[0] == "NotAuthorizedException"


@pytest.mark.parametrize("factors", [["PASSWORD", "EMAIL_OTP"], ["PASSWORD"]])
def test_who_confirms_without_a_session_is_given_one_where_codes_sign_in(
    scene: Scene, factors: list[str]
) -> None:
    """As Amplify does it. Where a code alone signs nobody in, this one does not either."""
    scene.public.sign_up(
        ClientId=scene.open,
        Username="bob",
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "bob@example.com"}],
    )
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": factors}}
    scene.idp.update_user_pool(
        UserPoolId=scene.pool, AutoVerifiedAttributes=["email"], Policies=policies
    )
    asked = {"ClientId": scene.open, "Username": "bob", "ConfirmationCode": scene.mailed()}
    confirmed = scene.public.confirm_sign_up(**asked)
    assert ("Session" in confirmed) is ("EMAIL_OTP" in factors)
    if "Session" in confirmed:
        entered = scene.public.initiate_auth(
            ClientId=scene.open,
            AuthFlow="USER_AUTH",
            AuthParameters={"USERNAME": "bob"},
            Session=confirmed["Session"],
        )
        assert entered["AuthenticationResult"]["AccessToken"]


def test_a_code_confirms_a_user_who_was_not(scene: Scene) -> None:
    scene.public.sign_up(
        ClientId=scene.open,
        Username="bob",
        UserAttributes=[{"Name": "email", "Value": "bob@example.com"}],
    )
    asked = scene.begin("USER_AUTH", USERNAME="bob", PREFERRED_CHALLENGE="EMAIL_OTP")
    code = scene.mailed()
    assert scene.reply(asked, USERNAME="bob", EMAIL_OTP_CODE=code)["AuthenticationResult"]
    user = scene.idp.admin_get_user(UserPoolId=scene.pool, Username="bob")
    assert user["UserStatus"] == "CONFIRMED"
