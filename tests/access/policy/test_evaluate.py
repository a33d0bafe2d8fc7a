from __future__ import annotations

from itertools import product

import pytest

from poolhouse.access.policy.document import Policy, parse_policy
from poolhouse.access.policy.evaluate import Decision, Question, evaluate
from tests.access.policy.documents import OTHER_POOL, POOL, allow, deny, policy, statement

ACTION = "cognito-idp:CreateGroup"
QUESTION = Question(ACTION, POOL)
LAYERS = ("identity-based policy", "permissions boundary", "session policy")
NOTHING = allow(Action="s3:GetObject")
CHOICES = {"allow": allow(), "deny": policy(statement(), statement("Deny")), "silent": NOTHING}


def expected(said: tuple[str | None, ...]) -> Decision:
    """The rule once more, as a table reads it. None: the layer is not there."""
    for name, word in zip(LAYERS, said, strict=True):
        if word == "deny":
            article = "an" if name == LAYERS[0] else "a"
            return Decision(False, f" with an explicit deny in {article} {name}")
    for name, word in zip(LAYERS, said, strict=True):
        if word == "silent":
            return Decision(False, f" because no {name} allows the {ACTION} action")
    return Decision(True, "")


@pytest.mark.parametrize(
    "said",
    list(product(CHOICES, [None, *CHOICES], [None, *CHOICES])),
    ids=lambda said: "-".join(map(str, said)),
)
def test_the_truth_table_of_the_layers(said: tuple[str, str | None, str | None]) -> None:
    """IAM-01"""
    identity, boundary, session = said
    decision = evaluate(
        QUESTION,
        identity=[CHOICES[identity]],
        boundary=CHOICES[boundary] if boundary else None,
        session=[CHOICES[session]] if session else None,
    )
    assert decision == expected(said)


def test_nothing_is_allowed_without_a_policy() -> None:
    """IAM-01"""
    clause = f" because no identity-based policy allows the {ACTION} action"
    assert evaluate(QUESTION, identity=[]) == Decision(False, clause)


def test_a_session_with_policies_of_which_there_are_none_allows_nothing() -> None:
    """IAM-01"""
    clause = f" because no session policy allows the {ACTION} action"
    assert evaluate(QUESTION, identity=[allow()], session=[]) == Decision(False, clause)


def test_the_policies_of_one_layer_are_a_union() -> None:
    """IAM-01"""
    assert evaluate(QUESTION, identity=[NOTHING, allow()]).allowed
    assert evaluate(QUESTION, identity=[allow()], session=[NOTHING, allow()]).allowed


def test_a_session_policy_grants_nothing_by_itself() -> None:
    """IAM-01"""
    assert not evaluate(QUESTION, identity=[NOTHING], session=[allow()]).allowed
    assert not evaluate(QUESTION, identity=[NOTHING], boundary=allow()).allowed


@pytest.mark.parametrize("where", ["first", "last"])
def test_an_explicit_deny_wins_wherever_it_stands(where: str) -> None:
    """IAM-01"""
    policies = [deny(), allow()] if where == "first" else [allow(), deny()]
    clause = " with an explicit deny in an identity-based policy"
    assert evaluate(QUESTION, identity=policies) == Decision(False, clause)


def test_a_policy_of_another_kind_denies() -> None:
    """IAM-01"""
    trust = parse_policy(
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:*"}}',
        kind="trust",
    )
    question = Question("sts:AssumeRole", "*")
    assert evaluate(question, identity=[allow()]).allowed
    assert not evaluate(question, identity=[allow(), trust]).allowed
    assert not evaluate(question, identity=[allow()], boundary=trust).allowed
    assert not evaluate(question, identity=[allow()], session=[allow(), trust]).allowed


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("*", True),
        ("*:*", True),
        ("cognito-idp:*", True),
        ("COGNITO-idp:creategroup", True),
        ("cognito-idp:Create*", True),
        ("cognito-idp:Create?roup", True),
        ("cognito-idp:*Group", True),
        ("cognito-idp:CreateGrou", False),
        ("cognito-idp:reateGroup", False),
        ("cognito:*", False),
        ("cognito-id:*", False),
        ("cognito-idpx:*", False),
        ("s3:*", False),
    ],
)
def test_actions_match_whole_and_without_regard_to_case(pattern: str, matches: bool) -> None:
    """IAM-02"""
    assert evaluate(QUESTION, identity=[allow(Action=pattern)]).allowed is matches
    assert evaluate(QUESTION, identity=[allow(NotAction=pattern)]).allowed is not matches


