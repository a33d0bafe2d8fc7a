"""Groups through the AWS SDK, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse.contract import cognito_idp as contract
from poolhouse.contract.shape import Refusal, Refused
from tests.support.house import TestHouse
from tests.userpools.pools.asking import ORIGIN, AllBut, signed

ROLE = "arn:aws:iam::000000000000:role/staff"


@pytest.fixture
def idp(house: TestHouse) -> Any:
    return house.client("cognito-idp")


@pytest.fixture
def pool(idp: Any) -> str:
    found: str = idp.create_user_pool(PoolName="groups")["UserPool"]["Id"]
    return found


def add_user(idp: Any, pool: str, name: str) -> None:
    idp.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")


def code_of(call: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**given)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_group_is_made_read_changed_and_removed(idp: Any, pool: str) -> None:
    made = idp.create_group(
        UserPoolId=pool, GroupName="staff", Description="all", RoleArn=ROLE, Precedence=0
    )["Group"]
    assert made["Precedence"] == 0 and made["RoleArn"] == ROLE and made["UserPoolId"] == pool
    changed = idp.update_group(UserPoolId=pool, GroupName="staff", Precedence=7)["Group"]
    assert (changed["Precedence"], changed["Description"]) == (7, "all")
    assert changed["LastModifiedDate"] >= made["LastModifiedDate"]
    assert idp.get_group(UserPoolId=pool, GroupName="staff")["Group"] == changed
    idp.delete_group(UserPoolId=pool, GroupName="staff")
    assert code_of(idp.get_group, UserPoolId=pool, GroupName="staff") == (
        "ResourceNotFoundException",
        "Group not found.",
    )
    for call in (idp.delete_group, idp.update_group):
        assert code_of(call, UserPoolId=pool, GroupName="staff")[0] == "ResourceNotFoundException"


def test_a_name_is_given_once(idp: Any, pool: str) -> None:
    idp.create_group(UserPoolId=pool, GroupName="staff")
    assert code_of(idp.create_group, UserPoolId=pool, GroupName="staff") == (
        "GroupExistsException",
        "A group with the name already exists.",
    )


def test_of_many_parallel_creations_one_wins(idp: Any, pool: str) -> None:
    """REL-03: no 500, one row."""

    def create(_: int) -> str:
        try:
            idp.create_group(UserPoolId=pool, GroupName="one")
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "made"

    with ThreadPoolExecutor(8) as threads:
        outcomes = sorted(threads.map(create, range(16)))
    assert outcomes == ["GroupExistsException"] * 15 + ["made"]


def test_members_come_and_go_and_both_are_idempotent(idp: Any, pool: str) -> None:
    add_user(idp, pool, "ann")
    idp.create_group(UserPoolId=pool, GroupName="staff")
    for _ in range(2):
        idp.admin_add_user_to_group(UserPoolId=pool, GroupName="staff", Username="ann")
    users = idp.list_users_in_group(UserPoolId=pool, GroupName="staff")["Users"]
    assert [user["Username"] for user in users] == ["ann"]
    groups = idp.admin_list_groups_for_user(UserPoolId=pool, Username="ann")["Groups"]
    assert [group["GroupName"] for group in groups] == ["staff"]
    for _ in range(2):
        idp.admin_remove_user_from_group(UserPoolId=pool, GroupName="staff", Username="ann")
    assert idp.list_users_in_group(UserPoolId=pool, GroupName="staff")["Users"] == []


def test_deleting_a_user_or_a_group_leaves_no_membership(idp: Any, pool: str) -> None:
    """CGN-22: a name used again inherits nothing."""
    for name in ("ann", "bob"):
        add_user(idp, pool, name)
        idp.create_group(UserPoolId=pool, GroupName=f"of-{name}")
        idp.admin_add_user_to_group(UserPoolId=pool, GroupName=f"of-{name}", Username=name)
    idp.admin_delete_user(UserPoolId=pool, Username="ann")
    add_user(idp, pool, "ann")
    assert idp.admin_list_groups_for_user(UserPoolId=pool, Username="ann")["Groups"] == []
    idp.delete_group(UserPoolId=pool, GroupName="of-bob")
    idp.create_group(UserPoolId=pool, GroupName="of-bob")
    assert idp.list_users_in_group(UserPoolId=pool, GroupName="of-bob")["Users"] == []


@pytest.mark.parametrize("missing", ["pool", "group", "user"])
def test_what_is_not_there_is_named(idp: Any, pool: str, missing: str) -> None:
    add_user(idp, pool, "ann")
    idp.create_group(UserPoolId=pool, GroupName="staff")
    given = {"UserPoolId": pool, "GroupName": "staff", "Username": "ann"}
    gone = "us-east-1_gone00000"
    other, expected = {
        "pool": ({"UserPoolId": gone}, f"User pool {gone} does not exist."),
        "group": ({"GroupName": "nobody"}, "Group not found."),
        "user": ({"Username": "nobody"}, "User does not exist."),
    }[missing]
    for call in (idp.admin_add_user_to_group, idp.admin_remove_user_from_group):
        assert code_of(call, **{**given, **other})[1] == expected


def test_lists_are_paged_to_the_end(idp: Any, pool: str) -> None:
    for number in range(7):
        idp.create_group(UserPoolId=pool, GroupName=f"g{number}")
        add_user(idp, pool, f"u{number}")
        idp.admin_add_user_to_group(UserPoolId=pool, GroupName="g0", Username=f"u{number}")
        idp.admin_add_user_to_group(UserPoolId=pool, GroupName=f"g{number}", Username="u0")
    calls = [
        ("list_groups", "Groups", "GroupName", {}),
        ("admin_list_groups_for_user", "Groups", "GroupName", {"Username": "u0"}),
        ("list_users_in_group", "Users", "Username", {"GroupName": "g0"}),
    ]
    for name, member, key, given in calls:
        pages = idp.get_paginator(name).paginate(
            UserPoolId=pool, PaginationConfig={"PageSize": 3}, **given
        )
        sizes, seen = [], []
        for page in pages:
            sizes.append(len(page[member]))
            seen += [item[key] for item in page[member]]
        assert sizes == [3, 3, 1] and len(set(seen)) == 7, name


def test_a_page_token_is_good_for_its_own_list_only(idp: Any, pool: str) -> None:
    """ADM-08"""
    other = idp.create_user_pool(PoolName="other")["UserPool"]["Id"]
    for number in range(3):
        idp.create_group(UserPoolId=pool, GroupName=f"g{number}")
    token = idp.list_groups(UserPoolId=pool, Limit=1)["NextToken"]
    tampered = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    for given in (
        {"UserPoolId": other, "NextToken": token},
        {"UserPoolId": pool, "NextToken": tampered},
        {"UserPoolId": pool, "NextToken": "x"},
    ):
        assert code_of(idp.list_groups, **given)[0] == "InvalidParameterException"
    assert len(idp.list_groups(UserPoolId=pool, NextToken=token)["Groups"]) == 2


def test_a_page_token_ends_after_an_hour(house: TestHouse, idp: Any, pool: str) -> None:
    for number in range(2):
        idp.create_group(UserPoolId=pool, GroupName=f"g{number}")
    token = idp.list_groups(UserPoolId=pool, Limit=1)["NextToken"]
    from poolhouse.pages import BadToken, Bookmarks

    now = house.clock.now()
    marks = Bookmarks(house.services.sealer.mac, f"cognito-idp:ListGroups\x1f{pool}", now + 3700)
    with pytest.raises(BadToken):
        marks.after(token)


def test_a_group_of_one_pool_is_nothing_in_another(idp: Any, pool: str) -> None:
    """ADM-01"""
    other = idp.create_user_pool(PoolName="other")["UserPool"]["Id"]
    add_user(idp, pool, "ann")
    idp.create_group(UserPoolId=pool, GroupName="staff")
    for call, given in [
        (idp.get_group, {}),
        (idp.delete_group, {}),
        (idp.update_group, {}),
        (idp.list_users_in_group, {}),
        (idp.admin_add_user_to_group, {"Username": "ann"}),
    ]:
        code = code_of(call, UserPoolId=other, GroupName="staff", **given)[0]
        assert code in ("ResourceNotFoundException", "UserNotFoundException")
    assert idp.get_group(UserPoolId=pool, GroupName="staff")


def test_groups_are_for_signed_callers(house: TestHouse, pool: str) -> None:
    """CGN-23, CGN-16"""
    unsigned = house.unsigned("cognito-idp")
    code, _ = code_of(
        unsigned.admin_add_user_to_group, UserPoolId=pool, GroupName="staff", Username="ann"
    )
    assert code == "MissingAuthenticationTokenException"


def test_a_role_is_handed_over_only_by_those_who_may(house: TestHouse, pool: str) -> None:
    """ADM-04: iam:PassRole, at creation and at every change."""
    named: dict[str, Any] = {"user_pool_id": pool, "group_name": "staff"}
    for operation, ask in (
        (contract.CreateGroup, contract.CreateGroupRequest(**named, role_arn=ROLE)),
        (contract.UpdateGroup, contract.UpdateGroupRequest(**named, role_arn=ROLE)),
    ):
        clerk, free = AllBut("iam:PassRole"), AllBut("nothing")
        with pytest.raises(Refused) as caught:
            house.house.perform_as(signed(clerk), operation, ask, ORIGIN)
        assert caught.value.refusal is Refusal.ACCESS_DENIED
        assert clerk.asked[-1] == ("iam:PassRole", ROLE)
        house.house.perform_as(signed(free), operation, ask, ORIGIN)
