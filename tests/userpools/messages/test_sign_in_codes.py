"""Codes that the sign-in draws itself, on their way to the user; and what a pool may send."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from poolhouse.contract import cognito_idp as idp
from poolhouse.delivery.letters import opened
from poolhouse.kernel.unit import Unit
from poolhouse.storage.outbox import messages as rows
from poolhouse.userpools.messages import wording
from poolhouse.userpools.messages.nobody import apparent
from poolhouse.userpools.messages.sending import Messages
from poolhouse.userpools.risk.rules import (
    DAY,
    HOUR,
    MESSAGES_OF_A_USER,
    messages_of_a_pool,
    texts_of_a_pool,
)
from poolhouse.userpools.risk.store import Quotas, sweep
from poolhouse.userpools.users.rows import User
from tests.support.house import TestHouse, furnished, settings_for
from tests.userpools.codes.scene import LIMIT, Scene, refusal
from tests.userpools.users.pool import PHONE, pool

LIFETIME = 180.0


@pytest.fixture
def limited(tmp_path: Path, sqlite_template: Path) -> Callable[..., Any]:
    """A scene in a house of other settings."""

    @contextmanager
    def made(**settings: Any) -> Iterator[Scene]:
        shutil.copy(sqlite_template, tmp_path / "poolhouse.db")
        with furnished(settings_for(tmp_path, **settings)) as house:
            yield Scene(house)

    return made


def send(scene: Scene, user: User, digits: str, attribute: str = "email", **more: Any) -> None:
    with scene.call() as call:
        to = user.attributes[attribute]
        until = call.now + LIFETIME
        write = Messages(call, scene.pool).sign_in_code(user, attribute, to, digits, until, **more)
        write()


def refused(function: Callable[..., None], *given: Any, **more: Any) -> None:
    with pytest.raises(idp.LimitExceededException):
        function(*given, **more)


def written(scene: Scene) -> list[Any]:
    with Unit(scene.house.services.database) as unit:
        return list(unit.all(select(rows).order_by(rows.c.created_at)))


def test_a_sign_in_code_is_worded_by_the_pool_and_sealed(house: TestHouse) -> None:
    """AUT-14"""
    scene = Scene(house, sms_authentication_message="Sign in with {####}!")
    ann = scene.reader("ann", phone_number=PHONE)
    send(scene, ann, "12345678")
    send(scene, ann, "654321", "phone_number")
    sms, mail = scene.letters()
    assert (mail.letter.recipient, mail.letter.subject) == (
        "ann@example.com",
        "Your authentication code",
    )
    assert mail.letter.text == "Your authentication code is 12345678. "
    assert (sms.letter.recipient, sms.letter.text) == (PHONE, "Sign in with 654321!")
    assert {sms.message.kind, mail.message.kind} == {"authentication"}
    assert sms.message.expires_at - sms.message.created_at == LIFETIME
    assert b"654321" not in sms.message.sealed


def test_a_newer_code_takes_the_place_of_one_that_has_not_left(house: TestHouse) -> None:
    scene = Scene(house)
    ann = scene.reader("ann", phone_number=PHONE)
    for digits in ("111111", "222222"):
        send(scene, ann, digits)
    send(scene, ann, "333333", "phone_number")
    found = {each.letter.text[-9:-2]: each.message.status for each in scene.letters()}
    assert found == {" 111111": "superseded", " 222222": "waiting", " 333333": "waiting"}


def test_for_nobody_the_same_is_done_and_nothing_is_sent(house: TestHouse) -> None:
    """CGN-09"""
    scene = Scene(house)
    ann = scene.reader("ann")
    send(scene, ann, "111111")
    with scene.call() as call:
        nobody = apparent(call, scene.pool, "nobody", None)
    send(scene, nobody, "222222", pretend=True)
    assert [each.letter.recipient for each in scene.letters()] == ["ann@example.com"]
    real, pretended = written(scene)
    assert (real.status, pretended.status) == ("waiting", "pretended")
    assert {name: type(value) for name, value in real._asdict().items()} == {
        name: type(value) for name, value in pretended._asdict().items()
    }
    sealer = house.services.sealer
    assert "222222" in opened(sealer, pretended.id, pretended.sealed).text
    for _ in range(MESSAGES_OF_A_USER.most - 1):
        send(scene, nobody, "1", pretend=True)
        send(scene, ann, "1")
    refused(send, scene, nobody, "1", pretend=True)
    refused(send, scene, ann, "1")


def test_hidden_users_are_pretended_to_at_the_price_of_a_message(sqlite_house: TestHouse) -> None:
    """CGN-09"""
    scene = Scene(sqlite_house)
    scene.reader("ann")
    for name in ("ann", "nobody"):
        scene.public.forgot_password(ClientId=scene.hiding.id, Username=name)
    assert [row.status for row in written(scene)] == ["waiting", "pretended"]
    assert len(scene.letters()) == 1


@pytest.mark.parametrize("name", ["ann", "nobody"])
def test_a_pool_sends_so_much_an_hour_and_says_so_of_everybody_alike(
    limited: Callable[..., Any], name: str
) -> None:
    """AUT-15, CGN-09"""
    with limited(pool_messages_an_hour=5) as scene:
        scene.reader("ann")
        scene.use_up(messages_of_a_pool(5), "")
        forgot = scene.public.forgot_password
        assert refusal(forgot, ClientId=scene.hiding.id, Username=name) == LIMIT
        assert scene.letters() == []
        scene.admin.admin_reset_user_password(UserPoolId=scene.pool.id, Username="ann")
        assert len(scene.letters()) == 1
        scene.house.clock.step(HOUR + 1)
        forgot(ClientId=scene.hiding.id, Username=name)


def test_text_messages_of_a_pool_are_counted_by_the_day(limited: Callable[..., Any]) -> None:
    """AUT-15"""
    with limited(pool_sms_a_day=2) as scene:
        ann = scene.reader("ann", phone_number=PHONE)
        for digits in ("1", "2"):
            send(scene, ann, digits, "phone_number")
        refused(send, scene, ann, "3", "phone_number")
        with scene.call() as call:
            nobody = apparent(call, scene.pool, "nobody", None)
        refused(send, scene, nobody, "3", "phone_number", pretend=True)
        send(scene, ann, "4")
        scene.house.clock.step(DAY - 60)
        with Unit(scene.house.services.database) as unit:
            sweep(unit, scene.house.clock.now())
        refused(send, scene, ann, "5", "phone_number")
        scene.house.clock.step(61)
        send(scene, ann, "6", "phone_number")


def test_counts_are_swept_when_their_time_is_over(house: TestHouse) -> None:
    scene = Scene(house)
    now = 1_000_000.0
    with scene.call() as call:
        quotas = Quotas(call.unit, scene.pool)
        quotas.spend_with_unit(messages_of_a_pool(5), "", now)
        quotas.spend_with_unit(texts_of_a_pool(5), "", now)
    for later, swept in ((HOUR - 1, 0), (HOUR + 1, 1), (DAY - 1, 0), (DAY + 1, 1)):
        with scene.call() as call:
            assert sweep(call.unit, now + later) == swept


def test_the_words_of_mfa_are_the_pools_or_cognitos() -> None:
    plain = wording.authentication(pool())
    said = "Your authentication code is {####}. "
    assert (plain.email_message, plain.sms_message) == (said, said)
    chosen = idp.GetUserPoolMfaConfigResponse(
        email_mfa_configuration=idp.EmailMfaConfigType(message="<b>{####}</b>", subject="Hello")
    )
    own = wording.authentication(replace(pool(), chosen_mfa=chosen))
    assert (own.email_subject, own.email_message, own.sms_message) == (
        "Hello",
        "<b>{####}</b>",
        said,
    )
