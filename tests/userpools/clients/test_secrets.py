"""Client secrets through the AWS SDK, and the SECRET_HASH they make good."""

from __future__ import annotations

from typing import Any

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Anyone
from poolhouse.kernel.call import Call
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.clients.proving import prove_secret_hash
from poolhouse.userpools.clients.rows import client_secrets
from poolhouse.userpools.clients.rules.secrets import secret_hash
from poolhouse.userpools.clients.store import Clients
from tests.support.house import REGION, TestHouse
from tests.userpools.pools.asking import ORIGIN, a_pool, at_once, code, refusal

CUSTOM = "custom_secret_of_at_least_24"


def a_client(house: TestHouse, **asked: Any) -> tuple[dict[str, str], Any]:
    """The ids of a new client in a new pool, and the client as it was answered."""
    pool_id = a_pool(house)
    made = house.client("cognito-idp").create_user_pool_client(
        UserPoolId=pool_id, ClientName="app", **asked
    )["UserPoolClient"]
    return {"UserPoolId": pool_id, "ClientId": made["ClientId"]}, made


def proved(house: TestHouse, client_id: str, username: str, given: str | None) -> str | None:
    """None where the hash is good, else the message of the refusal."""
    with Unit(house.services.database) as unit:
        call = Call(Anyone(), unit, house.services, ORIGIN, REGION, house.clock.now())
        client, _ = Clients(unit, house.services.sealer).get(client_id)
        try:
            prove_secret_hash(call, client, username, given)
        except idp.NotAuthorizedException as refused:
            return refused.message
    return None


def test_two_secrets_take_turns(house: TestHouse) -> None:
    ids, made = a_client(house, GenerateSecret=True)
    client = house.client("cognito-idp")
    (first,) = client.list_user_pool_client_secrets(**ids)["ClientSecrets"]
    assert first["ClientSecretId"].startswith(f"{ids['ClientId']}--")
    assert "ClientSecretValue" not in first

    second = client.add_user_pool_client_secret(**ids)["ClientSecretDescriptor"]
    assert second["ClientSecretValue"] != made["ClientSecret"]
    assert second["ClientSecretId"] != first["ClientSecretId"]
    shown = client.list_user_pool_client_secrets(**ids)["ClientSecrets"]
    assert [each["ClientSecretId"] for each in shown] == [
        first["ClientSecretId"],
        second["ClientSecretId"],
    ]
    assert all("ClientSecretValue" not in each for each in shown)
    assert code(client.add_user_pool_client_secret, **ids) == "LimitExceededException"

    old, new = (
        secret_hash(secret, "jane", ids["ClientId"])
        for secret in (made["ClientSecret"], second["ClientSecretValue"])
    )
    assert proved(house, ids["ClientId"], "jane", old) is None
    assert proved(house, ids["ClientId"], "jane", new) is None

    client.delete_user_pool_client_secret(**ids, ClientSecretId=first["ClientSecretId"])
    assert proved(house, ids["ClientId"], "jane", old) == (
        f"Unable to verify secret hash for client {ids['ClientId']}"
    )
    assert proved(house, ids["ClientId"], "jane", new) is None
    described = client.describe_user_pool_client(**ids)["UserPoolClient"]
    assert described["ClientSecret"] == second["ClientSecretValue"]

    last = {**ids, "ClientSecretId": second["ClientSecretId"]}
    assert code(client.delete_user_pool_client_secret, **last) == "InvalidParameterException"
    again = {**ids, "ClientSecretId": first["ClientSecretId"]}
    assert code(client.delete_user_pool_client_secret, **again) == "ResourceNotFoundException"


def test_a_secret_of_ones_own(house: TestHouse) -> None:
    ids, made = a_client(house, ClientSecret=CUSTOM)
    client = house.client("cognito-idp")
    assert made["ClientSecret"] == CUSTOM
    assert proved(house, ids["ClientId"], "j", secret_hash(CUSTOM, "j", ids["ClientId"])) is None
    added = client.add_user_pool_client_secret(**ids, ClientSecret=CUSTOM + "_2")
    assert "ClientSecretValue" not in added["ClientSecretDescriptor"]
    new = secret_hash(CUSTOM + "_2", "j", ids["ClientId"])
    assert proved(house, ids["ClientId"], "j", new) is None


