"""App clients through the AWS SDK: their life, their lists, and whose they are."""

from __future__ import annotations

import re
from typing import Any

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.shape import Refusal, Refused
from poolhouse.userpools.clients import operations
from tests.support.house import TestHouse
from tests.userpools.pools.asking import (
    ORIGIN,
    ROLE,
    AllBut,
    a_pool,
    at_once,
    code,
    refusal,
    signed,
)

OAUTH: dict[str, Any] = {
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "CallbackURLs": ["https://app.example/", "myapp://example"],
    "LogoutURLs": ["http://localhost:3000/bye"],
    "DefaultRedirectURI": "myapp://example",
    "SupportedIdentityProviders": ["COGNITO"],
}


def test_the_life_of_a_client(house: TestHouse) -> None:
    client, pool_id = house.client("cognito-idp"), a_pool(house)
    asked: dict[str, Any] = {
        **OAUTH,
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "AccessTokenValidity": 30,
        "IdTokenValidity": 30,
        "RefreshTokenValidity": 10,
        "TokenValidityUnits": {
            "AccessToken": "minutes",
            "IdToken": "minutes",
            "RefreshToken": "days",
        },
        "ReadAttributes": ["email", "email_verified"],
        "WriteAttributes": ["email"],
        "PreventUserExistenceErrors": "ENABLED",
        "EnableTokenRevocation": False,
        "AuthSessionValidity": 10,
    }
    made = client.create_user_pool_client(
        UserPoolId=pool_id, ClientName="app", GenerateSecret=True, **asked
    )["UserPoolClient"]
    ids = {"UserPoolId": pool_id, "ClientId": made["ClientId"]}
    assert re.fullmatch("[a-z0-9]{26}", made["ClientId"])
    assert re.fullmatch("[a-z0-9]{49,52}", made["ClientSecret"])
    assert {name: made[name] for name in asked} == asked
    assert client.describe_user_pool_client(**ids)["UserPoolClient"] == made

    after = client.update_user_pool_client(**ids)["UserPoolClient"]
    assert client.describe_user_pool_client(**ids)["UserPoolClient"] == after
    assert (after["ClientName"], after["ClientSecret"]) == ("app", made["ClientSecret"])
    plain = client.create_user_pool_client(UserPoolId=pool_id, ClientName="app")["UserPoolClient"]
    assert shorn(plain, "UserPoolId", "ClientId", "CreationDate", "LastModifiedDate") == {
        "ClientName": "app",
        "RefreshTokenValidity": 30,
        "TokenValidityUnits": {},
        "AllowedOAuthFlowsUserPoolClient": False,
        "EnableTokenRevocation": True,
        "EnablePropagateAdditionalUserContextData": False,
        "AuthSessionValidity": 3,
        "ClientType": "REGULAR",
    }
    own = ("ClientId", "ClientSecret", "CreationDate", "LastModifiedDate")
    assert shorn(after, *own) == shorn(plain, *own)
    assert after["CreationDate"] == made["CreationDate"]
    renamed = client.update_user_pool_client(**ids, ClientName="new")["UserPoolClient"]
    assert renamed["ClientName"] == "new"

    client.delete_user_pool_client(**ids)
    gone = (
        "ResourceNotFoundException",
        f"User pool client {made['ClientId']} does not exist.",
    )
    for call in (
        client.describe_user_pool_client,
        client.update_user_pool_client,
        client.delete_user_pool_client,
    ):
        assert refusal(call, **ids) == gone


def shorn(shown: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in names}


