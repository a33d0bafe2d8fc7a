"""Refresh tokens: going on, ending, and rotation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.house import TestHouse
from tests.support.signing_in import PASSWORD, Scene, claims, refused, scene_of

REVOKED = ("NotAuthorizedException", "Refresh Token has been revoked")
REUSED = "RefreshTokenReuseException"


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    made = scene_of(house)
    made.user("ann")
    return made


def rotating(scene: Scene, grace: int) -> str:
    return scene.client(
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": grace},
    )


def exchange(scene: Scene, client: str, token: str, **more: str) -> dict[str, Any]:
    found: dict[str, Any] = scene.public.get_tokens_from_refresh_token(
        ClientId=client, RefreshToken=token, **more
    )["AuthenticationResult"]
    return found


def test_a_refresh_goes_on_with_the_same_sign_in(scene: Scene) -> None:
    first = scene.tokens("ann")
    again = scene.refresh(first["RefreshToken"])["AuthenticationResult"]
    assert "RefreshToken" not in again
    old, new = claims(first["AccessToken"]), claims(again["AccessToken"])
    for same in ("origin_jti", "event_id", "auth_time", "sub"):
        assert old[same] == new[same]
    assert old["jti"] != new["jti"]
    plain = exchange(scene, scene.open, first["RefreshToken"])
    assert "RefreshToken" not in plain
    assert claims(plain["IdToken"])["origin_jti"] == old["origin_jti"]


def test_claims_are_read_anew(scene: Scene) -> None:
    """OAU-07: groups and attributes as they are now."""
    token = scene.tokens("ann")["RefreshToken"]
    scene.idp.create_group(UserPoolId=scene.pool, GroupName="staff")
    where = {"UserPoolId": scene.pool, "Username": "ann"}
    scene.idp.admin_add_user_to_group(GroupName="staff", **where)
    found = claims(scene.refresh(token)["AuthenticationResult"]["AccessToken"])
    assert found["cognito:groups"] == ["staff"]
    scene.idp.admin_remove_user_from_group(GroupName="staff", **where)
    found = claims(scene.refresh(token)["AuthenticationResult"]["AccessToken"])
    assert "cognito:groups" not in found


def test_any_change_of_a_refresh_token_makes_it_nothing(scene: Scene) -> None:
    """TOK-08"""
    token = scene.tokens("ann")["RefreshToken"]
    middle = len(token) // 2
    for bad in (
        token[:-1],
        token[1:],
        token + "A",
        token.swapcase(),
        token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :],
        "x",
    ):
        assert refused(scene.refresh, bad) == ("NotAuthorizedException", "Invalid Refresh Token")


def test_a_token_is_its_client_s_alone_and_ends(scene: Scene) -> None:
    token = scene.tokens("ann")["RefreshToken"]
    code, message = refused(scene.refresh, token, scene.hiding)
    assert (code, message) == ("NotAuthorizedException", "Invalid Refresh Token")
    scene.house.clock.step(30 * 86400 + 1)
    assert refused(scene.refresh, token)[1] == "Refresh Token has expired"


@pytest.mark.parametrize("act", ["revoke", "sign out", "admin sign out", "disable", "delete"])
def test_what_ends_a_session_ends_it_everywhere_at_once(scene: Scene, act: str) -> None:
    """TOK-07, SES-05, AUT-06"""
    where = {"UserPoolId": scene.pool, "Username": "ann"}
    tokens = scene.tokens("ann")
    {
        "revoke": lambda: scene.public.revoke_token(
            Token=tokens["RefreshToken"], ClientId=scene.open
        ),
        "sign out": lambda: scene.public.global_sign_out(AccessToken=tokens["AccessToken"]),
        "admin sign out": lambda: scene.idp.admin_user_global_sign_out(**where),
        "disable": lambda: scene.idp.admin_disable_user(**where),
        "delete": lambda: scene.idp.admin_delete_user(**where),
    }[act]()
    refused(scene.refresh, tokens["RefreshToken"])
    refused(exchange, scene, scene.open, tokens["RefreshToken"])
    refused(scene.public.get_user, AccessToken=tokens["AccessToken"])
    refused(scene.public.global_sign_out, AccessToken=tokens["AccessToken"])


def test_the_words_of_each_ending(scene: Scene) -> None:
    tokens = scene.tokens("ann")
    scene.public.revoke_token(Token=tokens["RefreshToken"], ClientId=scene.open)
    assert refused(scene.refresh, tokens["RefreshToken"]) == REVOKED
    assert refused(scene.public.get_user, AccessToken=tokens["AccessToken"]) == (
        "NotAuthorizedException",
        "Access Token has been revoked",
    )
    tokens = scene.tokens("ann")
    scene.idp.admin_disable_user(UserPoolId=scene.pool, Username="ann")
    disabled = ("NotAuthorizedException", "User is disabled.")
    assert refused(scene.refresh, tokens["RefreshToken"]) == disabled
    assert refused(scene.public.get_user, AccessToken=tokens["AccessToken"]) == disabled


def test_revoking_one_session_leaves_the_others(scene: Scene) -> None:
    one, two = scene.tokens("ann"), scene.tokens("ann")
    scene.public.revoke_token(Token=one["RefreshToken"], ClientId=scene.open)
    assert scene.refresh(two["RefreshToken"])
    assert scene.public.get_user(AccessToken=two["AccessToken"])


def test_revocation_knows_its_client_and_its_kind_of_token(scene: Scene) -> None:
    """OAU-17: another client's token is answered alike and stays."""
    tokens = scene.tokens("ann")
    scene.public.revoke_token(Token=tokens["RefreshToken"], ClientId=scene.hiding)
    assert scene.refresh(tokens["RefreshToken"])
    scene.public.revoke_token(Token="x", ClientId=scene.open)
    code, _ = refused(scene.public.revoke_token, Token=tokens["AccessToken"], ClientId=scene.open)
    assert code == "UnsupportedTokenTypeException"
    given = {"Token": tokens["RefreshToken"], "ClientId": scene.confidential}
    assert refused(scene.public.revoke_token, **given)[0] == "UnauthorizedException"
    code, _ = refused(scene.public.revoke_token, ClientSecret="x" * 30, **given)
    assert code == "UnauthorizedException"
    code, words = refused(scene.public.revoke_token, Token="x", ClientId="nobody")
    assert (code, words) == ("UnauthorizedException", "User pool client nobody does not exist.")
    never = scene.client(EnableTokenRevocation=False)
    token = scene.tokens("ann", PASSWORD, never)
    assert "origin_jti" not in claims(token["AccessToken"])
    code, _ = refused(scene.public.revoke_token, Token=token["RefreshToken"], ClientId=never)
    assert code == "UnsupportedOperationException"
    scene.idp.admin_user_global_sign_out(UserPoolId=scene.pool, Username="ann")
    refused(scene.public.get_user, AccessToken=token["AccessToken"])


