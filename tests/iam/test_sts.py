"""AssumeRole and GetSessionToken through the SDK."""

from __future__ import annotations

from typing import Any

import pytest

from tests.iam.people import (
    ROLE,
    ROOT,
    USER,
    Keys,
    admin,
    allow,
    assume,
    denied,
    deny,
    document,
    permit,
    refused,
    role,
    trust,
    user,
)
from tests.support.house import ACCOUNT, TestHouse

WHOLE_ACCOUNT = trust({"AWS": ROOT})


def ann(house: TestHouse, *statements: Any) -> Any:
    return house.client("sts", **user(house, "ann", *statements))


def test_a_role_that_is_assumed_says_who_it_is(house: TestHouse) -> None:
    arn = role(house, "r", trust({"AWS": f"{USER}ann"}), Path="/apps/")
    made = ann(house).assume_role(RoleArn=arn, RoleSessionName="job@1", DurationSeconds=900)
    given, who = made["Credentials"], made["AssumedRoleUser"]
    assert given["AccessKeyId"].startswith("ASIA")
    assert len(given["AccessKeyId"]) == 20
    assert len(given["SecretAccessKey"]) == 40
    assert given["SessionToken"].startswith("IQoJb3JpZ2lu")
    assert abs(given["Expiration"].timestamp() - house.clock.now() - 900) < 30
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/r/job@1"
    assert "PackedPolicySize" not in made
    identity = house.client(
        "sts",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    ).get_caller_identity()
    assert identity["Arn"] == who["Arn"]
    assert identity["UserId"] == who["AssumedRoleId"]
    assert identity["UserId"].startswith("AROA")
    assert identity["UserId"].endswith(":job@1")
    assert identity["Account"] == ACCOUNT


TRUSTED: dict[str, tuple[str, list[Any], bool]] = {
    "the user by name": (trust({"AWS": f"{USER}ann"}), [], True),
    "another user": (trust({"AWS": f"{USER}bob"}), [allow("sts:*")], False),
    "the account, and the user may": (WHOLE_ACCOUNT, [allow("sts:AssumeRole", f"{ROLE}r")], True),
    "the account number, and the user may": (trust({"AWS": ACCOUNT}), [allow("sts:*")], True),
    "the account, and the user may not": (WHOLE_ACCOUNT, [], False),
    "the account, and the user may another": (WHOLE_ACCOUNT, [allow("*", f"{ROLE}s")], False),
    "another account": (trust({"AWS": "111111111111"}), [allow("sts:*")], False),
    "everyone": (trust("*"), [], True),
    "another action": (trust({"AWS": ROOT}, "sts:TagSession"), [allow("sts:*")], False),
    "a service": (trust({"Service": "lambda.amazonaws.com"}), [allow("sts:*")], False),
    "by name, and the user is denied": (trust({"AWS": f"{USER}ann"}), [deny("sts:*")], False),
    "by name, but not now": (
        trust({"AWS": f"{USER}ann"}, DateLessThan={"aws:CurrentTime": "2020-01-01T00:00:00Z"}),
        [allow("sts:*")],
        False,
    ),
}


@pytest.mark.parametrize("name", TRUSTED)
def test_the_trust_policy_and_the_callers_own_decide(sqlite_house: TestHouse, name: str) -> None:
    """IAM-01"""
    trusted, statements, expected = TRUSTED[name]
    arn = role(sqlite_house, "r", trusted)
    sts = ann(sqlite_house, *statements)
    assert denied(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="name")) != expected


def test_a_role_that_is_not_there_is_refused_in_the_same_words(sqlite_house: TestHouse) -> None:
    sts = ann(sqlite_house, allow("sts:*"))
    role(sqlite_house, "closed", trust({"AWS": f"{USER}bob"}), Path="/p/")
    for arn in (f"{ROLE}p/closed", f"{ROLE}closed", f"{ROLE}none", "arn:aws:iam::1:role/x/y"):
        words = f"{USER}ann is not authorized to perform: sts:AssumeRole on resource: {arn}"
        with refused("AccessDenied", words, 403):
            sts.assume_role(RoleArn=arn, RoleSessionName="name")