def test_clients_are_listed_page_by_page(house: TestHouse) -> None:
    client, pool_id, other = house.client("cognito-idp"), a_pool(house), a_pool(house)
    made = sorted(
        client.create_user_pool_client(UserPoolId=pool_id, ClientName=f"app{n}")["UserPoolClient"][
            "ClientId"
        ]
        for n in range(3)
    )
    paginator = client.get_paginator("list_user_pool_clients")
    pages = list(paginator.paginate(UserPoolId=pool_id, PaginationConfig={"PageSize": 2}))
    assert [len(each["UserPoolClients"]) for each in pages] == [2, 1]
    shown = [one for each in pages for one in each["UserPoolClients"]]
    assert [one["ClientId"] for one in shown] == made
    assert {tuple(sorted(one)) for one in shown} == {("ClientId", "ClientName", "UserPoolId")}
    assert client.list_user_pool_clients(UserPoolId=other)["UserPoolClients"] == []
    by_type = {
        kind: client.list_user_pool_clients(UserPoolId=pool_id, ClientType=kind)["UserPoolClients"]
        for kind in ("REGULAR", "DCR")
    }
    assert by_type == {"REGULAR": shown, "DCR": []}
    for size in (0, 61):
        asked = {"UserPoolId": pool_id, "MaxResults": size}
        assert code(client.list_user_pool_clients, **asked) == "InvalidParameterException"


def of_a_client(pool_id: str, client_id: str) -> list[tuple[str, dict[str, Any]]]:
    both = {"UserPoolId": pool_id, "ClientId": client_id}
    return [
        ("describe_user_pool_client", both),
        ("update_user_pool_client", both | {"ClientName": "stolen"}),
        ("add_user_pool_client_secret", both),
        ("list_user_pool_client_secrets", both),
        ("delete_user_pool_client_secret", both | {"ClientSecretId": f"{client_id}--1"}),
        ("delete_user_pool_client", both),
    ]


def test_a_client_is_not_reached_through_another_pool(house: TestHouse) -> None:
    """ADM-01: no operation, and the answer is that of a client that does not exist."""
    client, own, other = house.client("cognito-idp"), a_pool(house), a_pool(house)
    made = client.create_user_pool_client(UserPoolId=own, ClientName="app", GenerateSecret=True)
    before, client_id = made["UserPoolClient"], made["UserPoolClient"]["ClientId"]
    ghost = "0" * 26
    for name, asked in of_a_client(other, client_id):
        nobody = {key: str(value).replace(client_id, ghost) for key, value in asked.items()}
        error, message = refusal(getattr(client, name), **asked)
        assert error == "ResourceNotFoundException"
        assert message == f"User pool client {client_id} does not exist."
        assert refusal(getattr(client, name), **nobody) == (
            error,
            message.replace(client_id, ghost),
        )
    ids = {"UserPoolId": own, "ClientId": client_id}
    assert client.describe_user_pool_client(**ids)["UserPoolClient"] == before
    assert len(client.list_user_pool_client_secrets(**ids)["ClientSecrets"]) == 1


def test_a_client_of_a_pool_that_is_not_there(sqlite_house: TestHouse) -> None:
    client, ghost = sqlite_house.client("cognito-idp"), "us-east-1_ghost0000"
    calls = [*of_a_client(ghost, "0" * 26), ("list_user_pool_clients", {"UserPoolId": ghost})]
    for name, asked in [
        *calls,
        ("create_user_pool_client", {"UserPoolId": ghost, "ClientName": "x"}),
    ]:
        assert refusal(getattr(client, name), **asked) == (
            "ResourceNotFoundException",
            f"User pool {ghost} does not exist.",
        )


def test_unsigned_calls_are_refused(sqlite_house: TestHouse) -> None:
    """CGN-16"""
    pool_id, client = a_pool(sqlite_house), sqlite_house.unsigned("cognito-idp")
    calls = [*of_a_client(pool_id, "0" * 26), ("list_user_pool_clients", {"UserPoolId": pool_id})]
    for name, asked in [
        *calls,
        ("create_user_pool_client", {"UserPoolId": pool_id, "ClientName": "x"}),
    ]:
        assert code(getattr(client, name), **asked) == "MissingAuthenticationTokenException"


