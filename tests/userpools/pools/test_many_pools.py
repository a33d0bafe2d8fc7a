"""A house of many pools asks its database no more often than one of few."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from poolhouse.kernel import unit
from poolhouse.storage import prepared
from tests.support.house import ENDPOINT, TestHouse
from tests.support.signing_in import FLOWS, PASSWORD

MANY = 15


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements of all units."""
    statements: list[str] = []

    def counting(connection: Any, statement: Any, *given: Any, **more: Any) -> Any:
        statements.append(str(statement))
        return prepared.execute(connection, statement, *given, **more)

    with monkeypatch.context() as patched:
        patched.setattr(unit, "execute", counting)
        yield statements


def furnish(house: TestHouse, idp: Any, number: int) -> tuple[str, str]:
    pool = idp.create_user_pool(PoolName=f"pool {number}")["UserPool"]["Id"]
    client = idp.create_user_pool_client(
        UserPoolId=pool, ClientName=f"c{number}", ExplicitAuthFlows=FLOWS
    )["UserPoolClient"]["ClientId"]
    idp.admin_create_user(UserPoolId=pool, Username="ann", MessageAction="SUPPRESS")
    return pool, client


def test_no_operation_asks_more_where_there_is_more(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REL-23"""
    idp, app = house.client("cognito-idp"), house.unsigned("cognito-idp")
    pool, client = furnish(house, idp, 0)
    idp.admin_set_user_password(UserPoolId=pool, Username="ann", Password=PASSWORD, Permanent=True)
    sign_in: dict[str, Any] = {
        "ClientId": client,
        "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": "ann", "PASSWORD": PASSWORD},
    }
    acts: dict[str, Callable[[], Any]] = {
        "list_user_pools": lambda: idp.list_user_pools(MaxResults=60),
        "describe_user_pool": lambda: idp.describe_user_pool(UserPoolId=pool),
        "list_user_pool_clients": lambda: idp.list_user_pool_clients(
            UserPoolId=pool, MaxResults=60
        ),
        "list_users": lambda: idp.list_users(UserPoolId=pool),
        "list_groups": lambda: idp.list_groups(UserPoolId=pool),
        "admin_list_groups_for_user": lambda: idp.admin_list_groups_for_user(
            UserPoolId=pool, Username="ann"
        ),
        "initiate_auth": lambda: app.initiate_auth(**sign_in),
        "jwks": lambda: house.request("GET", f"{ENDPOINT}/{pool}/.well-known/jwks.json"),
    }

    def asked() -> dict[str, int]:
        found = {}
        for name, act in acts.items():
            act()  # what is loaded once is loaded
            with counted(monkeypatch) as statements:
                act()
            found[name] = len(statements)
        return found

    def join(number: int) -> None:
        named = {"UserPoolId": pool, "GroupName": f"g{number}"}
        idp.create_group(**named)
        idp.admin_add_user_to_group(**named, Username="ann")

    join(0)
    few = asked()
    for number in range(1, MANY):
        furnish(house, idp, number)
        join(number)
        idp.admin_create_user(UserPoolId=pool, Username=f"u{number}", MessageAction="SUPPRESS")
        idp.create_user_pool_client(UserPoolId=pool, ClientName=f"more {number}")
    assert asked() == few
    assert 0 < few["initiate_auth"] < 12