def test_a_rotated_token_has_one_successor_and_the_rest_of_its_life(scene: Scene) -> None:
    """OAU-06"""
    client = rotating(scene, 0)
    first = scene.tokens("ann", PASSWORD, client)["RefreshToken"]
    scene.house.clock.step(10 * 86400)
    second = exchange(scene, client, first)["RefreshToken"]
    assert second != first
    scene.house.clock.step(19 * 86400)
    third = exchange(scene, client, second)["RefreshToken"]
    scene.house.clock.step(86400 + 1)
    assert refused(exchange, scene, client, third)[1] == "Refresh Token has expired"


def test_reuse_after_the_grace_period_ends_the_whole_family(scene: Scene) -> None:
    """OAU-06: stricter than Cognito, as RFC 9700 asks."""
    client = rotating(scene, 10)
    first = scene.tokens("ann", PASSWORD, client)
    second = exchange(scene, client, first["RefreshToken"])
    assert exchange(scene, client, first["RefreshToken"])["RefreshToken"] == second["RefreshToken"]
    scene.house.clock.step(11)
    assert refused(exchange, scene, client, first["RefreshToken"])[0] == REUSED
    assert refused(exchange, scene, client, second["RefreshToken"]) == REVOKED
    refused(scene.public.get_user, AccessToken=second["AccessToken"])


