"""Conditions on what is asked for: its tags, its region, its account, and where a role goes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.iam.people import (
    ROLE,
    ROOT,
    Keys,
    admin,
    allow,
    assume,
    denied,
    deny,
    document,
    refused,
    role,
    trust,
    user,
)
from tests.support.house import TestHouse

PROD: dict[str, Any] = {"StringEquals": {"aws:ResourceTag/Env": "prod"}}
SAME_TEAM: dict[str, Any] = {
    "StringEquals": {"iam:ResourceTag/team": "${aws:PrincipalTag/team}"},
}
TEAM_A = [{"Key": "team", "Value": "a"}]


def a_user_pool(house: TestHouse, region: str = "us-east-1", **settings: Any) -> str:
    idp = house.client("cognito-idp", region=region)
    return str(idp.create_user_pool(PoolName="p", **settings)["UserPool"]["Id"])


def an_identity_pool(house: TestHouse, region: str = "us-east-1", **settings: Any) -> str:
    made = house.client("cognito-identity", region=region).create_identity_pool(
        IdentityPoolName="p", AllowUnauthenticatedIdentities=True, **settings
    )
    return str(made["IdentityPoolId"])


@pytest.mark.parametrize("service", ["cognito-idp", "cognito-identity"])
def test_a_pools_tags_decide(house: TestHouse, service: str) -> None:
    """IAM-04: a Deny by tag is no empty word, and an Allow by tag opens what has it."""
    if service == "cognito-idp":
        pool, other = (a_user_pool(house, UserPoolTags={"env": env}) for env in ("prod", "test"))
    else:
        pool, other = (
            an_identity_pool(house, IdentityPoolTags={"env": env}) for env in ("prod", "test")
        )

    def may(keys: Keys, pool_id: str) -> bool:
        client = house.client(service, **keys)
        if service == "cognito-idp":
            return not denied(lambda: client.describe_user_pool(UserPoolId=pool_id))
        return not denied(lambda: client.describe_identity_pool(IdentityPoolId=pool_id))

    kept_out = user(house, "ann", allow("*"), deny("*", **PROD))
    assert (may(kept_out, pool), may(kept_out, other)) == (False, True)
    let_in = user(house, "bob", allow("*", **PROD))
    assert (may(let_in, pool), may(let_in, other)) == (True, False)
    untagged = user(house, "cem", allow("*", Null={"aws:ResourceTag/owner": "true"}))
    assert may(untagged, pool)
    named = user(
        house, "dan", allow("*", StringEquals={"aws:PrincipalTag/env": "${aws:ResourceTag/env}"}),
        Tags=[{"Key": "env", "Value": "test"}],
    )  # fmt: skip
    assert (may(named, pool), may(named, other)) == (False, True)


def test_a_tag_that_is_taken_off_does_not_decide_any_more(sqlite_house: TestHouse) -> None:
    """IAM-12"""
    pool = a_user_pool(sqlite_house, UserPoolTags={"env": "prod"})
    keys = user(sqlite_house, "ann", allow("*"), deny("*", **PROD))
    mine, root = sqlite_house.client("cognito-idp", **keys), sqlite_house.client("cognito-idp")
    assert denied(lambda: mine.describe_user_pool(UserPoolId=pool))
    arn = root.describe_user_pool(UserPoolId=pool)["UserPool"]["Arn"]
    root.untag_resource(ResourceArn=arn, TagKeys=["env"])
    mine.describe_user_pool(UserPoolId=pool)


def test_the_tags_that_a_pool_shall_have_decide(sqlite_house: TestHouse) -> None:
    paid: dict[str, Any] = {"Null": {"aws:RequestTag/cost": "true"}}
    only: dict[str, Any] = {"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["cost"]}}
    creates = ["cognito-idp:Create*", "cognito-identity:Create*"]
    keys = user(sqlite_house, "ann", allow("*"), deny(creates, **paid), deny("*", **only))
    idp = sqlite_house.client("cognito-idp", **keys)
    cid = sqlite_house.client("cognito-identity", **keys)
    guests = {"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": True}
    assert denied(lambda: idp.create_user_pool(PoolName="p"))
    assert denied(lambda: cid.create_identity_pool(**guests))
    both = {"cost": "1", "other": "2"}
    assert denied(lambda: idp.create_user_pool(PoolName="p", UserPoolTags=both))
    assert denied(lambda: cid.create_identity_pool(**guests, IdentityPoolTags=both))
    arn = idp.create_user_pool(PoolName="p", UserPoolTags={"cost": "1"})["UserPool"]["Arn"]
    cid.create_identity_pool(**guests, IdentityPoolTags={"cost": "1"})
    idp.tag_resource(ResourceArn=arn, Tags={"cost": "2"})
    assert denied(lambda: idp.tag_resource(ResourceArn=arn, Tags={"other": "2"}))
    assert denied(lambda: idp.untag_resource(ResourceArn=arn, TagKeys=["other"]))
    idp.untag_resource(ResourceArn=arn, TagKeys=["cost"])


def test_a_managed_policys_tags_decide(house: TestHouse) -> None:
    tags = [{"Key": "env", "Value": "prod"}]
    made = admin(house).create_policy(
        PolicyName="p", PolicyDocument=document(allow("*")), Tags=tags
    )
    arn = made["Policy"]["Arn"]
    iam = house.client("iam", **user(house, "ann", allow("*"), deny("iam:*", **PROD)))
    with refused("AccessDenied", "explicit deny"):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(allow("s3:*")))
    with refused("AccessDenied", "explicit deny"):
        iam.delete_policy(PolicyArn=arn)


def test_a_roles_tags_decide_who_may_assume_it(sqlite_house: TestHouse) -> None:
    """The policy of AWS's tutorial on attribute-based access control."""
    house = sqlite_house
    arn = role(house, "access", trust({"AWS": ROOT}), Tags=TEAM_A)
    mine = user(house, "ann", allow("sts:AssumeRole", **SAME_TEAM), Tags=TEAM_A)
    assume(house, mine, arn)
    theirs = user(
        house, "bob", allow("sts:AssumeRole", **SAME_TEAM), Tags=[{"Key": "team", "Value": "b"}]
    )
    assert denied(lambda: assume(house, theirs, arn))
    tagged: dict[str, Any] = {"StringEquals": {"aws:ResourceTag/team": "a"}}
    kept_out = user(house, "cem", allow("*"), deny("sts:AssumeRole", **tagged))
    assert denied(lambda: assume(house, kept_out, arn))


