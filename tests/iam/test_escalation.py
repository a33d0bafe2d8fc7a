"""Known ways from a little power to all of it, each closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.iam.people import (
    POLICY,
    ROLE,
    ROOT,
    USER,
    admin,
    allow,
    denied,
    deny,
    document,
    key,
    refused,
    role,
    trust,
    user,
)
from tests.support.house import TestHouse

BOUNDARY = f"{POLICY}boundary"
BOUNDED: dict[str, Any] = {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}
EVERYTHING = document(allow("*"))
POWERS = [
    allow(["iam:Get*", "iam:List*"]),
    allow(
        ["iam:CreateUser", "iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:DeleteUserPolicy",
         "iam:PutUserPermissionsBoundary", "iam:CreateRole", "iam:PutRolePolicy",
         "iam:AttachRolePolicy"],
        [f"{USER}*", f"{ROLE}*"],
        **BOUNDED,
    ),
    allow(["iam:CreateAccessKey", "iam:UpdateUser", "iam:DeleteUser"], f"{USER}staff/*"),
    allow(["iam:UpdateAssumeRolePolicy", "iam:DeleteRole"], f"{ROLE}staff/*"),
    allow("iam:CreatePolicy", f"{POLICY}staff/*"),
    allow("sts:AssumeRole"),
    allow("cognito-idp:*"),
    deny("iam:*", [f"{ROLE}admin/*", f"{USER}boss", BOUNDARY, f"{USER}limited"]),
]  # fmt: skip


@pytest.fixture
def limited(sqlite_house: TestHouse) -> Any:
    """Clients of a limited administrator, among users and roles that can do everything."""
    iam = admin(sqlite_house)
    iam.create_policy(PolicyName="boundary", PolicyDocument=document(allow("iam:ListUsers")))
    iam.create_policy(PolicyName="everything", PolicyDocument=EVERYTHING)
    user(sqlite_house, "boss", allow("*"))
    iam.create_user(UserName="clerk", Path="/staff/", PermissionsBoundary=BOUNDARY)
    iam.create_user(UserName="free", Path="/staff/")
    role(sqlite_house, "admin", trust({"AWS": f"{USER}boss"}), allow("*"), Path="/admin/")
    iam.create_user(UserName="limited")
    iam.create_policy(PolicyName="powers", PolicyDocument=document(*POWERS))
    iam.attach_user_policy(UserName="limited", PolicyArn=f"{POLICY}powers")
    keys = key(sqlite_house, "limited")
    return sqlite_house.client("iam", **keys), sqlite_house.client("sts", **keys)


ME = {"UserName": "limited"}
INLINE = {"PolicyName": "p", "PolicyDocument": EVERYTHING}
ALL = {"PolicyArn": f"{POLICY}everything"}
OPEN = trust({"AWS": ROOT})

WAYS: dict[str, Callable[[Any, Any], Any]] = {
    "a policy for myself": lambda iam, _: iam.put_user_policy(**ME, **INLINE),
    "a managed policy for myself": lambda iam, _: iam.attach_user_policy(**ME, **ALL),
    "an unbounded user": lambda iam, _: iam.create_user(UserName="new"),
    "a user bounded by everything": lambda iam, _: iam.create_user(
        UserName="new", PermissionsBoundary=ALL["PolicyArn"]
    ),
    "a policy for a user without boundary": lambda iam, _: iam.put_user_policy(
        UserName="free", **INLINE
    ),
    "a managed policy for one": lambda iam, _: iam.attach_user_policy(UserName="free", **ALL),
    "taking a boundary away": lambda iam, _: iam.delete_user_permissions_boundary(UserName="clerk"),
    "a wider boundary": lambda iam, _: iam.put_user_permissions_boundary(
        UserName="clerk", PermissionsBoundary=ALL["PolicyArn"]
    ),
    "another text of the boundary": lambda iam, _: iam.create_policy_version(
        PolicyArn=BOUNDARY, PolicyDocument=EVERYTHING, SetAsDefault=True
    ),
    "another version of the boundary": lambda iam, _: iam.set_default_policy_version(
        PolicyArn=BOUNDARY, VersionId="v1"
    ),
    "another text of my own policy": lambda iam, _: iam.create_policy_version(
        PolicyArn=f"{POLICY}powers", PolicyDocument=EVERYTHING, SetAsDefault=True
    ),
    "a key of the boss": lambda iam, _: iam.create_access_key(UserName="boss"),
    "a key of the BOSS": lambda iam, _: iam.create_access_key(UserName="BOSS"),
    "a key of mine": lambda iam, _: iam.create_access_key(),
    "the boss moved to the staff": lambda iam, _: iam.update_user(
        UserName="boss", NewPath="/staff/"
    ),
    "a clerk moved out of the staff": lambda iam, _: iam.update_user(UserName="clerk", NewPath="/"),
    "the trust of the admin role": lambda iam, _: iam.update_assume_role_policy(
        RoleName="admin", PolicyDocument=OPEN
    ),
    "the admin role anew": lambda iam, _: iam.delete_role(RoleName="admin"),
    "a policy of the admin role": lambda iam, _: iam.put_role_policy(RoleName="admin", **INLINE),
    "an unbounded role": lambda iam, _: iam.create_role(
        RoleName="new", AssumeRolePolicyDocument=OPEN
    ),
    "an unbounded role of the staff": lambda iam, _: iam.create_role(
        RoleName="new", Path="/staff/", AssumeRolePolicyDocument=OPEN
    ),
    "the admin role itself": lambda _, sts: sts.assume_role(
        RoleArn=f"{ROLE}admin/admin", RoleSessionName="me"
    ),
    "the admin role without its path": lambda _, sts: sts.assume_role(
        RoleArn=f"{ROLE}admin", RoleSessionName="me"
    ),
    "tags on myself": lambda iam, _: iam.tag_user(**ME, Tags=[{"Key": "team", "Value": "boss"}]),
    "looking at the boss": lambda iam, _: iam.get_user(UserName="boss"),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_limited_administrator_gains_nothing_by(limited: Any, name: str) -> None:
    """IAM-09"""
    assert denied(lambda: WAYS[name](*limited)), name


def test_a_limited_administrator_can_do_its_work_and_its_users_stay_bounded(
    sqlite_house: TestHouse, limited: Any
) -> None:
    """IAM-09"""
    iam, _ = limited
    iam.create_user(UserName="new", Path="/staff/", PermissionsBoundary=BOUNDARY)
    iam.put_user_policy(UserName="new", **INLINE)
    iam.attach_user_policy(UserName="new", **ALL)
    made = iam.create_access_key(UserName="new")["AccessKey"]
    theirs = sqlite_house.client(
        "iam",
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
    )
    theirs.list_users()
    with refused("AccessDenied", "because no permissions boundary allows"):
        theirs.create_user(UserName="another")
    assert denied(lambda: theirs.delete_user_permissions_boundary(UserName="new"))
    iam.update_user(UserName="new", NewUserName="newer")
    iam.create_policy(PolicyName="more", Path="/staff/", PolicyDocument=EVERYTHING)


def test_a_condition_may_name_the_policy_that_is_attached(sqlite_house: TestHouse) -> None:
    """IAM-09"""
    iam = admin(sqlite_house)
    for name in ("good", "bad"):
        iam.create_policy(PolicyName=name, PolicyDocument=document(allow("iam:ListUsers")))
    only: dict[str, Any] = {"ArnEquals": {"iam:PolicyARN": f"{POLICY}good"}}
    keys = user(sqlite_house, "ann", allow(["iam:Attach*", "iam:Detach*"], **only))
    mine = sqlite_house.client("iam", **keys)
    mine.attach_user_policy(UserName="ann", PolicyArn=f"{POLICY}good")
    mine.detach_user_policy(UserName="ann", PolicyArn=f"{POLICY}good")
    assert denied(lambda: mine.attach_user_policy(UserName="ann", PolicyArn=f"{POLICY}bad"))


def test_a_condition_may_name_tags_asked_for_and_tags_there(sqlite_house: TestHouse) -> None:
    """IAM-09"""
    ours: dict[str, Any] = {"StringEquals": {"aws:RequestTag/team": "a"}}
    theirs: dict[str, Any] = {"StringEquals": {"iam:ResourceTag/team": "a"}}
    keys = user(
        sqlite_house,
        "ann",
        allow(["iam:CreateUser", "iam:TagUser"], **ours),
        allow("iam:DeleteUser", **theirs),
    )
    mine = sqlite_house.client("iam", **keys)
    assert denied(lambda: mine.create_user(UserName="new"))
    assert denied(lambda: mine.create_user(UserName="new", Tags=[{"Key": "team", "Value": "b"}]))
    mine.create_user(UserName="new", Tags=[{"Key": "team", "Value": "a"}])
    mine.delete_user(UserName="new")
    assert denied(lambda: mine.delete_user(UserName="ann"))


def test_a_role_is_stored_elsewhere_only_by_who_may_pass_it(sqlite_house: TestHouse) -> None:
    """IAM-09"""
    arn = role(sqlite_house, "strong", OPEN, allow("*"))
    pool = sqlite_house.client("cognito-idp").create_user_pool(PoolName="p")["UserPool"]["Id"]
    keys = user(sqlite_house, "ann", allow("cognito-idp:*"))
    mine = sqlite_house.client("cognito-idp", **keys)
    ask = {"UserPoolId": pool, "GroupName": "g", "RoleArn": arn}
    with refused("AccessDeniedException", f"iam:PassRole on resource: {arn}"):
        mine.create_group(**ask)
    admin(sqlite_house).put_user_policy(
        UserName="ann", PolicyName="pass", PolicyDocument=document(allow("iam:PassRole", arn))
    )
    mine.create_group(**ask)
