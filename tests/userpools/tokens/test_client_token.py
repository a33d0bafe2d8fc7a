"""GetClientToken: a client speaks for itself."""

from __future__ import annotations

from typing import Any

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.clients.rules.oauth import client_scopes
from poolhouse.userpools.tokens.rules import client_claims
from tests.support.house import TestHouse
from tests.support.signing_in import Scene, claims, refused, scene_of

FLOW = "ALLOW_CLIENT_TOKEN_AUTH"


@pytest.fixture
def scene(sqlite_house: TestHouse) -> Scene:
    return scene_of(sqlite_house)


def machine(scene: Scene, **more: Any) -> tuple[str, str]:
    made = scene.idp.create_user_pool_client(
        UserPoolId=scene.pool,
        ClientName="machine",
        **{"GenerateSecret": True, "ExplicitAuthFlows": [FLOW], **more},
    )["UserPoolClient"]
    return made["ClientId"], made["ClientSecret"]


def test_a_client_gets_an_access_token_of_its_own(scene: Scene) -> None:
    client, secret = machine(
        scene, AccessTokenValidity=5, TokenValidityUnits={"AccessToken": "minutes"}
    )
    answer = scene.public.get_client_token(ClientId=client, Secret=secret)
    result = answer["ClientAuthenticationResult"]
    assert set(result) == {"AccessToken", "ExpiresIn", "TokenType"}
    assert (result["ExpiresIn"], result["TokenType"]) == (300, "Bearer")
    found = claims(result["AccessToken"])
    assert found["sub"] == found["client_id"] == client
    assert (found["token_use"], found["version"]) == ("access", 2)
    assert found["exp"] - found["iat"] == 300
    assert not {"username", "cognito:groups", "event_id", "origin_jti", "scope"} & set(found)
    signed = scene.idp.get_client_token(ClientId=client, Secret=secret)
    assert signed["ClientAuthenticationResult"]["AccessToken"]


def test_it_is_no_user_s_token_anywhere(scene: Scene) -> None:
    """TOK-05"""
    client, secret = machine(scene)
    token = scene.public.get_client_token(ClientId=client, Secret=secret)
    given = {"AccessToken": token["ClientAuthenticationResult"]["AccessToken"]}
    for ask in (
        scene.public.get_user,
        scene.public.global_sign_out,
        scene.public.list_user_sessions,
        scene.public.get_user_auth_factors,
    ):
        assert refused(ask, **given)[0] == "NotAuthorizedException"


def test_the_secret_is_proved_and_the_flow_is_allowed(scene: Scene) -> None:
    client, secret = machine(scene)
    for bad in (secret[:-1] + ("a" if secret[-1] != "a" else "b"), "x" * 30):
        code, _ = refused(scene.public.get_client_token, ClientId=client, Secret=bad)
        assert code == "NotAuthorizedException"
    ask = scene.public.get_client_token
    code, _ = refused(ask, ClientId=scene.confidential, Secret=scene.secret)
    assert code == "InvalidParameterException"
    assert refused(ask, ClientId=scene.open, Secret=secret)[0] == "NotAuthorizedException"
    assert refused(ask, ClientId="nothing", Secret=secret)[0] == "ResourceNotFoundException"


def test_no_user_signs_in_at_such_a_client(scene: Scene) -> None:
    scene.user("ann")
    client, _ = machine(scene)
    assert refused(scene.sign_in, "ann", client=client)[0] == "InvalidParameterException"


@pytest.mark.parametrize(
    "more",
    [
        {"ExplicitAuthFlows": [FLOW, "ALLOW_REFRESH_TOKEN_AUTH"]},
        {"ExplicitAuthFlows": [FLOW, "ALLOW_USER_SRP_AUTH"]},
        {"ExplicitAuthFlows": [FLOW, "USER_PASSWORD_AUTH"]},
        {"GenerateSecret": False},
    ],
)
def test_the_flow_stands_alone_and_needs_a_secret(scene: Scene, more: dict[str, Any]) -> None:
    assert refused(machine, scene, **more)[0] == "InvalidParameterException"


def test_a_scope_is_one_of_the_client_s_own(scene: Scene) -> None:
    allowed = ["openid", "api/read", "api/write"]
    assert client_scopes(allowed, None) == ["api/read", "api/write"]
    assert client_scopes(allowed, []) == ["api/read", "api/write"]
    assert client_scopes(allowed, ["api/write", "api/write"]) == ["api/write"]
    for bad in ("openid", "aws.cognito.signin.user.admin", "api/admin"):
        with pytest.raises(idp.InvalidParameterException):
            client_scopes(allowed, ["api/read", bad])
    client = Client("c", "p", "n", idp.UserPoolClientType(), True, 1, 1.0, 1.0)
    assert client_claims("i", client, ["api/read", "b/c"], 1, 60, "j")["scope"] == "api/read b/c"
    machine_id, secret = machine(scene)
    given = {"ClientId": machine_id, "Secret": secret, "Scopes": ["openid"]}
    code, _ = refused(scene.public.get_client_token, **given)
    assert code == "InvalidParameterException"