def test_a_grandparent_is_reuse_even_within_the_grace_period(scene: Scene) -> None:
    """OAU-06"""
    client = rotating(scene, 60)
    first = scene.tokens("ann", PASSWORD, client)["RefreshToken"]
    second = exchange(scene, client, first)["RefreshToken"]
    third = exchange(scene, client, second)["RefreshToken"]
    assert refused(exchange, scene, client, first)[0] == REUSED
    assert refused(exchange, scene, client, third) == REVOKED


@pytest.mark.parametrize("grace", [0, 60])
def test_a_token_that_was_exchanged_is_revoked_with_its_family(scene: Scene, grace: int) -> None:
    """TOK-07: whoever lost the answer of an exchange signs out with the token that they have."""
    client = rotating(scene, grace)
    first = scene.tokens("ann", PASSWORD, client)["RefreshToken"]
    second = exchange(scene, client, first)
    scene.public.revoke_token(Token=first, ClientId=scene.open)
    assert scene.public.get_user(AccessToken=second["AccessToken"]), "another client's is none"
    scene.public.revoke_token(Token=first, ClientId=client)
    assert refused(exchange, scene, client, second["RefreshToken"]) == REVOKED
    told = refused(scene.public.get_user, AccessToken=second["AccessToken"])
    assert told == ("NotAuthorizedException", "Access Token has been revoked")
    scene.public.revoke_token(Token=first, ClientId=client)


@pytest.mark.parametrize("grace", [0, 60])
def test_parallel_exchanges_never_fork_the_family(scene: Scene, grace: int) -> None:
    """OAU-06, REL-04"""
    client = rotating(scene, grace)
    first = scene.tokens("ann", PASSWORD, client)["RefreshToken"]

    def turn(_: int) -> str:
        try:
            return str(exchange(scene, client, first)["RefreshToken"])
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(turn, range(12)))
    successors = {outcome for outcome in outcomes if outcome.startswith("eyJ")}
    assert len(successors) == 1
    if grace:
        assert set(outcomes) == successors
        assert exchange(scene, client, successors.pop())["RefreshToken"]


def test_the_plain_secret_is_proved(scene: Scene) -> None:
    from tests.support.signing_in import secret_hash

    client, secret = scene.confidential, scene.secret
    made = secret_hash("ann", client, secret)
    token = scene.sign_in("ann", client=client, SECRET_HASH=made)["AuthenticationResult"]
    refresh = token["RefreshToken"]
    assert exchange(scene, client, refresh, ClientSecret=secret)["AccessToken"]
    for more in ({}, {"ClientSecret": "wrong" * 8}):
        assert refused(exchange, scene, client, refresh, **more)[0] == "NotAuthorizedException"
    ours = scene.tokens("ann")["RefreshToken"]
    code, _ = refused(exchange, scene, scene.open, ours, ClientSecret="x" * 30)
    assert code == "NotAuthorizedException"


def test_nothing_of_a_family_works_after_a_revocation_that_raced_a_refresh(scene: Scene) -> None:
    """REL-06"""
    for _ in range(6):
        tokens = scene.tokens("ann")
        made: list[str] = [tokens["AccessToken"]]

        def refresh(_: int, token: str = tokens["RefreshToken"], out: list[str] = made) -> None:
            try:
                out.append(scene.refresh(token)["AuthenticationResult"]["AccessToken"])
            except ClientError:
                return

        with ThreadPoolExecutor(5) as threads:
            racing = threads.map(refresh, range(6))
            scene.public.revoke_token(Token=tokens["RefreshToken"], ClientId=scene.open)
            list(racing)
        for access in made:
            refused(scene.public.get_user, AccessToken=access)


def test_without_a_grace_period_an_earlier_request_that_comes_later_is_a_reuse(
    scene: Scene,
) -> None:
    """REL-04: of several at once exactly one is given tokens."""
    client = rotating(scene, 0)
    token = scene.tokens("ann", client=client)["RefreshToken"]
    assert exchange(scene, client, token)["RefreshToken"]
    scene.house.clock.step(-1)
    assert refused(exchange, scene, client, token)[0] == REUSED
