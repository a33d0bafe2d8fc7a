"""Changing the password one knows."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.house import TestHouse
from tests.userpools.codes.scene import LIMIT, OTHER, PASSWORD, Scene, refusal

INCORRECT = "NotAuthorizedException: Incorrect username or password."


def change(scene: Scene, token: str, previous: str | None, proposed: str = OTHER) -> None:
    asked: dict[str, Any] = {"AccessToken": token, "ProposedPassword": proposed}
    if previous is not None:
        asked["PreviousPassword"] = previous
    scene.public.change_password(**asked)


def test_the_old_password_is_needed_and_tokens_stay_good(house: TestHouse) -> None:
    """AUT-22, AUT-21"""
    scene = Scene(house)
    scene.reader("ann")
    token = scene.token("ann")
    for previous in (OTHER, None):
        told = refusal(change, scene=scene, token=token, previous=previous)
        assert told == INCORRECT
    weak = refusal(change, scene=scene, token=token, previous=PASSWORD, proposed="weak")
    assert weak.startswith("InvalidPasswordException")
    assert scene.password_is("ann", PASSWORD)
    change(scene, token, PASSWORD)
    assert scene.password_is("ann", OTHER)
    scene.public.get_user(AccessToken=token)


def test_wrong_old_passwords_are_counted_and_stopped(house: TestHouse) -> None:
    """AUT-22"""
    scene = Scene(house)
    scene.reader("ann")
    token = scene.token("ann")
    for _ in range(5):
        assert refusal(change, scene=scene, token=token, previous=OTHER) == INCORRECT
    for previous in (OTHER, PASSWORD):
        assert refusal(change, scene=scene, token=token, previous=previous) == LIMIT
    house.clock.step(3601)
    change(scene, scene.token("ann"), PASSWORD)


def test_wrong_old_passwords_lock_sign_in_too(sqlite_house: TestHouse) -> None:
    """AUT-22"""
    scene = Scene(sqlite_house)
    scene.reader("ann")
    token = scene.token("ann")
    for _ in range(4):
        assert refusal(change, scene=scene, token=token, previous=OTHER) == INCORRECT
    sqlite_house.clock.step(600)  # not yet forgotten
    assert refusal(change, scene=scene, token=token, previous=OTHER) == INCORRECT
    with scene.call() as call:
        lockouts = scene.lockouts(call)
        assert lockouts.reserve(scene.user("ann").sub, call.now).name == "LOCKED"


def test_of_parallel_changes_one_succeeds(house: TestHouse) -> None:
    """AUT-22"""
    scene = Scene(house)
    scene.reader("ann")
    token, start = scene.token("ann"), threading.Barrier(4)
    passwords = [f"{OTHER}{number}" for number in range(4)]

    def one(password: str) -> bool:
        start.wait()
        try:
            change(scene, token, PASSWORD, password)
        except scene.public.exceptions.NotAuthorizedException:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(one, passwords))
    assert sum(done) == 1
    assert scene.password_is("ann", passwords[done.index(True)])


def test_a_user_without_password_sets_the_first_one(sqlite_house: TestHouse) -> None:
    scene = Scene(sqlite_house)
    user = scene.reader("ann")
    with scene.call() as call:
        scene.passwords(call).remove(user)
    change(scene, scene.token("ann"), None)
    assert scene.password_is("ann", OTHER)
