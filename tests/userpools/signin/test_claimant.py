"""Who signs in is read once with their password; and again where something took its time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from poolhouse.userpools.signin import tries
from tests.support.house import TestHouse
from tests.support.signing_in import OTHER, PASSWORD, Scene, refused, scene_of
from tests.userpools.tokens.test_statements import asked
from tests.userpools.triggers.scene import hooked

INCORRECT = "Incorrect username or password."


def set_anew(scene: Scene) -> None:
    scene.idp.admin_set_user_password(
        UserPoolId=scene.pool, Username="ann", Password=OTHER, Permanent=True
    )


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "USER_AUTH"])
def test_a_password_set_anew_while_a_function_is_asked_is_the_one_that_counts(
    house: TestHouse, flow: str
) -> None:
    scene, functions = hooked(house, "PreAuthentication")
    scene.user("ann")

    def meanwhile(event: Any) -> Any:
        set_anew(scene)
        return event

    functions.put("PreAuthentication", meanwhile)
    chosen = {"PREFERRED_CHALLENGE": "PASSWORD"} if flow == "USER_AUTH" else {}
    client = scene.open
    if chosen:
        client = scene.idp.create_user_pool_client(
            UserPoolId=scene.pool, ClientName="choosing", ExplicitAuthFlows=["ALLOW_USER_AUTH"]
        )["UserPoolClient"]["ClientId"]

    def sign_in(password: str) -> Any:
        given = {"USERNAME": "ann", "PASSWORD": password, **chosen}
        return scene.public.initiate_auth(ClientId=client, AuthFlow=flow, AuthParameters=given)

    assert refused(sign_in, PASSWORD) == ("NotAuthorizedException", INCORRECT)
    assert sign_in(OTHER)["AuthenticationResult"]


@pytest.mark.parametrize("way", ["password", "srp"])
def test_a_password_set_anew_while_a_try_waits_for_others_is_the_one_that_counts(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    scene = scene_of(house)
    scene.user("ann")
    admissions = iter([False, True])
    monkeypatch.setattr(tries, "_admitted", lambda *_: next(admissions))
    monkeypatch.setattr(tries.admit, "__defaults__", (lambda _: set_anew(scene),))
    sign_in = scene.tokens if way == "password" else scene.srp_sign_in
    assert refused(sign_in, "ann")[1] == INCORRECT


def made_of(statements: list[str]) -> list[str]:
    """The verb of each, and what it is about first."""
    found = []
    for one in statements:
        words = one.replace('"', "").split()
        about = words[2 if words[0] == "INSERT" else 1] if len(words) > 1 else ""
        found.append(f"{words[0]} {about.partition('.')[0]}".strip())
    return found


JUDGED = ["PRAGMA synchronous=NORMAL", "INSERT lockouts", "PRAGMA synchronous=FULL"]


def test_what_a_sign_in_asks_of_the_database(sqlite_house: TestHouse) -> None:
    """Nobody who is in no group has groups looked up."""
    scene = scene_of(sqlite_house)
    scene.user("ann")
    scene.srp_sign_in("ann")
    found = ["SELECT clients", "SELECT users"]
    assert made_of(asked(scene, lambda: scene.tokens("ann"))) == [
        *found,
        *JUDGED,
        "BEGIN IMMEDIATE",
        "INSERT sessions",
        "UPDATE lockouts",
        "COMMIT",
    ]
    begun: list[Callable[[], Any]] = []

    def begin() -> None:
        srp, given = scene.srp_begin("ann")
        begun.append(lambda: scene.respond(srp.answer(given)))

    assert made_of(asked(scene, begin)) == found
    assert made_of(asked(scene, begun[0])) == [
        *found,
        *JUDGED,
        "BEGIN IMMEDIATE",
        "INSERT sessions",
        "INSERT spent_passages",
        "UPDATE lockouts",
        "COMMIT",
    ]
