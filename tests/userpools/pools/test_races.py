"""REL-05: administrators who change a pool at the same moment."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.support.house import ACCOUNT, REGION, TestHouse
from tests.userpools.pools.asking import a_pool, at_once

THREADS = 8


def test_two_parallel_updates_end_as_one_of_them_wholly(house: TestHouse) -> None:
    """REL-05: an update sets everything, so the end is one request or the other, never a half."""
    client, pool_id = house.client("cognito-idp"), a_pool(house)
    asks = [
        {
            "PoolName": f"name {n}",
            "AutoVerifiedAttributes": [["email"], ["phone_number"]][n % 2],
            "Policies": {"PasswordPolicy": {"MinimumLength": 10 + n}},
            "DeletionProtection": ["ACTIVE", "INACTIVE"][n % 2],
        }
        for n in range(THREADS)
    ]
    for _ in range(4):
        at_once(
            *(lambda ask=ask: client.update_user_pool(UserPoolId=pool_id, **ask) for ask in asks)
        )
        shown = client.describe_user_pool(UserPoolId=pool_id)["UserPool"]
        number = int(shown["Name"].split()[1])
        assert shown["Policies"]["PasswordPolicy"]["MinimumLength"] == 10 + number
        for member in ("AutoVerifiedAttributes", "DeletionProtection"):
            assert shown[member] == asks[number][member]


def test_updates_tags_and_attributes_never_undo_each_other(house: TestHouse) -> None:
    """REL-05: what each of them owns is there in the end, whoever came last."""
    client, pool_id = house.client("cognito-idp"), a_pool(house)
    arn = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool_id}"

    def tag(n: int) -> Callable[[], Any]:
        return lambda: client.tag_resource(ResourceArn=arn, Tags={f"tag{n}": str(n)})

    def attribute(n: int) -> Callable[[], Any]:
        added = [{"Name": f"a{n}", "AttributeDataType": "String", "Mutable": True}]
        return lambda: client.add_custom_attributes(UserPoolId=pool_id, CustomAttributes=added)

    def update(n: int) -> Callable[[], Any]:
        return lambda: client.update_user_pool(UserPoolId=pool_id, MfaConfiguration="OPTIONAL")

    calls = [make(n) for n in range(6) for make in (tag, attribute, update)]
    random.Random(5).shuffle(calls)
    at_once(*calls)
    shown = client.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    assert shown["UserPoolTags"] == {f"tag{n}": str(n) for n in range(6)}
    names = {each["Name"] for each in shown["SchemaAttributes"]}
    assert {f"custom:a{n}" for n in range(6)} <= names
    assert shown["MfaConfiguration"] == "OPTIONAL"


def test_the_same_attribute_is_added_once(house: TestHouse) -> None:
    client, pool_id = house.client("cognito-idp"), a_pool(house)
    added = [{"Name": "same", "AttributeDataType": "String"}]

    def add() -> bool:
        try:
            client.add_custom_attributes(UserPoolId=pool_id, CustomAttributes=added)
        except client.exceptions.InvalidParameterException:
            return False
        return True

    assert sum(at_once(*[add] * THREADS)) == 1
    names = [
        each["Name"]
        for each in client.describe_user_pool(UserPoolId=pool_id)["UserPool"]["SchemaAttributes"]
    ]
    assert names.count("custom:same") == 1


def test_a_pool_is_deleted_once_while_it_is_changed(house: TestHouse) -> None:
    client, pool_id = house.client("cognito-idp"), a_pool(house)

    def quietly(call: Callable[..., Any]) -> Callable[[], bool]:
        def run() -> bool:
            try:
                call(UserPoolId=pool_id)
            except client.exceptions.ResourceNotFoundException:
                return False
            return True

        return run

    update, delete = quietly(client.update_user_pool), quietly(client.delete_user_pool)
    answers = at_once(update, delete, update, delete, update, delete)
    assert sum(answers[1::2]) == 1
    assert not delete()
