from __future__ import annotations

import pytest

from poolhouse.access.policy.evaluate import Question, evaluate
from poolhouse.access.policy.malformed import MalformedPolicy
from tests.access.policy.documents import Facts, allow, policy, statement

HOME = "arn:aws:s3:::home/"
SUB = "cognito-identity.amazonaws.com:sub"


def allowed(resource: str, asked: str, facts: Facts, version: str | None = "2012-10-17") -> bool:
    identity = [policy(statement(Resource=resource), version=version)]
    return evaluate(Question("s3:Get", asked, facts), identity=identity).allowed


def test_a_variable_stands_for_the_value_of_its_key() -> None:
    pattern = HOME + "${cognito-identity.amazonaws.com:sub}/*"
    facts = {"Cognito-Identity.amazonaws.com:SUB": "eu-west-1:1234"}
    assert allowed(pattern, HOME + "eu-west-1:1234/photo", facts)
    assert not allowed(pattern, HOME + "eu-west-1:5678/photo", facts)


@pytest.mark.parametrize("name", ["*", "?", "a*", "${aws:userid}", "${*}", "../*", "**", "[a-z]"])
def test_what_a_variable_expands_to_is_literal(name: str) -> None:
    """IAM-07"""
    facts = {"aws:username": name, "aws:userid": "bob"}
    pattern = HOME + "${aws:username}/*"
    assert allowed(pattern, f"{HOME}{name}/x", facts)
    for other in ("bob", "x", "ab", "a"):
        assert not allowed(pattern, f"{HOME}{other}/x", facts)
    like = allow(Condition={"StringLike": {"s3:prefix": "${aws:username}/*"}})
    for prefix, expected in ((f"{name}/x", True), ("bob/x", False)):
        question = Question("s3:List", "*", {**facts, "s3:prefix": prefix})
        assert evaluate(question, identity=[like]).allowed is expected


def test_a_variable_cannot_reach_into_another_part_of_an_arn() -> None:
    """IAM-07"""
    pattern = "arn:aws:s3:${aws:region}:${aws:account}:x"
    facts = {"aws:region": "eu:1", "aws:account": "2"}
    assert not allowed(pattern, "arn:aws:s3:eu:1:2:x", facts)
    assert allowed(pattern, "arn:aws:s3:eu:2:x", {"aws:region": "eu", "aws:account": "2"})


@pytest.mark.parametrize("facts", [{}, {"aws:username": ["ann"]}, {"aws:username": ()}])
def test_a_variable_without_a_value_matches_no_resource(facts: Facts) -> None:
    """IAM-07: nor does a key that may have several values."""
    for pattern in ("${aws:username}", "${aws:username}*", "*${aws:username}", "x${aws:username}"):
        for asked in ("", "x", "ann", "${aws:username}"):
            assert not allowed(HOME + pattern, HOME + asked, facts)


def test_a_variable_without_a_value_takes_out_the_whole_statement_of_a_not_resource() -> None:
    """IAM-07"""
    pattern = {"NotResource": [HOME + "secret", HOME + "${aws:username}"]}
    question = Question("s3:Get", HOME + "x")
    assert not evaluate(question, identity=[allow(**pattern)]).allowed
    denied = policy(statement(), statement("Deny", **pattern))
    assert evaluate(question, identity=[denied]).allowed
    named = Question("s3:Get", HOME + "x", {"aws:username": "ann"})
    assert evaluate(named, identity=[allow(**pattern)]).allowed
    assert not evaluate(named, identity=[denied]).allowed


def test_the_other_resources_of_a_list_still_match() -> None:
    pattern = [HOME + "${aws:username}", HOME + "shared"]
    identity = [allow(Resource=pattern)]
    assert evaluate(Question("s3:Get", HOME + "shared"), identity=identity).allowed


@pytest.mark.parametrize(
    ("operator", "matches"),
    [
        ("StringEquals", False),
        ("StringLike", False),
        ("StringEqualsIgnoreCase", False),
        ("ForAnyValue:StringEquals", False),
        ("StringNotEquals", True),
        ("StringNotLike", True),
    ],
)
def test_a_variable_without_a_value_is_like_nothing_in_a_condition(
    operator: str, matches: bool
) -> None:
    """IAM-07: as AWS documents it under "Policy variables with no value"."""
    condition = {operator: {"aws:PrincipalTag/team": "${aws:ResourceTag/team}"}}
    for value in ("blue", "", "${aws:ResourceTag/team}"):
        question = Question("s3:Get", "*", {"aws:PrincipalTag/team": value})
        assert evaluate(question, identity=[allow(Condition=condition)]).allowed is matches


def test_a_variable_in_an_arn_condition() -> None:
    condition = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/${aws:username}"}}
    identity = [allow(Condition=condition)]
    facts = {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/ann"}
    for name, expected in (("ann", True), ("*", False)):
        question = Question("s3:Get", "*", {**facts, "aws:username": name})
        assert evaluate(question, identity=identity).allowed is expected
    assert not evaluate(Question("s3:Get", "*", facts), identity=identity).allowed


def test_a_default_value_stands_in_for_an_absent_key_only() -> None:
    pattern = HOME + "${aws:PrincipalTag/team, 'company-wide'}/*"
    assert allowed(pattern, HOME + "company-wide/x", {})
    assert not allowed(pattern, HOME + "blue/x", {})
    facts = {"aws:PrincipalTag/team": "blue"}
    assert allowed(pattern, HOME + "blue/x", facts)
    assert not allowed(pattern, HOME + "company-wide/x", facts)
    assert not allowed(pattern, HOME + "company-wide/x", {"aws:PrincipalTag/team": ["a", "b"]})


def test_a_default_value_is_literal() -> None:
    """IAM-07"""
    assert allowed(HOME + "${a:b,'*'}", HOME + "*", {})
    assert not allowed(HOME + "${a:b,'*'}", HOME + "x", {})


@pytest.mark.parametrize("character", ["*", "?", "$"])
def test_the_special_characters_can_be_written_as_variables(character: str) -> None:
    pattern = HOME + "a${" + character + "}b"
    assert allowed(pattern, f"{HOME}a{character}b", {})
    assert not allowed(pattern, f"{HOME}axb", {})


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_before_the_version_of_2012_variables_are_plain_text(version: str | None) -> None:
    """IAM-07"""
    pattern = HOME + "${aws:username}"
    facts = {"aws:username": "ann"}
    assert not allowed(pattern, HOME + "ann", facts, version)
    assert allowed(pattern, HOME + "${aws:username}", facts, version)
    assert allowed(HOME + "${", HOME + "${", facts, version)


@pytest.mark.parametrize(
    "text",
    ["${", "${aws:username", "${}", "${ }", "${a:b,}", "${a:b, c}", "${a:b, 'c}", "${a:b, 'c'd'}",
     "${a:b, '}", "${${a:b}}", "${'x'}", "${,'x'}"],
)  # fmt: skip
def test_a_malformed_variable_is_refused(text: str) -> None:
    """IAM-08"""
    with pytest.raises(MalformedPolicy):
        allow(Resource=HOME + text)
    with pytest.raises(MalformedPolicy):
        allow(Condition={"StringEquals": {"a:b": text}})


def test_many_variables_and_spaces_are_read_in_one_pass() -> None:
    """IAM-02"""
    with pytest.raises(MalformedPolicy):
        allow(Resource=HOME + "${" * 2900)
    with pytest.raises(MalformedPolicy):
        allow(Resource=HOME + "${a:b," + " " * 100_000 + "}")
