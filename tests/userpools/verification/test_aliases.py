"""An address that people sign in with is one user's, by whatever way it is proved."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.house import TestHouse
from tests.userpools.codes.scene import Scene, refusal
from tests.userpools.users.pool import given

SHARED = "shared@example.com"
TAKEN = "AliasExistsException: An account with the email already exists."


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    return Scene(house, alias_attributes=["email"])


def confirm(scene: Scene, name: str, code: str, **more: Any) -> None:
    scene.public.confirm_sign_up(
        ClientId=scene.plain.id, Username=name, ConfirmationCode=code, **more
    )


def owners(scene: Scene, *names: str) -> list[str]:
    return [name for name in names if scene.user(name).verified("email")]


def at_once(*functions: Callable[[], None]) -> list[str]:
    """What becomes of them when they begin together: an error's code, or an empty string."""
    start = threading.Barrier(len(functions))

    def run(function: Callable[[], None]) -> str:
        start.wait()
        try:
            function()
        except ClientError as refused:
            return str(refused.response["Error"]["Code"])
        return ""

    with ThreadPoolExecutor(len(functions)) as threads:
        return list(threads.map(run, functions))


def test_confirming_does_not_take_anothers_address(scene: Scene) -> None:
    """CGN-06"""
    scene.reader("ann", email=SHARED)
    scene.sign_up("eve", email=SHARED)
    asked = {"scene": scene, "name": "eve", "code": scene.code()}
    assert refusal(confirm, **asked) == TAKEN
    assert refusal(confirm, ForceAliasCreation=False, **asked) == TAKEN
    assert owners(scene, "ann", "eve") == ["ann"]
    assert scene.user("eve").status == "UNCONFIRMED"
    assert scene.user(SHARED).username == "ann"


def test_a_forced_confirmation_moves_the_address_and_unverifies_the_loser(scene: Scene) -> None:
    """CGN-06"""
    scene.reader("ann", email=SHARED)
    scene.sign_up("eve", email=SHARED)
    code = scene.code()
    assert refusal(confirm, scene=scene, name="eve", code=code) == TAKEN
    confirm(scene, "eve", code, ForceAliasCreation=True)
    assert owners(scene, "ann", "eve") == ["eve"]
    assert scene.user(SHARED).username == "eve"
    assert scene.user("eve").status == scene.user("ann").status == "CONFIRMED"


def test_a_reset_code_of_the_loser_is_void(scene: Scene) -> None:
    """CGN-06, AUT-17"""
    scene.reader("ann", email=SHARED)
    scene.public.forgot_password(ClientId=scene.plain.id, Username="ann")
    reset = scene.code()
    scene.sign_up("eve", email=SHARED)
    confirm(scene, "eve", scene.code(), ForceAliasCreation=True)
    told = refusal(
        scene.public.confirm_forgot_password,
        ClientId=scene.plain.id,
        Username="ann",
        ConfirmationCode=reset,
        Password="New-Password-1!",
    )
    assert told.startswith("ExpiredCodeException")


def test_verifying_does_not_take_anothers_address(scene: Scene) -> None:
    """CGN-06"""
    scene.reader("ann", email=SHARED)
    scene.reader("eve")
    token = scene.token("eve")
    scene.public.update_user_attributes(AccessToken=token, UserAttributes=given(email=SHARED))
    told = refusal(
        scene.public.verify_user_attribute,
        AccessToken=token,
        AttributeName="email",
        Code=scene.code(),
    )
    assert told == TAKEN
    assert owners(scene, "ann", "eve") == ["ann"]


def test_of_parallel_confirmations_of_one_address_one_succeeds(scene: Scene) -> None:
    """CGN-06, REL-03"""
    codes = {}
    for name in ("ann", "bob", "eve"):
        scene.sign_up(name, email=SHARED)
        codes[name] = scene.code()
    told = at_once(*(lambda n=name, c=code: confirm(scene, n, c) for name, code in codes.items()))
    assert sorted(told) == ["", "AliasExistsException", "AliasExistsException"]
    assert len(owners(scene, *codes)) == 1
    assert scene.user(SHARED).username == owners(scene, *codes)[0]


def test_parallel_forced_confirmations_leave_one_owner(scene: Scene) -> None:
    """CGN-06, REL-03"""
    codes = {}
    for name in ("ann", "bob", "eve"):
        scene.sign_up(name, email=SHARED)
        codes[name] = scene.code()
    told = at_once(
        *(
            lambda n=name, c=code: confirm(scene, n, c, ForceAliasCreation=True)
            for name, code in codes.items()
        )
    )
    assert set(told) <= {"", "AliasExistsException"}
    assert "" in told
    assert len(owners(scene, *codes)) == 1
    assert scene.user(SHARED).username == owners(scene, *codes)[0]
