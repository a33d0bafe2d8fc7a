"""What hot paths ask the database: each statement costs a client of PostgreSQL a quarter of a
millisecond, so a token's holder, their user, client and pool are read at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.house import TestHouse
from tests.support.signing_in import Scene, scene_of


def asked(scene: Scene, act: Callable[[], Any]) -> list[str]:
    """The statements of a request that runs on one connection, as SQLite saw them."""
    database, seen = scene.house.services.database, list[str]()
    with database.connection() as connection:
        raw: Any = connection.connection.dbapi_connection
    raw.set_trace_callback(seen.append)
    try:
        act()
    finally:
        raw.set_trace_callback(None)
    return seen


def test_a_profile_a_refresh_and_a_search_take_one_statement(sqlite_house: TestHouse) -> None:
    scene = scene_of(sqlite_house)
    scene.user("ann", email="ann@example.com")
    tokens = scene.tokens("ann")
    asks: list[Callable[[], Any]] = [
        lambda: scene.public.get_user(AccessToken=tokens["AccessToken"]),
        lambda: scene.refresh(tokens["RefreshToken"]),
        lambda: scene.public.get_tokens_from_refresh_token(
            ClientId=scene.open, RefreshToken=tokens["RefreshToken"]
        ),
        lambda: scene.idp.list_users(UserPoolId=scene.pool, Filter='email = "ann@example.com"'),
    ]
    for ask in asks:
        ask()  # keys and settings are in memory now
        assert len(asked(scene, ask)) == 1


def test_only_who_is_in_a_group_has_groups_looked_up(sqlite_house: TestHouse) -> None:
    scene = scene_of(sqlite_house)
    scene.user("ann")
    scene.idp.create_group(UserPoolId=scene.pool, GroupName="staff")
    scene.idp.admin_add_user_to_group(UserPoolId=scene.pool, GroupName="staff", Username="ann")
    token = scene.tokens("ann")["RefreshToken"]
    scene.refresh(token)
    assert len(asked(scene, lambda: scene.refresh(token))) == 2