def test_the_requested_region_is_that_of_the_pool(sqlite_house: TestHouse) -> None:
    """IAM-06: whatever region a request is signed for, which a caller can choose."""
    house = sqlite_house
    pool = a_user_pool(house, "eu-west-1")
    inside: dict[str, Any] = {"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}}
    keys = user(house, "ann", allow("*"), deny("*", **inside))
    here, there = (
        house.client("cognito-idp", region=region, **keys) for region in ("us-east-1", "eu-west-1")
    )
    assert denied(lambda: here.describe_user_pool(UserPoolId=pool))
    assert denied(lambda: there.describe_user_pool(UserPoolId=pool))
    there.describe_user_pool(UserPoolId=a_user_pool(house))
    assert denied(lambda: there.create_user_pool(PoolName="p"))
    here.create_user_pool(PoolName="p")


def test_the_requested_region_is_that_of_the_identity(sqlite_house: TestHouse) -> None:
    """IAM-06"""
    house = sqlite_house
    pools = {region: an_identity_pool(house, region) for region in ("us-east-1", "eu-west-1")}
    public = house.unsigned("cognito-identity")
    here, there = (public.get_id(IdentityPoolId=pool)["IdentityId"] for pool in pools.values())
    inside: dict[str, Any] = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    keys = user(house, "ann", allow("*", **inside))
    cid = house.client("cognito-identity", **keys)
    cid.describe_identity(IdentityId=here)
    assert denied(lambda: cid.describe_identity(IdentityId=there))
    assert denied(lambda: cid.delete_identities(IdentityIdsToDelete=[here, there]))
    root = house.client("cognito-identity")
    root.describe_identity(IdentityId=here)
    root.describe_identity(IdentityId=there)
    cid.delete_identities(IdentityIdsToDelete=[here])


def test_iam_is_in_one_region(sqlite_house: TestHouse) -> None:
    """IAM-06: "IAM calls are always made to the us-east-1 Region"."""
    elsewhere: dict[str, Any] = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    keys = user(sqlite_house, "ann", allow("iam:ListUsers", **elsewhere))
    iam = sqlite_house.client("iam", region="eu-west-1", **keys)
    assert denied(iam.list_users)


def test_the_resources_account_is_known(sqlite_house: TestHouse) -> None:
    pool = a_user_pool(sqlite_house)
    own: dict[str, Any] = {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
    keys = user(sqlite_house, "ann", allow("*", **own))
    idp = sqlite_house.client("cognito-idp", **keys)
    idp.describe_user_pool(UserPoolId=pool)
    idp.list_user_pools(MaxResults=1)
    elsewhere = f"arn:aws:iam::{'1' * 12}:role/r"
    group = {"UserPoolId": pool, "GroupName": "g"}
    with refused("AccessDeniedException", "iam:PassRole"):
        idp.create_group(**group, RoleArn=elsewhere)
    idp.create_group(**group, RoleArn=f"{ROLE}r")


PASSED = {
    "cognito-idp.amazonaws.com": (True, False),
    "cognito-identity.amazonaws.com": (False, True),
    "lambda.amazonaws.com": (False, False),
}


@pytest.mark.parametrize("service", PASSED)
def test_a_role_may_be_passed_to_one_service(sqlite_house: TestHouse, service: str) -> None:
    """IAM-09"""
    house = sqlite_house
    user_pool, identity_pool = a_user_pool(house), an_identity_pool(house)
    passing: dict[str, Any] = {"StringEquals": {"iam:PassedToService": service}}
    keys = user(house, "ann", allow("cognito-idp:*"), allow("cognito-identity:*"),
                allow("iam:PassRole", f"{ROLE}*", **passing))  # fmt: skip
    idp, cid = house.client("cognito-idp", **keys), house.client("cognito-identity", **keys)
    sms = {"SnsCallerArn": f"{ROLE}sms", "ExternalId": "x"}

    def all_of_idp() -> None:
        idp.create_group(UserPoolId=user_pool, GroupName="g", RoleArn=f"{ROLE}g")
        idp.update_user_pool(UserPoolId=user_pool, SmsConfiguration=sms)
        idp.set_user_pool_mfa_config(
            UserPoolId=user_pool, SmsMfaConfiguration={"SmsConfiguration": sms}
        )

    def identity() -> None:
        cid.set_identity_pool_roles(
            IdentityPoolId=identity_pool, Roles={"authenticated": f"{ROLE}r"}
        )

    assert (not denied(all_of_idp), not denied(identity)) == PASSED[service]


def test_a_user_that_may_be_renamed_by_its_tag_is(sqlite_house: TestHouse) -> None:
    own: dict[str, Any] = {"StringEquals": {"iam:ResourceTag/team": "a"}}
    iam = sqlite_house.client("iam", **user(sqlite_house, "ann", allow("iam:UpdateUser", **own)))
    for name, tags in (("bob", TEAM_A), ("cem", [])):
        admin(sqlite_house).create_user(UserName=name, Tags=tags)
    iam.update_user(UserName="bob", NewUserName="bobby")
    assert denied(lambda: iam.update_user(UserName="cem", NewUserName="cemil"))


MAKES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "iam:TagUser": ("iam", "create_user", {"UserName": "new"}),
    "iam:TagRole": (
        "iam",
        "create_role",
        {"RoleName": "new", "AssumeRolePolicyDocument": trust({"AWS": ROOT})},
    ),
    "iam:TagPolicy": (
        "iam",
        "create_policy",
        {"PolicyName": "new", "PolicyDocument": document(allow("s3:*"))},
    ),
    "cognito-idp:TagResource": ("cognito-idp", "create_user_pool", {"PoolName": "new"}),
    "cognito-identity:TagResource": (
        "cognito-identity",
        "create_identity_pool",
        {"IdentityPoolName": "new", "AllowUnauthenticatedIdentities": True},
    ),
}
MEMBERS = {"cognito-idp": "UserPoolTags", "cognito-identity": "IdentityPoolTags"}


@pytest.mark.parametrize("tagging", MAKES)
def test_whoever_makes_a_thing_with_tags_must_be_allowed_to_tag_it(
    sqlite_house: TestHouse, tagging: str
) -> None:
    """IAM-09: tags decide who may do what, so they are not given away with the right to create."""
    service, name, asked = MAKES[tagging]
    creates = f"{service}:Create*"
    team: dict[str, Any] = {"StringEquals": {"aws:RequestTag/team": "a"}}
    member = MEMBERS.get(service)
    tags = {member: {"team": "a"}} if member else {"Tags": TEAM_A}
    other = {member: {"team": "b"}} if member else {"Tags": [{"Key": "team", "Value": "b"}]}

    def make(keys: Keys, **more: Any) -> Any:
        return getattr(sqlite_house.client(service, **keys), name)(**asked, **more)

    plain = user(sqlite_house, "ann", allow(creates))
    able = user(sqlite_house, "bob", allow(creates), allow(tagging, **team))
    with refused("AccessDenied" if service == "iam" else "AccessDeniedException", tagging):
        make(plain, **tags)
    assert denied(lambda: make(able, **other))
    make(able, **tags)
    if service != "iam":
        make(plain)
