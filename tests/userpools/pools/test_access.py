"""Who may do what to which pool: signatures, permissions, roles, page tokens."""

from __future__ import annotations

from typing import Any

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.shape import Refusal, Refused
from tests.support.house import ACCOUNT, REGION, TestHouse
from tests.userpools.pools.asking import ORIGIN, ROLE, AllBut, a_pool, code, refusal, signed

TIER = {"Name": "tier", "AttributeDataType": "String", "Mutable": True}
GHOST = f"{REGION}_abcdefghi"


def test_a_page_token_is_good_only_where_it_came_from(sqlite_house: TestHouse) -> None:
    """ADM-08"""
    here = sqlite_house.client("cognito-idp")
    there = sqlite_house.client("cognito-idp", region="eu-west-1")
    pools = [a_pool(sqlite_house) for _ in range(2)]
    token = here.list_user_pools(MaxResults=1)["NextToken"]
    for name in "ab":
        here.create_user_pool_client(UserPoolId=pools[0], ClientName=name)
    of_clients = here.list_user_pool_clients(UserPoolId=pools[0], MaxResults=1)["NextToken"]
    invalid = ("InvalidParameterException", "Invalid pagination token.")
    assert refusal(there.list_user_pools, MaxResults=1, NextToken=token) == invalid
    assert refusal(here.list_user_pools, MaxResults=1, NextToken=of_clients) == invalid
    tampered = token[:-2] + ("aa" if token[-2:] != "aa" else "bb")
    assert refusal(here.list_user_pools, MaxResults=1, NextToken=tampered) == invalid
    assert (
        refusal(
            here.list_user_pool_clients, UserPoolId=pools[1], MaxResults=1, NextToken=of_clients
        )
        == invalid
    )
    sqlite_house.clock.step(3601)
    late = idp.ListUserPoolsRequest(max_results=1, next_token=token)
    with pytest.raises(Refused, match="Invalid pagination token"):
        sqlite_house.house.perform_as(signed(AllBut("nothing")), idp.ListUserPools, late, ORIGIN)


@pytest.mark.parametrize("member", ["sns_caller_arn", "eums_sms"])
def test_a_role_is_handed_over_only_by_those_who_may(sqlite_house: TestHouse, member: str) -> None:
    """ADM-04: iam:PassRole, at creation and at every update."""
    given: Any = idp.EumsSmsConfigurationType(caller_arn=ROLE) if member == "eums_sms" else ROLE
    sms = idp.SmsConfigurationType(**{member: given})
    pool_id = a_pool(sqlite_house)
    asks: list[tuple[Any, Any]] = [
        (idp.CreateUserPool, idp.CreateUserPoolRequest(pool_name="x", sms_configuration=sms)),
        (
            idp.UpdateUserPool,
            idp.UpdateUserPoolRequest(user_pool_id=pool_id, sms_configuration=sms),
        ),
    ]
    for operation, ask in asks:
        clerk, free = AllBut("iam:PassRole"), AllBut("nothing")
        with pytest.raises(Refused) as caught:
            sqlite_house.house.perform_as(signed(clerk), operation, ask, ORIGIN)
        assert caught.value.refusal is Refusal.ACCESS_DENIED
        assert ("iam:PassRole", ROLE) in clerk.asked
        sqlite_house.house.perform_as(signed(free), operation, ask, ORIGIN)


def test_permission_is_asked_on_the_pool_that_is_acted_on(sqlite_house: TestHouse) -> None:
    """ADM-01"""
    pool_id = a_pool(sqlite_house)
    clerk = AllBut("cognito-idp:DeleteUserPool")
    ask = idp.DeleteUserPoolRequest(user_pool_id=pool_id)
    with pytest.raises(Refused):
        sqlite_house.house.perform_as(signed(clerk, "eu-west-1"), idp.DeleteUserPool, ask, ORIGIN)
    arn = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool_id}"
    assert clerk.asked == [("cognito-idp:DeleteUserPool", arn)]


def test_a_region_that_cannot_name_a_pool_is_refused(sqlite_house: TestHouse) -> None:
    ask = idp.CreateUserPoolRequest(pool_name="x")
    for region in ("us_east_1", "../x", ""):
        with pytest.raises(idp.InvalidParameterException):
            sqlite_house.house.perform_as(
                signed(AllBut("nothing"), region), idp.CreateUserPool, ask, ORIGIN
            )


UNSIGNED: list[tuple[str, dict[str, Any]]] = [
    ("create_user_pool", {"PoolName": "x"}),
    ("describe_user_pool", {"UserPoolId": GHOST}),
    ("update_user_pool", {"UserPoolId": GHOST}),
    ("delete_user_pool", {"UserPoolId": GHOST}),
    ("list_user_pools", {"MaxResults": 1}),
    ("add_custom_attributes", {"UserPoolId": GHOST, "CustomAttributes": [TIER]}),
    ("tag_resource", {"ResourceArn": "x" * 20, "Tags": {}}),
    ("untag_resource", {"ResourceArn": "x" * 20, "TagKeys": []}),
    ("list_tags_for_resource", {"ResourceArn": "x" * 20}),
]


def test_unsigned_calls_are_refused(sqlite_house: TestHouse) -> None:
    """CGN-16"""
    client = sqlite_house.unsigned("cognito-idp")
    for name, asked in UNSIGNED:
        assert code(getattr(client, name), **asked) == "MissingAuthenticationTokenException"