def test_a_prefix_of_a_service_is_another_service() -> None:
    """IAM-02"""
    question = Question("cognito-idpX:CreateGroup", POOL)
    assert not evaluate(question, identity=[allow(Action="cognito-idp:*")]).allowed


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        (POOL, True),
        ("arn:aws:cognito-idp:eu-west-1:123456789012:userpool/*", True),
        ("arn:aws:cognito-idp:*:*:userpool/eu-west-1_AbCdEf12?", True),
        ("arn:aws:cognito-idp:*:*:*", True),
        ("arn:aws:cognito-idp:*", True),
        ("arn:*", True),
        (POOL.lower(), False),
        (POOL + "x", False),
        (POOL[:-1], False),
        (OTHER_POOL, False),
        ("arn:aws:cognito-idp:eu-west-1*:userpool/*:*", False),
        ("arn:aws:cognito-idp:eu-*:12345678901?:userpool/*", True),
        ("arn:aws:cognito-idp:eu-west-1:*:userpool/eu-west-1_AbCdEf123:*", False),
        ("arn:aws:cognito-idp::123456789012:userpool/*", False),
        ("arn:aws:cognito-identity:*", False),
    ],
)
def test_resources_match_part_by_part_with_regard_to_case(pattern: str, matches: bool) -> None:
    """IAM-02"""
    assert evaluate(QUESTION, identity=[allow(Resource=pattern)]).allowed is matches
    assert evaluate(QUESTION, identity=[allow(NotResource=pattern)]).allowed is not matches


def test_a_star_in_one_part_of_an_arn_does_not_reach_into_the_next() -> None:
    """IAM-02"""
    question = Question("s3:GetObject", "arn:aws:s3:::mine:and:yours")
    for pattern in ("arn:aws:s3:::mine:*", "arn:aws:s3:*:*:m*:yours", "arn:aws:s3:::*"):
        assert evaluate(question, identity=[allow(Resource=pattern)]).allowed
    for pattern in ("arn:aws:s*:mine:and:yours", "arn:aws:s3*:and:yours:*:*", "arn:*:mine:*:*:*"):
        assert not evaluate(question, identity=[allow(Resource=pattern)]).allowed


def test_a_star_that_ends_a_part_reaches_on_where_that_denies() -> None:
    """IAM-02: "it can expand to match beyond the colon boundaries", IAM user guide, Resource."""
    pool = "arn:aws:cognito-identity:us-east-1:1:identitypool/us-east-1:u"
    question = Question("cognito-identity:DescribeIdentityPool", pool)
    for pattern in (
        "arn:aws:cognito-identity:*:identitypool/us-east-1:u",
        "arn:aws:cognito-identity:us-*:identitypool/us-east-1:*",
    ):
        assert not evaluate(question, identity=[allow(Resource=pattern)]).allowed
        assert not evaluate(question, identity=[allow(), deny(Resource=pattern)]).allowed
        assert not evaluate(question, identity=[allow(NotResource=pattern)]).allowed
        but = [allow(), deny(NotResource=pattern)]
        assert not evaluate(question, identity=but).allowed
    for pattern in (
        "arn:aws:cognito-identity:*:identitypool/us-east-1:v",
        "arn:aws:cognito-identity:us-*-1:identitypool/us-east-1:u",
    ):
        assert evaluate(question, identity=[allow(), deny(Resource=pattern)]).allowed


def test_an_action_about_no_resource_needs_the_resource_star() -> None:
    question = Question("cognito-idp:ListUserPools", "*")
    assert evaluate(question, identity=[allow(Resource="*")]).allowed
    for pattern in (POOL, "arn:*", "arn:aws:cognito-idp:*:*:*"):
        assert not evaluate(question, identity=[allow(Resource=pattern)]).allowed


def test_lists_of_actions_and_resources_are_unions() -> None:
    identity = [allow(Action=["s3:*", "cognito-idp:*"], Resource=[OTHER_POOL, POOL])]
    assert evaluate(QUESTION, identity=identity).allowed
    assert not evaluate(Question(ACTION, POOL + "9"), identity=identity).allowed


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_not_action_and_not_resource_are_about_everything_else(effect: str) -> None:
    """IAM-03"""
    but_groups = policy(statement(), statement("Deny", NotAction="cognito-idp:*Group"))
    if effect == "Allow":
        but_groups = allow(NotAction=["s3:*", "cognito-idp:*Pool"])
    assert evaluate(QUESTION, identity=[but_groups]).allowed
    question = Question("cognito-idp:DeleteUserPool", POOL)
    assert not evaluate(question, identity=[but_groups]).allowed

    but_pool = policy(statement(), statement("Deny", NotResource=[POOL]))
    if effect == "Allow":
        but_pool = allow(NotResource=[OTHER_POOL])
    assert evaluate(QUESTION, identity=[but_pool]).allowed
    assert not evaluate(Question(ACTION, OTHER_POOL), identity=[but_pool]).allowed


def test_conditions_that_do_not_hold_take_the_statement_out() -> None:
    condition = {"StringEquals": {"aws:username": "ann"}}
    facts = {"AWS:UserName": "ann"}
    asked = Question(ACTION, POOL, facts)
    assert evaluate(asked, identity=[allow(Condition=condition)]).allowed
    assert not evaluate(QUESTION, identity=[allow(Condition=condition)]).allowed
    denied: list[Policy] = [allow(), deny(Condition=condition)]
    assert not evaluate(asked, identity=denied).allowed
    assert evaluate(QUESTION, identity=denied).allowed


def test_one_parsed_policy_answers_many_questions() -> None:
    shared = allow(Resource="arn:aws:s3:::home/${aws:username}/*")
    for name in ("ann", "bob"):
        for owner in ("ann", "bob"):
            question = Question("s3:Get", f"arn:aws:s3:::home/{owner}/x", {"aws:username": name})
            assert evaluate(question, identity=[shared]).allowed is (name == owner)
