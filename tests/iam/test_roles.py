"""Roles through the SDK: trust, longest session, policies, and what keeps them."""

from __future__ import annotations

import logging

import pytest

from tests.iam.people import ROLE, ROOT, admin, allow, document, refused, trust
from tests.support.house import TestHouse

TRUST = trust({"AWS": ROOT})
COGNITO = {"Federated": "cognito-identity.amazonaws.com"}


def test_a_role_is_made_changed_and_removed(house: TestHouse) -> None:
    iam = admin(house)
    made = iam.create_role(
        RoleName="Reader", Path="/apps/", AssumeRolePolicyDocument=TRUST, Description="reads"
    )["Role"]
    assert made["Arn"] == f"{ROLE}apps/Reader"
    assert made["RoleId"].startswith("AROA")
    assert made["MaxSessionDuration"] == 3600
    assert made["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": ROOT}
    assert iam.get_role(RoleName="reader")["Role"] == made
    iam.update_role(RoleName="Reader", MaxSessionDuration=7200)
    changed = iam.get_role(RoleName="Reader")["Role"]
    assert (changed["MaxSessionDuration"], changed["Description"]) == (7200, "reads")
    iam.update_role(RoleName="Reader", Description="")
    assert "Description" not in iam.get_role(RoleName="Reader")["Role"]
    with refused("EntityAlreadyExists", "Role with name READER already exists.", 409):
        iam.create_role(RoleName="READER", AssumeRolePolicyDocument=TRUST)
    iam.delete_role(RoleName="Reader")
    with refused("NoSuchEntity", "The role with name Reader cannot be found.", 404):
        iam.get_role(RoleName="Reader")


def test_the_trust_policy_is_replaced_and_read_strictly(house: TestHouse) -> None:
    """IAM-08"""
    iam = admin(house)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    federated = trust(COGNITO, "sts:AssumeRoleWithWebIdentity")
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=federated)
    kept = iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]
    assert kept["Statement"][0]["Principal"] == COGNITO
    for text in ("{", document(allow("sts:AssumeRole")), TRUST.replace("arn:aws", "arn")):
        with refused("MalformedPolicyDocument", status=400):
            iam.update_assume_role_policy(RoleName="r", PolicyDocument=text)
        with refused("MalformedPolicyDocument", status=400):
            iam.create_role(RoleName="s", AssumeRolePolicyDocument=text)
    with refused("LimitExceeded", "ACLSizePerRole: 2048", 409):
        names = {"AWS": [f"{ROLE}{'r' * 60}{n}" for n in range(25)]}
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust(names))
    assert iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"] == kept


def test_a_trust_in_every_identity_pool_is_stored_with_a_warning(
    sqlite_house: TestHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """IDP-01"""
    iam, web = admin(sqlite_house), "sts:AssumeRoleWithWebIdentity"
    aud = {"cognito-identity.amazonaws.com:aud": "us-east-1:pool"}
    with caplog.at_level(logging.WARNING, "poolhouse.iam"):
        iam.create_role(
            RoleName="one", AssumeRolePolicyDocument=trust(COGNITO, web, StringEquals=aud)
        )
        assert not caplog.records
        iam.create_role(RoleName="any", AssumeRolePolicyDocument=trust(COGNITO, web))
    assert "trusts every identity pool" in caplog.text
    assert f"{ROLE}any" in caplog.text


def test_roles_are_listed_below_a_path_and_in_pages(house: TestHouse) -> None:
    iam = admin(house)
    for name, path in (("c", "/x/"), ("B", "/x/y/"), ("a", "/")):
        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=TRUST)
    assert [r["RoleName"] for r in iam.list_roles()["Roles"]] == ["a", "B", "c"]
    assert [r["RoleName"] for r in iam.list_roles(PathPrefix="/x/")["Roles"]] == ["B", "c"]
    pages = list(iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["Roles"]) for page in pages] == [2, 1]


def test_a_role_with_policies_is_kept(house: TestHouse) -> None:
    iam = admin(house)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    text = document(allow("iam:GetUser"))
    arn = iam.create_policy(PolicyName="m", PolicyDocument=text)["Policy"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=text)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    assert iam.list_role_policies(RoleName="r")["PolicyNames"] == ["p"]
    assert iam.get_role_policy(RoleName="r", PolicyName="p")["RoleName"] == "r"
    attached = iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"]
    assert attached == [{"PolicyName": "m", "PolicyArn": arn}]
    with refused("DeleteConflict", "Cannot delete entity, must delete policies first.", 409):
        iam.delete_role(RoleName="r")
    iam.delete_role_policy(RoleName="r", PolicyName="p")
    with refused("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409):
        iam.delete_role(RoleName="r")
    iam.detach_role_policy(RoleName="r", PolicyArn=arn)
    with refused("NoSuchEntity", "The role policy with name p cannot be found.", 404):
        iam.get_role_policy(RoleName="r", PolicyName="p")
    iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=arn)
    shown = iam.get_role(RoleName="r")["Role"]["PermissionsBoundary"]
    assert shown["PermissionsBoundaryArn"] == arn
    with refused("DeleteConflict", status=409):
        iam.delete_policy(PolicyArn=arn)
    iam.delete_role_permissions_boundary(RoleName="r")
    iam.tag_role(RoleName="r", Tags=[{"Key": "k", "Value": "v"}])
    assert iam.get_role(RoleName="r")["Role"]["Tags"] == [{"Key": "k", "Value": "v"}]
    iam.untag_role(RoleName="r", TagKeys=["k"])
    assert iam.list_role_tags(RoleName="r")["Tags"] == []
    iam.delete_role(RoleName="r")
