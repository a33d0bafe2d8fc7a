"""CUSTOM_AUTH: the pool's functions ask, judge and decide; the server keeps the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.house import TestHouse
from tests.support.signing_in import PASSWORD, Scene, SrpClient, refused, scene_of

Event = dict[str, Any]
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")


def define(event: Event) -> Event:
    """Three tries at a riddle."""
    history, answer = event["request"]["session"], event["response"]
    if history and history[-1]["challengeResult"]:
        answer["issueTokens"], answer["failAuthentication"] = True, False
    elif len(history) >= 3:
        answer["issueTokens"], answer["failAuthentication"] = False, True
    else:
        answer["challengeName"] = "CUSTOM_CHALLENGE"
    return event


def create(event: Event) -> Event:
    number = len(event["request"]["session"])
    event["response"] = {
        "publicChallengeParameters": {"riddle": f"number {number}"},
        "privateChallengeParameters": {"answer": str(number)},
        "challengeMetadata": f"RIDDLE_{number}",
    }
    return event


def verify(event: Event) -> Event:
    asked = event["request"]
    right = asked["privateChallengeParameters"]["answer"] == asked["challengeAnswer"]
    event["response"]["answerCorrect"] = right
    return event


class Functions:
    """What the pool's functions are, and every event they were sent."""

    def __init__(self, house: TestHouse) -> None:
        self.sent: list[Event] = []
        self._house = house
        for name, function in (("define", define), ("create", create), ("verify", verify)):
            self.put(name, function)

    def put(self, name: str, function: Callable[[Event], Any]) -> None:
        def kept(event: Event) -> Any:
            self.sent.append(event)
            return function(event)

        self._house.bind(ARN + name, kept)


@pytest.fixture
def functions(house: TestHouse) -> Functions:
    return Functions(house)


@pytest.fixture
def scene(house: TestHouse, functions: Functions) -> Scene:
    found = scene_of(
        house,
        LambdaConfig={
            "DefineAuthChallenge": ARN + "define",
            "CreateAuthChallenge": ARN + "create",
            "VerifyAuthChallengeResponse": ARN + "verify",
        },
    )
    found.user("ann")
    return found


def test_a_riddle_is_asked_until_it_is_answered(scene: Scene, functions: Functions) -> None:
    asked = scene.begin("CUSTOM_AUTH", USERNAME="ann")
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert asked["ChallengeParameters"] == {"riddle": "number 0", "USERNAME": "ann"}
    asked = scene.reply(asked, USERNAME="ann", ANSWER="wrong")
    assert asked["ChallengeParameters"]["riddle"] == "number 1"
    assert scene.reply(asked, USERNAME="ann", ANSWER="1")["AuthenticationResult"]
    last = functions.sent[-1]
    assert last["triggerSource"] == "DefineAuthChallenge_Authentication"
    assert last["request"]["session"] == [
        {
            "challengeName": "CUSTOM_CHALLENGE",
            "challengeResult": False,
            "challengeMetadata": "RIDDLE_0",
        },
        {
            "challengeName": "CUSTOM_CHALLENGE",
            "challengeResult": True,
            "challengeMetadata": "RIDDLE_1",
        },
    ]


def test_too_many_wrong_answers_end_it(scene: Scene) -> None:
    asked = scene.begin("CUSTOM_AUTH", USERNAME="ann")
    for _ in range(2):
        asked = scene.reply(asked, USERNAME="ann", ANSWER="wrong")
    assert refused(scene.reply, asked, USERNAME="ann", ANSWER="wrong") == INCORRECT


def test_an_answer_is_given_once(scene: Scene) -> None:
    """CGN-17: the history cannot be turned back."""
    asked = scene.begin("CUSTOM_AUTH", USERNAME="ann")
    scene.reply(asked, USERNAME="ann", ANSWER="wrong")
    assert refused(scene.reply, asked, USERNAME="ann", ANSWER="0")[0] == "NotAuthorizedException"


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ({"issueTokens": True, "failAuthentication": True}, "NotAuthorizedException"),
        ({}, "InvalidLambdaResponseException"),
        ({"issueTokens": "true"}, "InvalidLambdaResponseException"),
        ({"issueTokens": 1}, "InvalidLambdaResponseException"),
        ({"challengeName": "SMS_MFA"}, "InvalidLambdaResponseException"),
        ({"challengeName": "PASSWORD_VERIFIER"}, "InvalidLambdaResponseException"),
        ({"challengeName": ["CUSTOM_CHALLENGE"]}, "InvalidLambdaResponseException"),
        (None, "InvalidLambdaResponseException"),
        ([], "InvalidLambdaResponseException"),
    ],
)
def test_an_odd_answer_of_a_function_lets_nobody_in(
    scene: Scene, functions: Functions, response: Any, expected: str
) -> None:
    """CGN-19"""
    functions.put("define", lambda event: {**event, "response": response})
    assert refused(scene.begin, "CUSTOM_AUTH", USERNAME="ann")[0] == expected


def test_nobody_gets_tokens_though_the_function_says_so(scene: Scene, functions: Functions) -> None:
    """CGN-19, AUT-06: unknown names and users in no state to sign in."""
    functions.put("define", lambda event: {**event, "response": {"issueTokens": True, **DECIDED}})
    assert scene.begin("CUSTOM_AUTH", USERNAME="ann")["AuthenticationResult"]
    hidden = refused(scene.begin, "CUSTOM_AUTH", scene.hiding, USERNAME="nobody")
    assert hidden == INCORRECT and functions.sent[-1]["request"]["userNotFound"] is True
    assert refused(scene.begin, "CUSTOM_AUTH", USERNAME="nobody")[0] == "UserNotFoundException"
    scene.idp.admin_disable_user(UserPoolId=scene.pool, Username="ann")
    asked = len(functions.sent)
    assert refused(scene.begin, "CUSTOM_AUTH", USERNAME="ann")[1] == "User is disabled."
    assert len(functions.sent) == asked
    assert refused(scene.begin, "CUSTOM_AUTH", scene.hiding, USERNAME="ann") == INCORRECT


DECIDED = {"failAuthentication": False, "challengeName": None}


def after_password(event: Event) -> Event:
    names = [one["challengeName"] for one in event["request"]["session"]]
    answer = event["response"]
    if names == ["SRP_A"]:
        answer["challengeName"] = "PASSWORD_VERIFIER"
    elif names == ["SRP_A", "PASSWORD_VERIFIER"]:
        answer["challengeName"] = "CUSTOM_CHALLENGE"
    else:
        answer["issueTokens"] = event["request"]["session"][-1]["challengeResult"]
    return event


def test_a_password_first_and_then_a_riddle(scene: Scene, functions: Functions) -> None:
    functions.put("define", after_password)
    srp = SrpClient(scene.pool, "ann", PASSWORD)
    given = {"USERNAME": "ann", "CHALLENGE_NAME": "SRP_A", "SRP_A": f"{srp.big_a:x}"}
    posed = scene.begin("CUSTOM_AUTH", **given)
    assert posed["ChallengeName"] == "PASSWORD_VERIFIER" and posed["Session"]
    asked = scene.reply(posed, **srp.answer(posed["ChallengeParameters"]))
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert scene.reply(asked, USERNAME="ann", ANSWER="2")["AuthenticationResult"]
    assert functions.sent[-1]["request"]["session"][1] == {
        "challengeName": "PASSWORD_VERIFIER",
        "challengeResult": True,
        "challengeMetadata": None,
    }
