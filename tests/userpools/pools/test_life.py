"""A pool from its making to its end, and what lives in it meanwhile."""

from __future__ import annotations

import re

import msgspec
import pytest
from sqlalchemy import func, select

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import Unit
from poolhouse.storage.base import metadata
from poolhouse.userpools.clients.rows import client_secrets
from poolhouse.userpools.pools import operations
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.rules.schema import STANDARD
from poolhouse.userpools.pools.rules.settings import new_settings
from poolhouse.userpools.pools.store import ESTIMATE_SECONDS, EXACT_BELOW, Pools
from poolhouse.userpools.signing.store import SigningKeys
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.store import Users
from tests.support.house import ACCOUNT, REGION, TestHouse
from tests.userpools.pools.asking import a_pool, code, refusal

TIER = {"Name": "tier", "AttributeDataType": "String", "Mutable": True}
GHOST = f"{REGION}_abcdefghi"
PROTECTED = (
    "The user pool cannot be deleted because deletion protection is activated. "
    "Deletion protection must be inactivated first."
)


def test_the_life_of_a_pool(house: TestHouse) -> None:
    """ADM-11"""
    client = house.client("cognito-idp")
    made = client.create_user_pool(
        PoolName="My pool",
        AutoVerifiedAttributes=["email"],
        Schema=[{"Name": "email", "Required": True, "Mutable": True}, TIER],
        UsernameAttributes=["email"],
        UsernameConfiguration={"CaseSensitive": False},
        UserPoolTags={"team": "one"},
        DeletionProtection="ACTIVE",
    )["UserPool"]
    pool_id = made["Id"]
    assert re.fullmatch(REGION + "_[0-9A-Za-z]{9}", pool_id)
    assert made["Arn"] == f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool_id}"
    assert [each["Name"] for each in made["SchemaAttributes"]] == [*STANDARD, "custom:tier"]
    assert client.describe_user_pool(UserPoolId=pool_id)["UserPool"] == made

    client.update_user_pool(UserPoolId=pool_id, DeletionProtection="ACTIVE", PoolName="Other")
    after = client.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    assert (after["Name"], "AutoVerifiedAttributes" in after) == ("Other", False)
    for kept in ("SchemaAttributes", "UsernameAttributes", "UsernameConfiguration", "UserPoolTags"):
        assert after[kept] == made[kept]
    assert after["LastModifiedDate"] >= made["LastModifiedDate"]
    assert after["CreationDate"] == made["CreationDate"]

    assert refusal(client.delete_user_pool, UserPoolId=pool_id) == (
        "InvalidParameterException",
        PROTECTED,
    )
    client.update_user_pool(UserPoolId=pool_id, DeletionProtection="INACTIVE")
    client.delete_user_pool(UserPoolId=pool_id)
    gone = ("ResourceNotFoundException", f"User pool {pool_id} does not exist.")
    for call in (client.describe_user_pool, client.delete_user_pool, client.update_user_pool):
        assert refusal(call, UserPoolId=pool_id) == gone


def test_a_pools_keys_are_there_when_it_is(sqlite_house: TestHouse) -> None:
    pool_id = a_pool(sqlite_house)
    with Unit(sqlite_house.services.database) as unit:
        keys = SigningKeys(unit, sqlite_house.services.sealer)
        assert len(keys.ring(pool_id, sqlite_house.clock.now())) == 2


def test_with_a_pool_goes_everything_that_is_in_it(house: TestHouse) -> None:
    client = house.client("cognito-idp")
    pool_id, other = a_pool(house), a_pool(house)
    for each in (pool_id, other):
        client.create_user_pool_client(UserPoolId=each, ClientName="app", GenerateSecret=True)
        client.create_group(UserPoolId=each, GroupName="g")
        with Unit(house.services.database) as unit:
            pool = Pools(unit).get(each)
            Users(unit, pool).add(User(each, "s", "ann", "CONFIRMED", True, {}, 1.0, 1.0))
        client.admin_add_user_to_group(UserPoolId=each, GroupName="g", Username="ann")
    client.delete_user_pool(UserPoolId=pool_id)
    counts = rows_of(house, pool_id)
    assert set(counts.values()) == {0}
    assert set(rows_of(house, other)) == set(counts)
    assert sum(rows_of(house, other).values()) == 6
    with Unit(house.services.database) as unit:
        secrets = unit.one(select(func.count()).select_from(client_secrets))
    assert secrets
    assert secrets[0] == 1


def rows_of(house: TestHouse, pool_id: str) -> dict[str, int]:
    """How many rows of each table say that they are of the pool."""
    counts = {}
    with Unit(house.services.database) as unit:
        for table in metadata.tables.values():
            if "pool_id" in table.c:
                count = select(func.count()).select_from(table).where(table.c.pool_id == pool_id)
                found = unit.one(count)
                counts[table.name] = found[0] if found else 0
    return counts


def test_a_region_has_a_most_of_pools(
    sqlite_house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "MOST_POOLS", 1)
    a_pool(sqlite_house)
    client = sqlite_house.client("cognito-idp")
    assert code(client.create_user_pool, PoolName="two") == "LimitExceededException"


def test_users_are_counted_one_by_one_while_they_are_few(sqlite_house: TestHouse) -> None:
    pool_id, client = a_pool(sqlite_house), sqlite_house.client("cognito-idp")
    for count in (1, 2):
        settle_users(sqlite_house, pool_id, 1)
        shown = client.describe_user_pool(UserPoolId=pool_id)["UserPool"]
        assert shown["EstimatedNumberOfUsers"] == count


def test_many_users_are_counted_now_and_then(sqlite_house: TestHouse) -> None:
    pool_id = a_pool(sqlite_house)
    settle_users(sqlite_house, pool_id, EXACT_BELOW)
    with Unit(sqlite_house.services.database) as unit:
        assert Pools(unit).estimated_users(pool_id, 1000.0) == EXACT_BELOW
    settle_users(sqlite_house, pool_id, 1)
    with Unit(sqlite_house.services.database) as unit:
        later = 1000.0 + ESTIMATE_SECONDS
        assert Pools(unit).estimated_users(pool_id, later - 1) == EXACT_BELOW
        assert Pools(unit).estimated_users(pool_id, later) == EXACT_BELOW + 1


def settle_users(house: TestHouse, pool_id: str, count: int) -> None:
    with Unit(house.services.database) as unit:
        users = Users(unit, Pools(unit).get(pool_id))
        for _ in range(count):
            sub = ids.random_uuid()
            users.add(User(pool_id, sub, sub, "CONFIRMED", True, {}, 1.0, 1.0))


def test_a_pool_with_a_domain_is_not_deleted(sqlite_house: TestHouse) -> None:
    kept = msgspec.structs.replace(
        new_settings(idp.CreateUserPoolRequest(pool_name="x")), domain="auth"
    )
    with Unit(sqlite_house.services.database) as unit:
        Pools(unit).add(Pool(GHOST, REGION, "x", kept, 1, 1.0, 1.0))
    client = sqlite_house.client("cognito-idp")
    client.update_user_pool(UserPoolId=GHOST)
    assert client.describe_user_pool(UserPoolId=GHOST)["UserPool"]["Domain"] == "auth"
    assert refusal(client.delete_user_pool, UserPoolId=GHOST) == (
        "InvalidParameterException",
        "User pool cannot be deleted. It has a domain configured that should be deleted first.",
    )
