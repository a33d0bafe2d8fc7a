"""IAM users through the SDK: names, paths, tags, policies, boundaries, and what keeps them."""

from __future__ import annotations

import pytest

from tests.iam.people import POLICY, USER, admin, allow, document, refused, user
from tests.support.house import ACCOUNT, TestHouse


def test_a_user_is_made_found_renamed_and_removed(house: TestHouse) -> None:
    iam = admin(house)
    made = iam.create_user(UserName="Ann", Path="/staff/", Tags=[{"Key": "team", "Value": "a"}])
    assert made["User"]["Arn"] == f"{USER}staff/Ann"
    assert made["User"]["UserId"].startswith("AIDA")
    assert len(made["User"]["UserId"]) == 21
    found = iam.get_user(UserName="ann")["User"]
    assert found == made["User"]
    iam.update_user(UserName="ANN", NewUserName="Anna", NewPath="/")
    moved = iam.get_user(UserName="anna")["User"]
    assert (moved["Arn"], moved["UserId"]) == (f"{USER}Anna", made["User"]["UserId"])
    with refused("NoSuchEntity", "The user with name ann cannot be found.", 404):
        iam.get_user(UserName="ann")
    iam.delete_user(UserName="Anna")
    with refused("NoSuchEntity", "The user with name Anna cannot be found.", 404):
        iam.delete_user(UserName="Anna")


def test_a_name_is_taken_in_whatever_case(house: TestHouse) -> None:
    iam = admin(house)
    iam.create_user(UserName="Bob")
    iam.create_user(UserName="Carl")
    with refused("EntityAlreadyExists", "User with name bob already exists.", 409):
        iam.create_user(UserName="bob", Path="/else/")
    with refused("EntityAlreadyExists", "User with name BOB already exists.", 409):
        iam.update_user(UserName="Carl", NewUserName="BOB")
    iam.update_user(UserName="Bob", NewUserName="BOB")
    assert iam.get_user(UserName="bob")["User"]["UserName"] == "BOB"


def test_users_are_listed_by_name_below_a_path_and_in_pages(house: TestHouse) -> None:
    iam = admin(house)
    for name, path in (("c", "/x/y/"), ("B", "/x/"), ("a", "/"), ("d", "/xy/")):
        iam.create_user(UserName=name, Path=path)
    assert [u["UserName"] for u in iam.list_users()["Users"]] == ["a", "B", "c", "d"]
    assert [u["UserName"] for u in iam.list_users(PathPrefix="/x/")["Users"]] == ["B", "c"]
    pages = list(iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["Users"]) for page in pages] == [3, 1]
    assert [page["IsTruncated"] for page in pages] == [True, False]
    marker = iam.list_users(MaxItems=1)["Marker"]
    assert len(marker) <= 320
    for other in ({"PathPrefix": "/x/"}, {"Marker": "abc"}):
        with refused("ValidationError", "Invalid pagination token."):
            iam.list_users(**{"Marker": marker, **other})


def test_get_user_without_a_name_is_about_who_asks(sqlite_house: TestHouse) -> None:
    keys = user(sqlite_house, "ann", allow("iam:GetUser", f"{USER}${{aws:username}}"))
    mine = sqlite_house.client("iam", **keys)
    assert mine.get_user()["User"]["UserName"] == "ann"
    admin(sqlite_house).create_user(UserName="bob")
    with refused("AccessDenied", f"iam:GetUser on resource: {USER}bob", 403):
        mine.get_user(UserName="bob")
    root = admin(sqlite_house).get_user()["User"]
    assert (root["UserId"], root["Arn"]) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root")


def test_an_inline_policy_is_put_read_replaced_and_removed(house: TestHouse) -> None:
    iam = admin(house)
    iam.create_user(UserName="ann")
    texts = {name: document(allow(f"iam:{name}", "*")) for name in ("GetUser", "GetRole")}
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=texts["GetUser"])
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=texts["GetRole"])
    iam.put_user_policy(UserName="ann", PolicyName="q", PolicyDocument=texts["GetUser"])
    found = iam.get_user_policy(UserName="ann", PolicyName="p")
    assert found["PolicyDocument"]["Statement"][0]["Action"] == "iam:GetRole"
    assert iam.list_user_policies(UserName="ann")["PolicyNames"] == ["p", "q"]
    first = iam.list_user_policies(UserName="ann", MaxItems=1)
    rest = iam.list_user_policies(UserName="ann", Marker=first["Marker"])
    assert (first["PolicyNames"], rest["PolicyNames"]) == (["p"], ["q"])
    with refused("DeleteConflict", "Cannot delete entity, must delete policies first.", 409):
        iam.delete_user(UserName="ann")
    iam.delete_user_policy(UserName="ann", PolicyName="p")
    with refused("NoSuchEntity", "The user policy with name p cannot be found.", 404):
        iam.get_user_policy(UserName="ann", PolicyName="p")
    with refused("NoSuchEntity", "The user policy with name p cannot be found.", 404):
        iam.delete_user_policy(UserName="ann", PolicyName="p")