WRONG: list[tuple[dict[str, Any], str | None]] = [
    ({"CallbackURLs": ["https://a.example/#x"]}, "InvalidParameterException"),
    ({"CallbackURLs": ["javascript:alert(1)"]}, "InvalidParameterException"),
    ({"LogoutURLs": ["http://a.example/"]}, "InvalidParameterException"),
    ({"CallbackURLs": [f"a://{n}" for n in range(101)]}, "InvalidParameterException"),
    ({"DefaultRedirectURI": "https://a.example/"}, "InvalidParameterException"),
    ({"AllowedOAuthScopes": ["orders/read"]}, "ScopeDoesNotExistException"),
    ({"AllowedOAuthFlows": ["client_credentials"]}, "InvalidOAuthFlowException"),
    ({"SupportedIdentityProviders": ["Google"]}, "InvalidParameterException"),
    ({"AccessTokenValidity": 1, "TokenValidityUnits": {"AccessToken": "minutes"}}, None),
    ({"AuthSessionValidity": 16}, "InvalidParameterException"),
    ({"WriteAttributes": ["email_verified"]}, "InvalidParameterException"),
    ({"ExplicitAuthFlows": ["ALLOW_ANYTHING"]}, "InvalidParameterException"),
    ({"ExplicitAuthFlows": ["USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"]}, None),
    ({"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 61}}, None),
    ({"EnablePropagateAdditionalUserContextData": True}, "InvalidParameterException"),
    ({"ClientName": ""}, "InvalidParameterException"),
]


def test_what_no_client_can_be_is_refused_and_changes_nothing(sqlite_house: TestHouse) -> None:
    """OAU-02, CGN-18: at creation and at every update."""
    client, pool_id = sqlite_house.client("cognito-idp"), a_pool(sqlite_house)
    made = client.create_user_pool_client(UserPoolId=pool_id, ClientName="app")["UserPoolClient"]
    ids = {"UserPoolId": pool_id, "ClientId": made["ClientId"]}
    for members, expected in WRONG:
        error = expected or "InvalidParameterException"
        new = {"UserPoolId": pool_id, "ClientName": "x", **members}
        assert code(client.create_user_pool_client, **new) == error, members
        assert code(client.update_user_pool_client, **ids, **members) == error, members
    assert client.describe_user_pool_client(**ids)["UserPoolClient"] == made
    assert len(client.list_user_pool_clients(UserPoolId=pool_id)["UserPoolClients"]) == 1


def test_a_role_is_handed_over_only_by_those_who_may(sqlite_house: TestHouse) -> None:
    """ADM-04: iam:PassRole"""
    pool_id = a_pool(sqlite_house)
    analytics = idp.AnalyticsConfigurationType(role_arn=ROLE)
    ask = idp.CreateUserPoolClientRequest(
        user_pool_id=pool_id, client_name="x", analytics_configuration=analytics
    )
    clerk = AllBut("iam:PassRole")
    with pytest.raises(Refused) as caught:
        sqlite_house.house.perform_as(signed(clerk), idp.CreateUserPoolClient, ask, ORIGIN)
    assert caught.value.refusal is Refusal.ACCESS_DENIED
    assert clerk.asked[-1] == ("iam:PassRole", ROLE)


def test_a_pool_has_a_most_of_clients(
    sqlite_house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "MOST_CLIENTS", 1)
    client, pool_id = sqlite_house.client("cognito-idp"), a_pool(sqlite_house)
    client.create_user_pool_client(UserPoolId=pool_id, ClientName="one")
    asked = {"UserPoolId": pool_id, "ClientName": "two"}
    assert code(client.create_user_pool_client, **asked) == "LimitExceededException"


def test_parallel_updates_end_as_one_of_them_wholly(house: TestHouse) -> None:
    """REL-05"""
    client, pool_id = house.client("cognito-idp"), a_pool(house)
    made = client.create_user_pool_client(UserPoolId=pool_id, ClientName="app")["UserPoolClient"]
    ids = {"UserPoolId": pool_id, "ClientId": made["ClientId"]}

    def update(n: int) -> Any:
        return lambda: client.update_user_pool_client(
            **ids, ClientName=f"app{n}", AuthSessionValidity=3 + n, RefreshTokenValidity=1 + n
        )["UserPoolClient"]

    answers = at_once(*(update(n) for n in range(8)))
    for n, answer in enumerate(answers):
        assert (answer["ClientName"], answer["AuthSessionValidity"]) == (f"app{n}", 3 + n)
    assert client.describe_user_pool_client(**ids)["UserPoolClient"] in answers
