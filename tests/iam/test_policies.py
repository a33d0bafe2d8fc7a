"""Managed policies and their versions through the SDK."""

from __future__ import annotations

from typing import Any

from tests.iam.people import POLICY, ROOT, USER, admin, allow, document, refused, trust, user
from tests.support.house import TestHouse

READS = document(allow("iam:GetUser"))
LISTS = document(allow("iam:ListUsers"))


def test_a_managed_policy_is_made_listed_and_removed(house: TestHouse) -> None:
    iam = admin(house)
    made = iam.create_policy(
        PolicyName="Reads", Path="/p/", PolicyDocument=READS, Description="d",
        Tags=[{"Key": "k", "Value": "v"}],
    )["Policy"]  # fmt: skip
    assert made["Arn"] == f"{POLICY}p/Reads"
    assert made["PolicyId"].startswith("ANPA")
    found = iam.get_policy(PolicyArn=made["Arn"])["Policy"]
    assert (found["Description"], found["AttachmentCount"]) == ("d", 0)
    with refused("EntityAlreadyExists", "A policy called reads already exists.", 409):
        iam.create_policy(PolicyName="reads", PolicyDocument=READS)
    iam.create_policy(PolicyName="lists", PolicyDocument=LISTS)
    assert [p["PolicyName"] for p in iam.list_policies()["Policies"]] == ["lists", "Reads"]
    assert [p["PolicyName"] for p in iam.list_policies(PathPrefix="/p/")["Policies"]] == ["Reads"]
    assert iam.list_policies(Scope="AWS")["Policies"] == []
    user(house, "ann")
    iam.attach_user_policy(UserName="ann", PolicyArn=made["Arn"])
    attached = iam.list_policies(OnlyAttached=True)["Policies"]
    assert [(p["PolicyName"], p["AttachmentCount"]) for p in attached] == [("Reads", 1)]
    iam.detach_user_policy(UserName="ann", PolicyArn=made["Arn"])
    iam.delete_policy(PolicyArn=made["Arn"])
    with refused("NoSuchEntity", f"Policy {made['Arn']} was not found.", 404):
        iam.get_policy(PolicyArn=made["Arn"])
    for text, code in (("[]", "MalformedPolicyDocument"), ("x" * 131_072, "LimitExceeded")):
        with refused(code):
            iam.create_policy(PolicyName="bad", PolicyDocument=text)


def test_the_default_version_is_the_one_in_force(house: TestHouse) -> None:
    """IAM-12"""
    iam = admin(house)
    keys = user(house, "ann")
    arn = iam.create_policy(PolicyName="m", PolicyDocument=READS)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    mine = house.client("iam", **keys)
    mine.get_user()
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=LISTS)["PolicyVersion"]
    assert (made["VersionId"], made["IsDefaultVersion"]) == ("v2", False)
    mine.get_user()
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    with refused("AccessDenied"):
        mine.get_user()
    mine.list_users()
    with refused("DeleteConflict", "default version", 409):
        iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=READS, SetAsDefault=True)
    mine.get_user()
    kept = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]
    assert kept["Document"]["Statement"][0]["Action"] == "iam:ListUsers"
    assert not kept["IsDefaultVersion"]


def test_five_versions_are_the_most_and_all_but_one_go_first(sqlite_house: TestHouse) -> None:
    iam = admin(sqlite_house)
    arn = iam.create_policy(PolicyName="m", PolicyDocument=READS)["Policy"]["Arn"]
    for number in range(4):
        text = document(allow("iam:GetUser", f"{USER}{number}"))
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=text)
    with refused("LimitExceeded", "up to 5 versions", 409):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=READS)
    with refused("DeleteConflict", "more than one version", 409):
        iam.delete_policy(PolicyArn=arn)
    for number in range(2, 6):
        iam.delete_policy_version(PolicyArn=arn, VersionId=f"v{number}")
    with refused("NoSuchEntity", status=404):
        iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=READS)["PolicyVersion"]
    assert made["VersionId"] == "v6"
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [v["VersionId"] for v in versions] == ["v6", "v1"]


def test_policies_are_listed_by_what_they_are_used_for(house: TestHouse) -> None:
    iam = admin(house)
    arns = {
        name: iam.create_policy(PolicyName=name, PolicyDocument=READS)["Policy"]["Arn"]
        for name in ("a-role", "both", "bounds-role", "bounds-user", "unused")
    }
    iam.create_user(UserName="ann", PermissionsBoundary=arns["bounds-user"])
    iam.create_user(UserName="bob", PermissionsBoundary=arns["both"])
    trusted = trust({"AWS": ROOT})
    iam.create_role(
        RoleName="r", AssumeRolePolicyDocument=trusted, PermissionsBoundary=arns["bounds-role"]
    )
    iam.attach_role_policy(RoleName="r", PolicyArn=arns["a-role"])
    iam.attach_user_policy(UserName="ann", PolicyArn=arns["both"])

    def names(**more: Any) -> list[str]:
        pages = iam.get_paginator("list_policies").paginate(
            **more, PaginationConfig={"PageSize": 2}
        )
        return [policy["PolicyName"] for page in pages for policy in page["Policies"]]

    assert names() == sorted(arns)
    assert names(PolicyUsageFilter="PermissionsPolicy") == ["a-role", "both"]
    bounding = ["both", "bounds-role", "bounds-user"]
    assert names(PolicyUsageFilter="PermissionsBoundary") == bounding
    assert names(PolicyUsageFilter="PermissionsBoundary", OnlyAttached=True) == bounding
    assert names(PolicyUsageFilter="PermissionsBoundary", PathPrefix="/x/") == []


def test_whom_a_policy_serves_is_listed(house: TestHouse) -> None:
    iam = admin(house)
    arn = iam.create_policy(PolicyName="m", PolicyDocument=READS)["Policy"]["Arn"]
    for name in ("ann", "bob"):
        iam.create_user(UserName=name, Path="/staff/")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": ROOT}))
    iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=arn)

    def served(**more: str) -> list[str]:
        found = iam.list_entities_for_policy(PolicyArn=arn, **more)
        roles = [item["RoleName"] for item in found["PolicyRoles"]]
        return roles + [item["UserName"] for item in found["PolicyUsers"]]

    assert served() == ["r", "ann", "bob"]
    assert served(PolicyUsageFilter="PermissionsPolicy") == ["r", "ann"]
    assert served(PolicyUsageFilter="PermissionsBoundary") == ["bob"]
    assert served(EntityFilter="User") == ["ann", "bob"]
    assert served(PathPrefix="/staff/") == ["ann", "bob"]
    pages = iam.get_paginator("list_entities_for_policy").paginate(
        PolicyArn=arn, PaginationConfig={"PageSize": 2}
    )
    assert [len(page["PolicyRoles"]) + len(page["PolicyUsers"]) for page in pages] == [2, 1]