def test_secrets_that_cannot_be_are_refused_without_telling_them(sqlite_house: TestHouse) -> None:
    ids, _ = a_client(sqlite_house, GenerateSecret=True)
    client = sqlite_house.client("cognito-idp")
    both = {"UserPoolId": ids["UserPoolId"], "ClientName": "x", "GenerateSecret": True}
    error = refusal(client.create_user_pool_client, **both, ClientSecret=CUSTOM)
    assert error[0] == "InvalidParameterException"
    assert CUSTOM not in error[1]
    for wrong in ("short", "x" * 65, "has spaces in it, so many characters"):
        asked = {**ids, "ClientSecret": wrong}
        error = refusal(client.add_user_pool_client_secret, **asked)
        assert error[0] == "InvalidParameterException"
        assert wrong not in error[1]


def test_a_public_client_stays_public(sqlite_house: TestHouse) -> None:
    ids, _ = a_client(sqlite_house)
    client = sqlite_house.client("cognito-idp")
    assert code(client.add_user_pool_client_secret, **ids) == "InvalidParameterException"
    assert client.list_user_pool_client_secrets(**ids)["ClientSecrets"] == []
    asked = {**ids, "ClientSecretId": f"{ids['ClientId']}--1"}
    assert code(client.delete_user_pool_client_secret, **asked) == "ResourceNotFoundException"


def test_a_token_of_no_page_is_refused(sqlite_house: TestHouse) -> None:
    """ADM-08"""
    ids, _ = a_client(sqlite_house, GenerateSecret=True)
    client = sqlite_house.client("cognito-idp")
    asked = {**ids, "NextToken": "x"}
    assert code(client.list_user_pool_client_secrets, **asked) == "InvalidParameterException"


def test_secrets_are_sealed_where_they_are_kept(sqlite_house: TestHouse) -> None:
    _, made = a_client(sqlite_house, GenerateSecret=True)
    with Unit(sqlite_house.services.database) as unit:
        (row,) = unit.all(client_secrets.select())
    assert made["ClientSecret"].encode() not in row.sealed


@pytest.mark.parametrize("confidential", [True, False])
def test_who_must_send_a_hash_and_who_must_not(sqlite_house: TestHouse, confidential: bool) -> None:
    """CGN-12"""
    ids, made = a_client(sqlite_house, GenerateSecret=confidential)
    client_id = ids["ClientId"]
    unable = f"Unable to verify secret hash for client {client_id}"
    missing = f"Client {client_id} is configured with secret but SECRET_HASH was not received"
    right = secret_hash(made.get("ClientSecret", ""), "jane", client_id)
    for absent in (None, ""):
        expected = missing if confidential else None
        assert proved(sqlite_house, client_id, "jane", absent) == expected
    assert proved(sqlite_house, client_id, "jane", right) == (None if confidential else unable)
    for wrong in ("x", right[:-2], secret_hash("", "jane", client_id) + "="):
        assert proved(sqlite_house, client_id, "jane", wrong) == unable
    assert proved(sqlite_house, client_id, "john", right) == unable


def test_the_hash_of_another_client_does_not_prove(sqlite_house: TestHouse) -> None:
    """CGN-12"""
    ids, made = a_client(sqlite_house, GenerateSecret=True)
    others, other = a_client(sqlite_house, GenerateSecret=True)
    for secret, client_id in (
        (made["ClientSecret"], ids["ClientId"]),
        (made["ClientSecret"], others["ClientId"]),
        (other["ClientSecret"], ids["ClientId"]),
    ):
        given = secret_hash(secret, "jane", client_id)
        assert proved(sqlite_house, others["ClientId"], "jane", given) is not None


def test_parallel_changes_leave_one_or_two_secrets(house: TestHouse) -> None:
    """Never a third, and never none."""
    ids, _ = a_client(house, GenerateSecret=True)
    client = house.client("cognito-idp")

    def quietly(call: Any, **asked: Any) -> Any:
        def run() -> bool:
            try:
                call(**ids, **asked)
            except (
                client.exceptions.LimitExceededException,
                client.exceptions.InvalidParameterException,
                client.exceptions.ResourceNotFoundException,
            ):
                return False
            return True

        return run

    added = at_once(*[quietly(client.add_user_pool_client_secret)] * 6)
    assert sum(added) == 1
    known = client.list_user_pool_client_secrets(**ids)["ClientSecrets"]
    assert len(known) == 2
    removals = [
        quietly(client.delete_user_pool_client_secret, ClientSecretId=each["ClientSecretId"])
        for each in known
    ]
    assert sum(at_once(*removals * 3)) == 1
    assert len(client.list_user_pool_client_secrets(**ids)["ClientSecrets"]) == 1
