"""A password that is set anew, or a user who is shut out, while a sign-in is at its last step."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from poolhouse.userpools.signin.challenges import new_password
from poolhouse.userpools.tokens.mint import Mint
from poolhouse.userpools.tokens.store import Sessions
from tests.support.house import TestHouse
from tests.support.signing_in import OTHER, PASSWORD, Scene, refused, scene_of
from tests.userpools.triggers.scene import hooked

INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")


def recover(scene: Scene) -> None:
    """By the owner, who wants everybody out."""
    asked = {"ClientId": scene.open, "Username": "ann"}
    scene.public.forgot_password(**asked)
    scene.public.confirm_forgot_password(**asked, ConfirmationCode=scene.mailed(), Password=OTHER)


def set_anew(scene: Scene) -> None:
    scene.idp.admin_set_user_password(
        UserPoolId=scene.pool, Username="ann", Password=OTHER, Permanent=True
    )


@pytest.mark.parametrize("change", [recover, set_anew])
@pytest.mark.parametrize("way", ["password", "srp"])
@pytest.mark.parametrize("asked", ["PostAuthentication", "PreTokenGeneration"])
def test_no_session_begins_with_a_password_that_is_none_any_more(
    house: TestHouse, asked: str, way: str, change: Callable[[Scene], None]
) -> None:
    """AUT-18, REL-06: the old sessions were ended, and this would be one of them."""
    scene, functions = hooked(house, asked, AutoVerifiedAttributes=["email"])
    scene.user("ann", email="ann@example.com", email_verified="true")

    def meanwhile(event: Any) -> Any:
        functions.put(asked, lambda event: event)
        change(scene)
        return event

    functions.put(asked, meanwhile)
    sign_in = scene.tokens if way == "password" else scene.srp_sign_in
    assert refused(sign_in, "ann") == INCORRECT
    assert scene.tokens("ann", OTHER)


def test_no_new_password_is_set_by_a_temporary_one_that_is_none_any_more(house: TestHouse) -> None:
    """AUT-16, AUT-21: the administrator's newest is what the owner has, and nobody else."""
    scene, functions = hooked(house, "PostAuthentication")
    named = {"UserPoolId": scene.pool, "Username": "ann"}
    scene.idp.admin_create_user(**named, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS")
    asked = scene.sign_in("ann")

    def meanwhile(event: Any) -> Any:
        scene.idp.admin_set_user_password(**named, Password=OTHER, Permanent=False)
        return event

    functions.put("PostAuthentication", meanwhile)
    stolen = "Stolen-Mule-3!"
    assert refused(scene.reply, asked, USERNAME="ann", NEW_PASSWORD=stolen)[0] == INCORRECT[0]
    assert scene.sign_in("ann", OTHER)["ChallengeName"] == new_password.NAME


def disable(scene: Scene) -> None:
    """And lets in again: what was ended stays so."""
    named = {"UserPoolId": scene.pool, "Username": "ann"}
    scene.idp.admin_disable_user(**named)
    scene.idp.admin_enable_user(**named)


@pytest.mark.parametrize("change", [disable, recover])
def test_a_session_that_is_about_to_begin_is_ended_too(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch, change: Callable[[Scene], None]
) -> None:
    """AUT-18, REL-06: whoever ends all sessions waits for the one that is not there yet."""
    scene = scene_of(house, AutoVerifiedAttributes=["email"])
    scene.user("ann", email="ann@example.com", email_verified="true")
    changing = threading.Thread(target=change, args=(scene,))
    opened = Mint.open

    def slowly(mint: Mint, *given: Any, **more: Any) -> None:
        opened(mint, *given, **more)
        changing.start()
        time.sleep(0.5)

    monkeypatch.setattr(Mint, "open", slowly)
    tokens = scene.tokens("ann")
    changing.join()
    assert refused(scene.public.get_user, AccessToken=tokens["AccessToken"])[0] == INCORRECT[0]
    assert refused(scene.refresh, tokens["RefreshToken"])[0] == INCORRECT[0]


@pytest.mark.parametrize("change", [disable, recover])
def test_no_session_begins_beside_what_ends_them_all(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch, change: Callable[[Scene], None]
) -> None:
    """AUT-18, REL-06: what a change is about to write counts for whoever comes in meanwhile."""
    scene = scene_of(house, AutoVerifiedAttributes=["email"])
    scene.user("ann", email="ann@example.com", email_verified="true")
    said: list[tuple[str, str]] = []
    signing_in = threading.Thread(target=lambda: said.append(refused(scene.tokens, "ann")))
    ended = Sessions.revoke_all

    def slowly(sessions: Sessions, *given: Any) -> None:
        ended(sessions, *given)
        signing_in.start()
        time.sleep(0.5)

    monkeypatch.setattr(Sessions, "revoke_all", slowly)
    change(scene)
    signing_in.join()
    assert [code for code, _ in said] == [INCORRECT[0]]


def sign_out(scene: Scene, _: str) -> None:
    scene.idp.admin_user_global_sign_out(UserPoolId=scene.pool, Username="ann")


def revoke(scene: Scene, token: str) -> None:
    scene.public.revoke_token(ClientId=scene.open, Token=token)


def shut_out(scene: Scene, _: str) -> None:
    scene.idp.admin_disable_user(UserPoolId=scene.pool, Username="ann")


def delete(scene: Scene, _: str) -> None:
    scene.idp.admin_delete_user(UserPoolId=scene.pool, Username="ann")


@pytest.mark.parametrize("end", [sign_out, revoke, shut_out, delete])
@pytest.mark.parametrize("by", ["InitiateAuth", "GetTokensFromRefreshToken"])
def test_no_tokens_of_a_session_that_ended_while_a_function_was_asked(
    house: TestHouse, by: str, end: Callable[[Scene, str], None]
) -> None:
    """REL-06: nor any that is taken by whoever knows the keys only."""
    scene, functions = hooked(house, "PreTokenGeneration")
    scene.user("ann")
    token = scene.tokens("ann")["RefreshToken"]

    def refresh() -> Any:
        if by == "InitiateAuth":
            return scene.refresh(token)
        return scene.public.get_tokens_from_refresh_token(ClientId=scene.open, RefreshToken=token)

    def meanwhile(event: Any) -> Any:
        end(scene, token)
        return event

    assert refresh()["AuthenticationResult"]
    functions.put("PreTokenGeneration", meanwhile)
    assert refused(refresh)[0] == INCORRECT[0]