def test_the_root_assumes_no_role(sqlite_house: TestHouse) -> None:
    arn = role(sqlite_house, "r", WHOLE_ACCOUNT)
    with refused("AccessDenied", "Roles may not be assumed by root accounts.", 403):
        sqlite_house.client("sts").assume_role(RoleArn=arn, RoleSessionName="name")


def test_a_session_lasts_no_longer_than_the_role_allows(house: TestHouse) -> None:
    """IDP-09"""
    arn = role(house, "r", trust({"AWS": f"{USER}ann"}), MaxSessionDuration=7200)
    sts = ann(house)

    def lasts(name: str, **asked: int) -> float:
        made = sts.assume_role(RoleArn=arn, RoleSessionName=name, **asked)
        return float(made["Credentials"]["Expiration"].timestamp() - house.clock.now())

    assert 3590 < lasts("usual") <= 3600
    assert 7190 < lasts("longest", DurationSeconds=7200) <= 7200
    with refused("ValidationError", "exceeds the MaxSessionDuration set for this role.", 400):
        lasts("too-long", DurationSeconds=7201)
    for seconds in (899, 43_201):
        with refused("ValidationError", "durationSeconds", 400):
            lasts("out-of-range", DurationSeconds=seconds)


def test_a_chain_of_roles_lasts_an_hour_a_link(house: TestHouse) -> None:
    """IDP-09"""
    first = role(house, "first", trust({"AWS": f"{USER}ann"}), allow("sts:AssumeRole"))
    second = role(house, "second", trust({"AWS": first}), MaxSessionDuration=43_200)
    keys = user(house, "ann")
    sts = house.client("sts", **assume(house, keys, first))
    made = sts.assume_role(RoleArn=second, RoleSessionName="one", DurationSeconds=3600)
    assert made["AssumedRoleUser"]["Arn"].endswith(":assumed-role/second/one")
    with refused("ValidationError", "1 hour session limit for roles assumed by role chaining"):
        sts.assume_role(RoleArn=second, RoleSessionName="two", DurationSeconds=3601)
    made = sts.assume_role(RoleArn=second, RoleSessionName="three")
    assert made["Credentials"]["Expiration"].timestamp() - house.clock.now() <= 3600


def test_a_session_policy_narrows_and_what_is_derived_stays_narrow(house: TestHouse) -> None:
    """IDP-10"""
    first = role(house, "first", trust({"AWS": f"{USER}ann"}), allow("*"))
    second = role(house, "second", trust({"AWS": ROOT}), allow("*"))
    by_name = role(house, "by-name", trust({"AWS": first}), allow("*"))
    narrow = document(allow(["iam:ListUsers", "iam:ListRoles", "cognito-idp:*"]))
    keys = user(house, "ann")
    session = assume(house, keys, first, Policy=narrow)
    iam, sts = house.client("iam", **session), house.client("sts", **session)
    iam.list_users()
    with refused("AccessDenied", "because no session policy allows the iam:ListPolicies action"):
        iam.list_policies()
    for arn in (second, by_name):
        with refused("AccessDenied", "sts:AssumeRole"):
            sts.assume_role(RoleArn=arn, RoleSessionName="wider")
    assert denied(sts.get_session_token)
    with_sts = document(allow(["iam:ListUsers", "sts:AssumeRole"]))
    again = assume(house, keys, first, "again", Policy=with_sts)
    chained = house.client("iam", **assume(house, again, second, "chained", Policy=narrow))
    chained.list_roles()
    assert denied(chained.list_policies)


def test_managed_session_policies_narrow_as_they_are_now(house: TestHouse) -> None:
    """IDP-10"""
    arn = role(house, "r", trust({"AWS": f"{USER}ann"}), allow("*"))
    text = document(allow("iam:ListUsers"))
    policy = admin(house).create_policy(PolicyName="m", PolicyDocument=text)["Policy"]["Arn"]
    keys = user(house, "ann")
    named = [{"arn": policy}]
    session = assume(house, keys, arn, PolicyArns=named)
    both = assume(house, keys, arn, "both", PolicyArns=named, Policy=document(allow("iam:List*")))
    house.client("iam", **session).list_users()
    assert denied(house.client("iam", **session).list_roles)
    house.client("iam", **both).list_roles()
    admin(house).delete_policy(PolicyArn=policy)
    assert denied(house.client("iam", **session).list_users)
    with refused("ValidationError", "does not exist", 400):
        assume(house, keys, arn, "gone", PolicyArns=named)


