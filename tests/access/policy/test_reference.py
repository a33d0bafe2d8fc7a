from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

import pytest

from poolhouse.access.policy.document import parse_policy
from poolhouse.access.policy.evaluate import Question, evaluate
from tests.access.policy.reference import decide

ACTIONS = ["a:Get", "a:Put", "b:Get", "A:get"]
ACTION_PATTERNS = ["*", "a:*", "a:Get", "A:G*", "b:?et", "*:Put", "b:*t"]
RESOURCES = ["arn:aws:s3:eu:1:ann/x", "arn:aws:s3:eu:1:bob:y", "arn:aws:s3:us:2:ann", "*"]
RESOURCE_PATTERNS = [
    "*",
    "arn:aws:s3:*:*:*",
    "arn:aws:s3:eu:1:*",
    "arn:aws:s3:*:1:???:*",
    "arn:aws:s3:us:2:ann",
    "arn:aws:s3:*:*:${aws:username}*",
    "arn:aws:s3:${t:region}:*:*",
    "arn:aws:s3:*:ann:*",
    "arn:aws:s3:*:1:ann:*",
    "arn:aws:s*:ann:a:b:c",
]
FACTS: list[tuple[str, list[str | list[str]]]] = [
    ("aws:username", ["ann", "bob", "*", "a:b"]),
    ("T:Region", ["eu", "u?"]),
    ("t:level", ["1", "2", "x"]),
    ("t:tags", [["ann", "x"], ["bob"], [], ["eu", "ann"]]),
]
KEYS = ["aws:username", "t:region", "T:Level", "t:tags", "t:none"]
STRINGS = ["ann", "bob", "eu", "a*", "?nn", "*", "${aws:username}", "${t:region}", "${t:tags}"]
NUMBERS = ["1", "2", "-3"]
STRING_OPERATORS = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]
NUMBER_OPERATORS = ["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThan"]


def some(random: Random, choices: list[str]) -> Any:
    picked = random.sample(choices, random.randint(1, 2))
    return picked if len(picked) > 1 or random.random() < 0.3 else picked[0]


def condition(random: Random) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(random.randint(1, 2)):
        if random.random() < 0.1:
            made["Null"] = {random.choice(KEYS): some(random, ["true", "false"])}
            continue
        numeric = random.random() < 0.3
        name = random.choice(NUMBER_OPERATORS if numeric else STRING_OPERATORS)
        name = random.choice(["", "", "", "ForAllValues:", "ForAnyValue:"]) + name
        name += random.choice(["", "", "IfExists"])
        values = some(random, NUMBERS if numeric else STRINGS)
        made.setdefault(name, {})[random.choice(KEYS)] = values
    return made


def statement(random: Random) -> dict[str, Any]:
    made: dict[str, Any] = {
        "Effect": random.choice(["Allow", "Allow", "Allow", "Deny"]),
        random.choice(["Action", "Action", "NotAction"]): some(random, ACTION_PATTERNS),
        random.choice(["Resource", "Resource", "NotResource"]): some(random, RESOURCE_PATTERNS),
    }
    if random.random() < 0.5:
        made["Condition"] = condition(random)
    return made


def document(random: Random) -> dict[str, Any]:
    statements = [statement(random) for _ in range(random.randint(1, 3))]
    made: dict[str, Any] = {"Statement": statements if len(statements) > 1 else statements[0]}
    if random.random() < 0.8:
        made["Version"] = "2012-10-17"
    return made


def ours(
    question: Question,
    identity: list[dict[str, Any]],
    boundary: dict[str, Any] | None,
    session: list[dict[str, Any]] | None,
) -> str:
    def parsed(given: dict[str, Any]) -> Any:
        return parse_policy(json.dumps(given), kind="identity")

    decision = evaluate(
        question,
        identity=[parsed(one) for one in identity],
        boundary=None if boundary is None else parsed(boundary),
        session=None if session is None else [parsed(one) for one in session],
    )
    if decision.allowed:
        return "allowed"
    layer = next(
        name
        for name in ("identity", "boundary", "session")
        if name in decision.clause.split(" allows ")[0]
    )
    return f"{'deny by' if 'explicit' in decision.clause else 'silence of'} {layer}"


@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_random_cases_are_decided_as_the_reference_does(seed: int) -> None:
    """IAM-01, IAM-02, IAM-03, IAM-04, IAM-07"""
    random = Random(seed)
    outcomes: Counter[str] = Counter()
    for _ in range(1000):
        identity = [document(random) for _ in range(random.randint(0, 3))]
        boundary = document(random) if random.random() < 0.3 else None
        session = (
            [document(random) for _ in range(random.randint(0, 2))]
            if random.random() < 0.3
            else None
        )
        facts = {key: random.choice(values) for key, values in FACTS if random.random() < 0.7}
        question = Question(random.choice(ACTIONS), random.choice(RESOURCES), facts)
        expected = decide(question.action, question.resource, facts, identity, boundary, session)
        assert ours(question, identity, boundary, session) == expected, (question, identity)
        outcomes[expected] += 1
    assert len(outcomes) == 7, "every outcome must be met"
    assert outcomes["allowed"] > 50