def test_documents_travel_percent_encoded(sqlite_house: TestHouse) -> None:
    text = document(allow("iam:Get*", f"{USER}a+b/~"))
    iam = admin(sqlite_house)
    iam.create_user(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=text)
    bodies: list[bytes] = []
    iam.meta.events.register(
        "response-received.iam.GetUserPolicy",
        lambda response_dict, **_: bodies.append(response_dict["body"]),
    )
    iam.get_user_policy(UserName="ann", PolicyName="p")
    assert b"%7B%22Version%22%3A%20%222012-10-17%22" in bodies[0]
    assert b"%3Auser%2Fa%2Bb%2F~" in bodies[0]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "MalformedPolicyDocument"),
        ('{"Statement":[{"Effect":"Allow","Action":"*"}]}', "MalformedPolicyDocument"),
        (
            document(allow("iam:*")).replace('"*"', '"*", "Resource": "*"'),
            "MalformedPolicyDocument",
        ),
        (document(*(allow(f"iam:Get{n:0>40}") for n in range(40))), "LimitExceeded"),
    ],
)
def test_a_document_that_is_no_policy_is_not_stored(
    sqlite_house: TestHouse, text: str, code: str
) -> None:
    """IAM-08"""
    iam = admin(sqlite_house)
    iam.create_user(UserName="ann")
    with refused(code):
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=text)
    assert iam.list_user_policies(UserName="ann")["PolicyNames"] == []


def test_all_inline_policies_of_a_user_share_one_quota(sqlite_house: TestHouse) -> None:
    iam = admin(sqlite_house)
    iam.create_user(UserName="ann")
    big = document(*(allow(f"iam:Get{n:0>40}") for n in range(15)))
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=big)
    with refused("LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user ann", 409):
        iam.put_user_policy(UserName="ann", PolicyName="q", PolicyDocument=big)
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=big)


def test_a_managed_policy_is_attached_and_keeps_its_user(house: TestHouse) -> None:
    iam = admin(house)
    iam.create_user(UserName="ann")
    arn = iam.create_policy(PolicyName="m", PolicyDocument=document(allow("iam:*")))["Policy"][
        "Arn"
    ]
    for _ in range(2):
        iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    attached = iam.list_attached_user_policies(UserName="ann")["AttachedPolicies"]
    assert attached == [{"PolicyName": "m", "PolicyArn": arn}]
    with refused("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409):
        iam.delete_user(UserName="ann")
    with refused("DeleteConflict", "Cannot delete a policy attached to entities.", 409):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_user_policy(UserName="ann", PolicyArn=arn)
    with refused("NoSuchEntity", f"Policy {arn} was not found.", 404):
        iam.detach_user_policy(UserName="ann", PolicyArn=arn)
    with refused("NoSuchEntity", "does not exist or is not attachable.", 404):
        iam.attach_user_policy(UserName="ann", PolicyArn=f"{POLICY}nothing")
    iam.delete_policy(PolicyArn=arn)
    iam.delete_user(UserName="ann")


def test_ten_managed_policies_are_the_most(sqlite_house: TestHouse) -> None:
    iam = admin(sqlite_house)
    iam.create_user(UserName="ann")
    text = document(allow("iam:GetUser"))
    arns = [
        iam.create_policy(PolicyName=f"m{n}", PolicyDocument=text)["Policy"]["Arn"]
        for n in range(11)
    ]
    for arn in arns[:10]:
        iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    with refused("LimitExceeded", "PoliciesPerUser: 10", 409):
        iam.attach_user_policy(UserName="ann", PolicyArn=arns[10])
    assert len(iam.list_attached_user_policies(UserName="ann")["AttachedPolicies"]) == 10


def test_a_boundary_is_set_shown_kept_and_removed(house: TestHouse) -> None:
    iam = admin(house)
    with refused("NoSuchEntity", "does not exist or is not attachable.", 404):
        iam.create_user(UserName="ann", PermissionsBoundary=f"{POLICY}boundary")
    text = document(allow("iam:GetUser"))
    arn = iam.create_policy(PolicyName="boundary", PolicyDocument=text)["Policy"]["Arn"]
    iam.create_user(UserName="ann", PermissionsBoundary=arn)
    shown = iam.get_user(UserName="ann")["User"]["PermissionsBoundary"]
    assert shown == {
        "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
        "PermissionsBoundaryArn": arn,
    }
    with refused("DeleteConflict", "Cannot delete a policy attached to entities.", 409):
        iam.delete_policy(PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    iam.delete_user_permissions_boundary(UserName="ann")
    assert "PermissionsBoundary" not in iam.get_user(UserName="ann")["User"]
    with refused("NoSuchEntity", status=404):
        iam.delete_user_permissions_boundary(UserName="ann")
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=arn)
    assert iam.get_user(UserName="ann")["User"]["PermissionsBoundary"]


def test_tags_are_added_changed_and_removed_without_regard_to_case(house: TestHouse) -> None:
    iam = admin(house)
    iam.create_user(UserName="ann", Tags=[{"Key": "Team", "Value": "a"}])
    iam.tag_user(UserName="ann", Tags=[{"Key": "team", "Value": "b"}, {"Key": "cost", "Value": ""}])
    assert iam.list_user_tags(UserName="ann")["Tags"] == [
        {"Key": "cost", "Value": ""},
        {"Key": "team", "Value": "b"},
    ]
    iam.untag_user(UserName="ann", TagKeys=["COST", "absent"])
    assert iam.list_user_tags(UserName="ann")["Tags"] == [{"Key": "team", "Value": "b"}]
    for keys in (["a", "A"], ["aws:x"]):
        with refused("InvalidInput", status=400):
            iam.tag_user(UserName="ann", Tags=[{"Key": k, "Value": ""} for k in keys])
    with refused("LimitExceeded", "TagsPerResource: 50", 409):
        iam.tag_user(UserName="ann", Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)])