def test_a_session_policy_is_read_strictly_and_has_a_size(sqlite_house: TestHouse) -> None:
    """IDP-10"""
    arn = role(sqlite_house, "r", trust({"AWS": f"{USER}ann"}))
    sts = ann(sqlite_house)
    for text in ("{", document({"Effect": "Allow"}), trust({"AWS": ROOT})):
        with refused("MalformedPolicyDocument", status=400):
            sts.assume_role(RoleArn=arn, RoleSessionName="name", Policy=text)
    long = document(allow("iam:Get", [f"{USER}{'x' * 60}{n}" for n in range(25)]))
    with refused("PackedPolicyTooLarge", status=400):
        sts.assume_role(RoleArn=arn, RoleSessionName="name", Policy=long)
    made = sts.assume_role(
        RoleArn=arn, RoleSessionName="name", Policy=document(allow("iam:GetUser"))
    )
    assert 0 < made["PackedPolicySize"] < 100


EXTERNAL: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "right": ({"StringEquals": {"sts:ExternalId": "deal-7"}}, {"ExternalId": "deal-7"}, True),
    "wrong": ({"StringEquals": {"sts:ExternalId": "deal-7"}}, {"ExternalId": "deal-8"}, False),
    "missing": ({"StringEquals": {"sts:ExternalId": "deal-7"}}, {}, False),
    "missing, any": ({"StringLike": {"sts:ExternalId": "*"}}, {}, False),
    "not asked for": ({}, {"ExternalId": "deal-8"}, True),
    "source ARN": ({"ArnLike": {"aws:SourceArn": "*"}}, {"ExternalId": "deal-7"}, False),
    "name": ({"StringEquals": {"sts:RoleSessionName": "name"}}, {}, True),
    "name as user": ({"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}, {}, False),
}


@pytest.mark.parametrize("name", EXTERNAL)
def test_conditions_of_a_trust_policy_read_what_is_asked(
    sqlite_house: TestHouse, name: str
) -> None:
    """IDP-11"""
    condition, asked, expected = EXTERNAL[name]
    arn = role(sqlite_house, "r", trust({"AWS": f"{USER}ann"}, **condition))
    sts = ann(sqlite_house)
    call = {"RoleArn": arn, "RoleSessionName": "name", **asked}
    assert denied(lambda: sts.assume_role(**call)) != expected


def test_session_tags_need_their_own_permission_and_travel_where_they_are_transitive(
    house: TestHouse,
) -> None:
    both = ["sts:AssumeRole", "sts:TagSession"]
    first = role(house, "first", trust({"AWS": f"{USER}ann"}, both), allow("sts:*"))
    tagged = allow("iam:ListUsers", StringEquals={"aws:PrincipalTag/team": "a"})
    second = role(house, "second", trust({"AWS": first}, both), tagged)
    untagged = role(house, "untagged", trust({"AWS": f"{USER}ann"}))
    keys = user(house, "ann")
    tags = [{"Key": "team", "Value": "a"}, {"Key": "other", "Value": "b"}]
    with refused("AccessDenied", f"sts:TagSession on resource: {untagged}"):
        assume(house, keys, untagged, Tags=tags)
    more: dict[str, Any] = {"Tags": tags, "TransitiveTagKeys": ["team"]}
    transitive = assume(house, keys, first, **more)
    plain = assume(house, keys, first, "plain", Tags=tags)
    house.client("iam", **assume(house, transitive, second)).list_users()
    assert denied(house.client("iam", **assume(house, plain, second)).list_users)
    with refused("ValidationError", "transitive session tag"):
        assume(house, transitive, second, Tags=[{"Key": "Team", "Value": "c"}])
    with refused("ValidationError", "TransitiveTagKeys"):
        assume(house, keys, first, TransitiveTagKeys=["team"])


def test_a_source_identity_stays_along_the_chain(house: TestHouse) -> None:
    both = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    first = role(house, "first", trust({"AWS": f"{USER}ann"}, both), allow("sts:*"))
    second = role(house, "second", trust({"AWS": first}, both))
    keys = user(house, "ann")
    session = assume(house, keys, first, SourceIdentity="ann@example")
    sts = house.client("sts", **session)
    made = sts.assume_role(RoleArn=second, RoleSessionName="next")
    assert made["SourceIdentity"] == "ann@example"
    with refused("AccessDenied", "source identity"):
        sts.assume_role(RoleArn=second, RoleSessionName="other", SourceIdentity="bob@example")


def test_get_session_token_lasts_as_asked_and_an_hour_for_the_root(house: TestHouse) -> None:
    root, mine = house.client("sts"), ann(house)

    def lasts(sts: Any, **asked: int) -> float:
        ends = sts.get_session_token(**asked)["Credentials"]["Expiration"].timestamp()
        return float(ends - house.clock.now())

    assert 43_190 < lasts(mine) <= 43_200
    assert 129_590 < lasts(mine, DurationSeconds=129_600) <= 129_600
    assert 3590 < lasts(root, DurationSeconds=43_200) <= 3600
    with refused("AccessDenied", "MultiFactorAuthentication failed", 403):
        mine.get_session_token(SerialNumber=f"{USER[:-5]}mfa/ann", TokenCode="123456")


def test_tags_and_policies_that_a_token_cannot_hold_are_too_large(
    sqlite_house: TestHouse,
) -> None:
    """IDP-10"""
    both = ["sts:AssumeRole", "sts:TagSession"]
    arn = role(sqlite_house, "r", trust({"AWS": f"{USER}ann"}, both))
    sts = ann(sqlite_house)
    tags = [{"Key": f"{'k' * 100}{n}", "Value": "v" * 256} for n in range(50)]
    with refused("PackedPolicyTooLarge", status=400):
        sts.assume_role(RoleArn=arn, RoleSessionName="name", Tags=tags)


def test_a_user_that_is_permitted_later_may_then(sqlite_house: TestHouse) -> None:
    """IAM-12"""
    arn, sts = role(sqlite_house, "r", WHOLE_ACCOUNT), ann(sqlite_house)
    call: dict[str, Any] = {"RoleArn": arn, "RoleSessionName": "name"}
    assert denied(lambda: sts.assume_role(**call))
    permit(sqlite_house, "ann", allow("sts:AssumeRole", arn))
    keys: Keys = {"Name": sts.assume_role(**call)["AssumedRoleUser"]["Arn"]}
    assert keys["Name"].endswith("assumed-role/r/name")


SETS = ["sts:AssumeRole", "sts:SetSourceIdentity"]
SAANVI: dict[str, Any] = {"StringLike": {"sts:SourceIdentity": ["Saanvi", "Diego"]}}
CHAINED: dict[str, tuple[str, list[Any], bool]] = {
    "both may set it": (trust({"AWS": ROOT}, SETS), [allow(SETS)], True),
    "the role does not let it be set": (trust({"AWS": ROOT}), [allow(SETS)], False),
    "the session may not set it": (trust({"AWS": ROOT}, SETS), [allow("sts:AssumeRole")], False),
    "it is one of these": (trust({"AWS": ROOT}, SETS, **SAANVI), [allow(SETS)], True),
    "it is none of these": (
        trust({"AWS": ROOT}, SETS, StringEquals={"sts:SourceIdentity": "Diego"}),
        [allow(SETS)],
        False,
    ),
}


@pytest.mark.parametrize("name", CHAINED)
def test_each_role_of_a_chain_must_let_the_source_identity_be_set(
    sqlite_house: TestHouse, name: str
) -> None:
    """IDP-10: source: "Role chaining and cross-account requirements", IAM user guide."""
    house, (trusted, permissions, expected) = sqlite_house, CHAINED[name]
    first = role(house, "first", trust({"AWS": ROOT}, SETS), *permissions)
    second = role(house, "second", trusted)
    keys = assume(house, user(house, "ann", allow("sts:*")), first, SourceIdentity="Saanvi")
    assert denied(lambda: assume(house, keys, second)) != expected
    third = role(house, "third", trust({"AWS": ROOT}))
    plain = assume(house, user(house, "bob", allow("sts:*")), first)
    assert denied(lambda: assume(house, plain, third)) is False
