"""What a pool and a client say about sessions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.house import TestHouse
from tests.support.signing_in import Scene, refused, scene_of


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    return scene_of(house)


def set_pool(scene: Scene, state: str = "ENABLED", most: int = 5) -> dict[str, Any]:
    found: dict[str, Any] = scene.idp.set_user_pool_session_configuration(
        UserPoolId=scene.pool, UserSessionTracking=state, TokenSession={"MaxPerUser": most}
    )
    return found


def get_pool(scene: Scene) -> tuple[str, int]:
    found = scene.idp.get_user_pool_session_configuration(UserPoolId=scene.pool)
    assert found["UserPoolId"] == scene.pool
    return found["UserSessionTracking"], found["TokenSession"]["MaxPerUser"]


def set_client(scene: Scene, minutes: int) -> dict[str, Any]:
    found: dict[str, Any] = scene.idp.set_user_pool_client_session_configuration(
        UserPoolId=scene.pool, ClientId=scene.open, SSOSession={"MaxValidityMinutes": minutes}
    )
    return found


def get_client(scene: Scene) -> int:
    found: int = scene.idp.get_user_pool_client_session_configuration(
        UserPoolId=scene.pool, ClientId=scene.open
    )["SSOSession"]["MaxValidityMinutes"]
    return found


def test_a_pool_tracks_nothing_until_it_is_told_to(scene: Scene) -> None:
    assert get_pool(scene) == ("DISABLED", 20)
    answer = set_pool(scene)
    assert (answer["UserSessionTracking"], answer["TokenSession"]) == ("ENABLED", {"MaxPerUser": 5})
    assert get_pool(scene) == ("ENABLED", 5)
    scene.idp.update_user_pool(UserPoolId=scene.pool)
    assert get_pool(scene) == ("ENABLED", 5), "an update of the pool is not about it"
    for most in (0, 101):
        assert refused(set_pool, scene, "ENABLED", most)[0] == "InvalidParameterException"


def test_a_client_s_setting_waits_for_tracking_and_outlives_it(scene: Scene) -> None:
    assert get_client(scene) == 60
    assert refused(set_client, scene, 5)[0] == "OperationNotEnabledException"
    set_pool(scene)
    assert set_client(scene, 0)["SSOSession"] == {"MaxValidityMinutes": 0}
    assert get_client(scene) == 0
    set_pool(scene, "DISABLED")
    scene.idp.update_user_pool_client(UserPoolId=scene.pool, ClientId=scene.open)
    set_pool(scene)
    assert get_client(scene) == 0
    set_client(scene, 129_600)
    assert refused(set_client, scene, 129_601)[0] == "InvalidParameterException"
    assert get_client(scene) == 129_600


def test_the_lite_plan_has_no_tracking(scene: Scene) -> None:
    set_pool(scene)
    given = {"UserPoolId": scene.pool, "UserPoolTier": "LITE"}
    assert refused(scene.idp.update_user_pool, **given)[0] == "TierChangeNotAllowedException"
    set_pool(scene, "DISABLED")
    scene.idp.update_user_pool(**given)
    assert refused(set_pool, scene)[0] == "FeatureUnavailableInTierException"
    assert refused(set_client, scene, 5)[0] == "FeatureUnavailableInTierException"
    assert get_client(scene) == 60


def test_another_pool_s_client_is_none_of_this_pool_s(scene: Scene) -> None:
    other = scene_of(scene.house)
    set_pool(scene)
    where = {"UserPoolId": scene.pool, "ClientId": other.open}
    asks = (
        lambda: scene.idp.get_user_pool_client_session_configuration(**where),
        lambda: scene.idp.set_user_pool_client_session_configuration(
            SSOSession={"MaxValidityMinutes": 5}, **where
        ),
        lambda: scene.idp.get_user_pool_session_configuration(UserPoolId="us-east-1_nothing00"),
    )
    for ask in asks:
        assert refused(ask)[0] == "ResourceNotFoundException"
