"""`acr` and `amr`: kept with the session, in the tokens only where a level was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from poolhouse.contract.callers import Anyone
from poolhouse.kernel.call import Call, Origin
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.clients.store import Clients
from poolhouse.userpools.tokens.mint import Mint
from poolhouse.userpools.tokens.rows import Session
from poolhouse.userpools.tokens.store import Sessions
from poolhouse.userpools.users.store import Users
from tests.support.house import REGION, TestHouse
from tests.support.signing_in import Scene, claims, scene_of

LOA4 = "urn:cognito:loa:4"
METHODS = ("pwd", "otp", "mfa")


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    made = scene_of(house)
    made.user("ann")
    return made


def begun(scene: Scene, agent: str = "App/1", **shown: Any) -> Any:
    services = scene.house.services
    with Unit(services.database) as unit:
        client, pool = Clients(unit, services.sealer).get(scene.open)
        origin = Origin("r", "192.0.2.7", agent)
        call = Call(Anyone(), unit, services, origin, REGION, scene.house.clock.now())
        return Mint(call, pool, client).begin(Users(unit, pool).find("ann"), **shown)


def session_of(scene: Scene, access_token: str) -> Session:
    with Unit(scene.house.services.database) as unit:
        found = Sessions(unit).find(scene.pool, claims(access_token)["event_id"])
    assert found is not None
    return found.session


def test_a_level_asked_for_is_in_both_tokens_and_stays_with_the_session(scene: Scene) -> None:
    at = int(scene.house.clock.now()) - 100
    made = begun(scene, amr=METHODS, acr=LOA4, auth_time=at)
    again = scene.refresh(made.refresh_token)["AuthenticationResult"]
    for token in (made.access_token, made.id_token, again["AccessToken"], again["IdToken"]):
        found = claims(token)
        assert (found["acr"], found["amr"], found["auth_time"]) == (LOA4, list(METHODS), at)


def test_methods_are_kept_but_not_told_where_no_level_was_asked_for(scene: Scene) -> None:
    made = begun(scene, agent="App/1\x00\x1f", amr=METHODS)
    for token in (made.access_token, made.id_token):
        assert not {"acr", "amr"} & set(claims(token))
    kept = session_of(scene, made.access_token)
    assert (kept.amr, kept.acr) == (METHODS, None)
    assert (kept.source_ip, kept.user_agent) == ("192.0.2.7", "App/1")
    plain = session_of(scene, scene.tokens("ann")["AccessToken"])
    assert plain.source_ip == "127.0.0.1"
    assert plain.last_active_at == plain.created_at
