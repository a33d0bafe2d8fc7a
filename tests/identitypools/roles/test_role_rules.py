"""Which role an identity gets, without a house."""

from __future__ import annotations

from typing import Any

import pytest

from poolhouse.access.policy.document import parse_policy
from poolhouse.access.policy.evaluate import Question, evaluate
from poolhouse.contract import cognito_identity as cid
from poolhouse.identitypools.identities.bearing import Bearer
from poolhouse.identitypools.logins.rules import Link, Login
from poolhouse.identitypools.pools.rows import IdentityPool
from poolhouse.identitypools.roles.guest_scope import SESSION_POLICIES
from poolhouse.identitypools.roles.rules import applies, check, choose, named

AUTH, GUEST = "arn:aws:iam::000000000000:role/auth", "arn:aws:iam::000000000000:role/guest"
HIGH, LOW = "arn:aws:iam::000000000000:role/high", "arn:aws:iam::000000000000:role/low"
ROLES = {"authenticated": AUTH, "unauthenticated": GUEST}
KEY = "cognito-idp.us-east-1.amazonaws.com/us-east-1_x"
POOL = IdentityPool("us-east-1:0", "us-east-1", cid.IdentityPool(
    allow_unauthenticated_identities=True, identity_pool_id="us-east-1:0", identity_pool_name="p"
), 1, 1.0, 1.0)  # fmt: skip
ANYBODY = Bearer("us-east-1:1", POOL, ("unauthenticated",))
FORBIDDEN = "Access to Identity 'us-east-1:1' is forbidden."


def user(**claims: Any) -> Bearer:
    login = Login(Link(KEY, "sub"), "client1", claims)
    return Bearer("us-east-1:1", POOL, ("authenticated", KEY, f"{KEY}:x:sub"), (login,))


def by_token(otherwise: str) -> dict[str, cid.RoleMapping]:
    mapping = cid.RoleMapping(type="Token", ambiguous_role_resolution=otherwise)
    return {f"{KEY}:client1": mapping}


def by_rules(otherwise: str, *rules: tuple[str, str, str, str]) -> dict[str, cid.RoleMapping]:
    made = [
        cid.MappingRule(claim=claim, match_type=match, value=value, role_arn=role)
        for claim, match, value, role in rules
    ]
    return {
        f"{KEY}:client1": cid.RoleMapping(
            type="Rules",
            ambiguous_role_resolution=otherwise,
            rules_configuration=cid.RulesConfigurationType(rules=made),
        )
    }


def chosen(bearer: Bearer, mappings: Any, custom: str | None = None) -> str:
    try:
        return choose(bearer, ROLES, mappings, custom)
    except cid.NotAuthorizedException as error:
        return "forbidden" if error.message == FORBIDDEN else error.message


def test_without_a_mapping_the_pools_two_roles_decide() -> None:
    """IDP-01"""
    assert chosen(ANYBODY, {}) == GUEST and chosen(user(), {}) == AUTH
    assert chosen(user(), {f"{KEY}:another-client": by_token("Deny")[f"{KEY}:client1"]}) == AUTH
    # A role may be asked for by name only if it is the one there is.
    assert chosen(ANYBODY, {}, GUEST) == GUEST and chosen(user(), {}, AUTH) == AUTH
    for bearer, other in ((ANYBODY, AUTH), (ANYBODY, HIGH), (user(), GUEST), (user(), HIGH)):
        assert chosen(bearer, {}, other) == "forbidden"
    # A guest gets the guests' role whatever mappings there are.
    assert chosen(ANYBODY, by_token("Deny")) == GUEST
    for missing in ({}, {"unauthenticated": GUEST}):
        with pytest.raises(cid.InvalidIdentityPoolConfigurationException, match="assigned IAM"):
            choose(user(), missing, {}, None)
    with pytest.raises(cid.InvalidIdentityPoolConfigurationException):
        choose(ANYBODY, {"authenticated": AUTH}, {}, None)


@pytest.mark.parametrize(
    ("claims", "custom", "authenticated", "deny"),
    [
        ({"cognito:roles": [HIGH, LOW], "cognito:preferred_role": LOW}, None, LOW, LOW),
        ({"cognito:roles": [HIGH, LOW], "cognito:preferred_role": LOW}, HIGH, HIGH, HIGH),
        ({"cognito:roles": [HIGH, LOW]}, LOW, LOW, LOW),
        ({"cognito:roles": [HIGH]}, None, HIGH, HIGH),
        ({"cognito:roles": [HIGH, LOW]}, None, AUTH, "forbidden"),
        ({}, None, AUTH, "forbidden"),
        ({"cognito:roles": []}, None, AUTH, "forbidden"),
        ({"cognito:roles": {"a": 1}}, None, AUTH, "forbidden"),
        ({"cognito:roles": [HIGH]}, LOW, "forbidden", "forbidden"),
        ({"cognito:roles": [HIGH]}, AUTH, "forbidden", "forbidden"),
        ({}, HIGH, "forbidden", "forbidden"),
    ],
)
def test_roles_of_the_token(
    claims: dict[str, Any], custom: str | None, authenticated: str, deny: str
) -> None:
    """IDP-01, IDP-06"""
    assert chosen(user(**claims), by_token("AuthenticatedRole"), custom) == authenticated
    assert chosen(user(**claims), by_token("Deny"), custom) == deny


