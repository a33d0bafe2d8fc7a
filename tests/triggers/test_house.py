"""A pool whose function hangs, refuses or is not there, asked through the SDK: nobody else waits,
and nothing half-done is left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import text

from tests.support.house import TestHouse
from tests.support.signing_in import PASSWORD, Scene, refused, scene_of
from tests.triggers import receivers
from tests.triggers.receivers import Answer, Receiver, receiving, said
from tests.triggers.scene import ARN, event, whsec

SECRET = whsec()


@pytest.fixture
def receiver(house: TestHouse) -> Iterator[Receiver]:
    with receiving(receivers.echo) as found:
        (house.settings.data_dir / "functions.toml").write_text(
            f'[[function]]\narn = "{ARN}*"\nwebhook = "{found.url}/hook"\nsecret = "{SECRET}"\n'
        )
        yield found


@pytest.fixture
def scene(house: TestHouse, receiver: Receiver) -> Scene:
    return scene_of(house, LambdaConfig={"PreSignUp": ARN + "pre-sign-up"})


def sign_up(scene: Scene, name: str) -> Any:
    return scene.public.sign_up(ClientId=scene.open, Username=name, Password=PASSWORD)


def names(scene: Scene) -> list[str]:
    return [user["Username"] for user in scene.idp.list_users(UserPoolId=scene.pool)["Users"]]


def open_transactions(house: TestHouse) -> int:
    """Of this house's database: those that wait for their owner."""
    with house.services.database.connection() as connection:
        if house.services.database.is_sqlite:
            # Whoever writes would hold the lock, and this would wait for it in vain.
            connection.exec_driver_sql("PRAGMA busy_timeout=100")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.exec_driver_sql("ROLLBACK")
            return 0
        idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        found = connection.scalar(text(idle + "AND state LIKE 'idle in transaction%'"))
    return int(found or 0)


def test_while_a_function_hangs_no_transaction_is_open_and_others_go_on(
    house: TestHouse, scene: Scene, receiver: Receiver
) -> None:
    """EXT-04, REL-18"""
    other = scene_of(house)
    scene.user("beside")
    assert receiver.arrived.acquire(timeout=20)

    def late(exchange: receivers.Exchange) -> None:
        exchange.over.wait(30)
        receivers.echo(exchange)

    receiver.answers = [late]
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(sign_up, scene, f"slow{number}") for number in range(4)]
        for _ in waiting:
            assert receiver.arrived.acquire(timeout=20)
        assert open_transactions(house) == 0
        sign_up(other, "quick")
        assert names(other) == ["quick"]
        assert scene.tokens("beside")
        assert names(scene) == ["beside"]
        receiver.over.set()
        assert all(one.result(60)["UserConfirmed"] for one in waiting)
    assert sorted(names(scene)) == ["beside", "slow0", "slow1", "slow2", "slow3"]


ECHO = event()
UNEXPECTED = "UnexpectedLambdaException"
INVALID = "InvalidLambdaResponseException"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (said({"errorMessage": "No bots"}, 400), "UserLambdaValidationException"),
        (said(b"", 500), UNEXPECTED),
        (said(b"", 302, location="/elsewhere"), UNEXPECTED),
        (receivers.hang_up, UNEXPECTED),
        (receivers.flood, INVALID),
        (said(b"<html>"), INVALID),
        (said(None), INVALID),
        (said({**ECHO, "response": {"autoConfirmUser": "yes"}}), INVALID),
        (said({**ECHO, "response": {"autoConfirmUser": 1}}), INVALID),
    ],
)
def test_a_function_that_answers_otherwise_leaves_nothing_behind(
    answer: Answer, code: str, scene: Scene, receiver: Receiver
) -> None:
    """EXT-03, REL-18"""
    receiver.answers = [answer]
    with pytest.raises(ClientError) as caught:
        sign_up(scene, "ann")
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert names(scene) == []
    receiver.answers = [receivers.echo]
    assert sign_up(scene, "ann")["UserConfirmed"] is True


def test_what_a_function_adds_beside_its_answer_is_left_alone(
    scene: Scene, receiver: Receiver
) -> None:
    """EXT-03"""

    def more(exchange: receivers.Exchange) -> None:
        asked = exchange.asked.event
        asked |= {"userName": "eve", "userPoolId": "us-east-1_other", "admin": True}
        asked["response"] |= {"autoConfirmUser": True, "password": "x", "groups": ["admin"]}
        exchange.send(200, json.dumps(asked).encode())

    receiver.answers = [more]
    assert sign_up(scene, "ann")["UserConfirmed"] is True
    assert names(scene) == ["ann"]


def test_the_words_of_a_function_reach_the_caller_whatever_they_are(
    scene: Scene, receiver: Receiver
) -> None:
    words = 'No "bots"\r\nx-evil: 1 \x00 \U0001f6ab ' + "x" * 10_000
    receiver.answers = [said({"errorMessage": words}, 400)]
    assert refused(lambda: sign_up(scene, "ann")) == (
        "UserLambdaValidationException",
        f"PreSignUp failed with error {words}.",
    )
