"""CUSTOM_AUTH: how its functions fail, what they are told of other factors, and what a Session
can hold of what they say."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.house import TestHouse
from tests.support.signing_in import OTHER, PASSWORD, Scene, SrpClient, refused
from tests.userpools.triggers.scene import (
    INCORRECT,
    UNRECOGNIZABLE,
    Event,
    Functions,
    hooked,
    offer_sms,
)

FUNCTIONS = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
CUSTOM, SRP = "CUSTOM_CHALLENGE", "PASSWORD_VERIFIER"
USED = (
    "NotAuthorizedException",
    "Invalid session for the user, session can only be used once.",
)
TOO_LONG = "The private parameters and the history of the challenges are too long."


def riddle(event: Event) -> Event:
    """The password first where the client begins with it; then a riddle, until it is answered."""
    history = event["request"]["session"]
    last = history[-1] if history else {}
    if last.get("challengeName") == "SRP_A":
        return {**event, "response": {"challengeName": SRP}}
    if last.get("challengeName") == CUSTOM and last["challengeResult"]:
        return {**event, "response": {"issueTokens": True}}
    return {**event, "response": {"challengeName": CUSTOM}}


def judge(event: Event) -> Event:
    asked = event["request"]
    right = asked["challengeAnswer"] == asked["privateChallengeParameters"]["answer"]
    return {**event, "response": {"answerCorrect": right}}


def riddles(house: TestHouse, **pool: Any) -> tuple[Scene, Functions]:
    scene, functions = hooked(house, *FUNCTIONS, **pool)
    functions.put("DefineAuthChallenge", riddle)
    functions.says("CreateAuthChallenge", privateChallengeParameters={"answer": "5"})
    functions.put("VerifyAuthChallengeResponse", judge)
    scene.user("ann", phone_number="+15550100")
    return scene, functions


def begin(scene: Scene, **more: str) -> Any:
    return scene.begin("CUSTOM_AUTH", USERNAME="ann", **more)


def answered(scene: Scene, posed: Any, answer: str = "5") -> Any:
    return scene.reply(posed, USERNAME="ann", ANSWER=answer)


def after_password(scene: Scene, **more: str) -> Any:
    """CUSTOM_AUTH up to what follows the password that it begins with."""
    srp = SrpClient(scene.pool, "ann", PASSWORD)
    posed = begin(scene, CHALLENGE_NAME="SRP_A", SRP_A=f"{srp.big_a:x}", **more)
    assert posed["ChallengeName"] == SRP
    return scene.reply(posed, **srp.answer(posed["ChallengeParameters"]), **more)


def history(functions: Functions) -> list[tuple[str, bool]]:
    """What DefineAuthChallenge was told last."""
    session = functions.request("DefineAuthChallenge_Authentication")["session"]
    assert all(
        set(one) == {"challengeName", "challengeResult", "challengeMetadata"} for one in session
    )
    return [(one["challengeName"], one["challengeResult"]) for one in session]


@pytest.mark.parametrize("trigger", FUNCTIONS)
@pytest.mark.parametrize("broken", ["fails", "answers nothing"])
def test_a_function_that_fails_lets_nobody_in_and_ends_the_sign_in(
    house: TestHouse, trigger: str, broken: str
) -> None:
    """CGN-19, REL-18: an answer that a function failed over is no free guess."""
    scene, functions = riddles(house)
    posed, expected = begin(scene), UNRECOGNIZABLE
    if broken == "fails":
        functions.fails(trigger)
        expected = ("UserLambdaValidationException", f"{trigger} failed with error No..")
    else:
        functions.put(trigger, lambda event: None)
    assert refused(answered, scene, posed, "4") == expected
    functions.put("DefineAuthChallenge", riddle)
    functions.put("VerifyAuthChallengeResponse", judge)
    assert refused(answered, scene, posed) == USED


@pytest.mark.parametrize(
    ("trigger", "response"),
    [
        ("CreateAuthChallenge", {"publicChallengeParameters": {"a": 1}}),
        ("CreateAuthChallenge", {"publicChallengeParameters": ["a"]}),
        ("CreateAuthChallenge", {"privateChallengeParameters": "answer"}),
        ("CreateAuthChallenge", {"privateChallengeParameters": {"answer": None}}),
        ("CreateAuthChallenge", {"challengeMetadata": 5}),
        ("VerifyAuthChallengeResponse", {}),
        ("VerifyAuthChallengeResponse", {"answerCorrect": None}),
        ("VerifyAuthChallengeResponse", {"answerCorrect": "true"}),
        ("VerifyAuthChallengeResponse", {"answerCorrect": 1}),
        ("DefineAuthChallenge", {"issueTokens": True, "failAuthentication": "false"}),
        ("DefineAuthChallenge", {"challengeName": "NEW_PASSWORD_REQUIRED"}),
        ("DefineAuthChallenge", {"challengeName": SRP}),
    ],
)
def test_a_function_that_answers_wrong_types_lets_nobody_in(
    sqlite_house: TestHouse, trigger: str, response: Any
) -> None:
    """CGN-19, EXT-03"""
    scene, functions = riddles(sqlite_house)
    posed = begin(scene)
    functions.says(trigger, **response)
    assert refused(answered, scene, posed, "4") == UNRECOGNIZABLE


def test_where_it_is_over_the_last_session_is_no_further_try(house: TestHouse) -> None:
    """CGN-19: failAuthentication stands, also for whoever sends the right answer after it."""
    scene, functions = riddles(house)
    posed = begin(scene)
    functions.says("DefineAuthChallenge", failAuthentication=True, challengeName=CUSTOM)
    assert refused(answered, scene, posed, "4") == INCORRECT
    functions.put("DefineAuthChallenge", riddle)
    assert refused(answered, scene, posed) == USED


def test_tokens_are_issued_whatever_challenge_is_named_beside(house: TestHouse) -> None:
    scene, functions = riddles(house)
    posed = begin(scene)
    functions.says("DefineAuthChallenge", issueTokens=True, challengeName=CUSTOM)
    assert answered(scene, posed, "4")["AuthenticationResult"]
    assert history(functions) == [(CUSTOM, False)]


def test_a_wrong_password_is_told_to_the_client_and_not_to_the_functions(
    house: TestHouse,
) -> None:
    scene, functions = riddles(house)
    srp = SrpClient(scene.pool, "ann", "Wrong-Horse-1!")
    posed = begin(scene, CHALLENGE_NAME="SRP_A", SRP_A=f"{srp.big_a:x}")
    assert history(functions) == [("SRP_A", True)]
    functions.sources()
    proof = srp.answer(posed["ChallengeParameters"])
    assert refused(scene.reply, posed, **proof) == INCORRECT
    assert functions.sent == []


@pytest.mark.parametrize("value", ["", "no hex", "0", "a" * 1537])
def test_a_public_value_that_is_none_is_refused_before_anybody_is_asked(
    house: TestHouse, value: str
) -> None:
    scene, functions = riddles(house)
    given = {"CHALLENGE_NAME": "SRP_A", "SRP_A": value}
    assert refused(begin, scene, **given)[0] == "InvalidParameterException"
    assert functions.sent == []


def test_a_second_factor_after_the_password_is_in_the_history(house: TestHouse) -> None:
    scene, functions = riddles(house)
    offer_sms(scene)
    scene.put_factors("ann", "SMS_MFA")
    posed = after_password(scene)
    assert posed["ChallengeName"] == "SMS_MFA" and history(functions) == [("SRP_A", True)]
    posed = scene.reply(posed, USERNAME="ann", SMS_MFA_CODE=scene.mailed())
    expected = [("SRP_A", True), (SRP, True), ("SMS_MFA", True)]
    assert posed["ChallengeName"] == CUSTOM and history(functions) == expected
    assert answered(scene, posed)["AuthenticationResult"]
    assert history(functions) == [*expected, (CUSTOM, True)]


def test_a_new_password_is_set_before_the_functions_are_asked_and_not_told_to_them(
    house: TestHouse,
) -> None:
    """The guide knows no such challenge there, and its example lets nobody in after it. Cognito
    does not ask the functions at all then; here a new password spares nobody from them."""
    scene, functions = riddles(house)
    scene.idp.admin_create_user(
        UserPoolId=scene.pool, Username="new", MessageAction="SUPPRESS", TemporaryPassword=OTHER
    )
    srp = SrpClient(scene.pool, "new", OTHER)
    given = {"USERNAME": "new", "CHALLENGE_NAME": "SRP_A", "SRP_A": f"{srp.big_a:x}"}
    posed = scene.begin("CUSTOM_AUTH", **given)
    posed = scene.reply(posed, **srp.answer(posed["ChallengeParameters"]))
    assert posed["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    posed = scene.reply(posed, USERNAME="new", NEW_PASSWORD=PASSWORD)
    assert posed["ChallengeName"] == CUSTOM
    assert history(functions) == [("SRP_A", True), (SRP, True)]
    assert scene.reply(posed, USERNAME="new", ANSWER="5")["AuthenticationResult"]


def posed_or_refused(scene: Scene) -> Any:
    try:
        return begin(scene)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]


@pytest.mark.parametrize("member", ["privateChallengeParameters", "challengeMetadata"])
def test_what_no_session_can_hold_is_refused_and_what_is_given_out_comes_back(
    house: TestHouse, member: str
) -> None:
    """EXT-03: no client is given a Session that it cannot send back."""
    scene, functions = riddles(house)
    functions.says("VerifyAuthChallengeResponse", answerCorrect=True)
    held, lengths = {}, set()
    for length in range(2000, 3200, 100):
        text = "x" * length
        value = {"answer": text} if member == "privateChallengeParameters" else text
        functions.says("CreateAuthChallenge", **{member: value})
        posed = posed_or_refused(scene)
        held[length] = isinstance(posed, dict)
        if held[length]:
            lengths.add(len(posed["Session"]))
            assert answered(scene, posed)["AuthenticationResult"]
        else:
            assert posed == ("InvalidLambdaResponseException", TOO_LONG)
    assert held[2600] and not held[3100]
    assert max(lengths) == 4096 and len(lengths) == 2, "a length tells little"


@pytest.mark.parametrize("first", [begin, after_password])
def test_five_rounds_of_long_parameters_fit(house: TestHouse, first: Any) -> None:
    scene, functions = riddles(house)
    functions.says(
        "CreateAuthChallenge",
        publicChallengeParameters={"question": "q" * 1000},
        privateChallengeParameters={"answer": "5", "more": "p" * 1500},
        challengeMetadata="m" * 200,
    )
    posed = first(scene)
    for _ in range(4):
        posed = answered(scene, posed, "4")
    assert answered(scene, posed)["AuthenticationResult"]


def test_a_history_that_grows_too_long_ends_the_sign_in(house: TestHouse) -> None:
    scene, functions = riddles(house)
    functions.says(
        "CreateAuthChallenge",
        privateChallengeParameters={"answer": "5"},
        challengeMetadata="m" * 300,
    )
    posed = begin(scene)
    for _ in range(5):
        posed = answered(scene, posed, "4")
    with pytest.raises(scene.public.exceptions.InvalidLambdaResponseException):
        for _ in range(5):
            posed = answered(scene, posed, "4")


@pytest.mark.parametrize("flow", ["CUSTOM_AUTH", "USER_SRP_AUTH"])
def test_a_name_that_no_session_can_hold_is_refused(house: TestHouse, flow: str) -> None:
    scene, _ = riddles(house)
    given = {"USERNAME": "a" * 5000, "SRP_A": "ab"}
    told = refused(scene.begin, flow, scene.hiding, **given)
    assert told == ("InvalidParameterException", "The authentication parameters are too long.")