@pytest.mark.parametrize(
    ("match", "value", "claims", "expected"),
    [
        ("Equals", "admin", {"c": "admin"}, True),
        ("Equals", "admin", {"c": "Admin"}, False),
        ("Equals", "admin", {"c": "admins"}, False),
        ("Equals", "admin", {"c": ["user", "admin"]}, True),
        ("Equals", "admin", {"c": ["admins"]}, False),
        ("Equals", "true", {"c": True}, True),
        ("Equals", "7", {"c": 7}, True),
        ("Equals", "admin", {}, False),
        ("Equals", "admin", {"c": {"admin": "admin"}}, False),
        ("Equals", "None", {"c": None}, False),
        ("Contains", "min", {"c": "admin"}, True),
        ("Contains", "admin", {"c": "min"}, False),
        ("Contains", "admin", {"c": ["user", "sysadmins"]}, True),
        ("Contains", "radmin", {"c": ["user", "admin"]}, False),
        ("StartsWith", "adm", {"c": "admin"}, True),
        ("StartsWith", "min", {"c": "admin"}, False),
        ("StartsWith", "adm", {"c": ["user", "admin"]}, True),
        ("NotEqual", "admin", {"c": "user"}, True),
        ("NotEqual", "admin", {"c": "admin"}, False),
        ("NotEqual", "admin", {"c": ["user", "admin"]}, False),
        ("NotEqual", "admin", {}, False),
    ],
)
def test_a_rule_matches(match: str, value: str, claims: dict[str, Any], expected: bool) -> None:
    """IDP-06"""
    rule = cid.MappingRule(claim="c", match_type=match, value=value, role_arn=HIGH)
    assert applies(rule, claims) is expected


def test_the_first_rule_that_matches_decides_and_none_is_ambiguous() -> None:
    """IDP-06"""
    rules = (("dept", "Equals", "it", HIGH), ("dept", "StartsWith", "i", LOW))
    for otherwise, nobody in (("AuthenticatedRole", AUTH), ("Deny", "forbidden")):
        mappings = by_rules(otherwise, *rules)
        assert chosen(user(dept="it"), mappings) == HIGH
        assert chosen(user(dept="ict"), mappings) == LOW
        assert chosen(user(dept="it"), mappings, LOW) == LOW
        assert chosen(user(dept="ict"), mappings, HIGH) == "forbidden"
        assert chosen(user(dept="x"), mappings) == chosen(user(), mappings) == nobody
        assert chosen(user(dept="x"), mappings, HIGH) == "forbidden"


def test_a_token_of_our_own_does_not_get_round_a_mapping_that_denies() -> None:
    """IDP-01"""
    bearer = Bearer("us-east-1:1", POOL, ("authenticated", KEY, f"{KEY}:x:sub"))
    assert chosen(bearer, by_token("AuthenticatedRole")) == AUTH
    assert chosen(bearer, by_token("AuthenticatedRole"), HIGH) == "forbidden"
    assert chosen(bearer, by_token("Deny")) == "forbidden"
    assert chosen(bearer, {"other": by_token("Deny")[f"{KEY}:client1"]}) == AUTH


@pytest.mark.parametrize(
    "mappings",
    [
        {KEY: cid.RoleMapping(type="Token")},
        {KEY: cid.RoleMapping(type="Rules", ambiguous_role_resolution="Deny")},
        by_rules("Deny", *[("c", "Equals", str(n), HIGH) for n in range(26)]),
        by_rules("Deny", ("c", "Equals", "x", "arn:aws:iam::000000000000:user/somebody")),
    ],
)
def test_mappings_that_cannot_be_are_refused(mappings: Any) -> None:
    with pytest.raises(cid.InvalidParameterException):
        check(ROLES, mappings)


def test_every_role_that_a_pool_names_is_found_once() -> None:
    mappings = by_rules("Deny", ("c", "Equals", "x", HIGH), ("c", "Equals", "y", AUTH))
    check(ROLES, mappings)
    assert named(ROLES, mappings) == sorted({AUTH, GUEST, HIGH})
    with pytest.raises(cid.InvalidParameterException):
        check({"authenticated": "arn:aws:iam::1:role/too-short-an-account"}, {})


def test_a_guests_session_policies_narrow_a_role_that_may_do_everything() -> None:
    """IDP-02"""
    everything = parse_policy(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
        kind="identity",
    )
    scope = [parse_policy(text, kind="identity", limit=2048) for text in SESSION_POLICIES]
    for action, allowed in (
        ("s3:GetObject", True),
        ("dynamodb:Scan", True),
        ("cognito-sync:ListRecords", True),
        ("kms:Decrypt", True),
        ("rum:PutRumEvents", True),
        ("iam:CreateUser", False),
        ("sts:AssumeRole", False),
        ("ec2:RunInstances", False),
        ("kms:ScheduleKeyDeletion", False),
        ("sagemaker:CreateEndpoint", False),
    ):
        question = Question(action, "*")
        decision = evaluate(question, identity=[everything], session=scope)
        assert decision.allowed is allowed, action
