"""Random walks of a user through everything that touches their own address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from poolhouse.userpools.users.rows import User
from tests.support.house import TestHouse
from tests.userpools.codes.scene import Scene
from tests.userpools.users.pool import given
from tests.userpools.verification.test_verification import BEFORE_UPDATE

ADDRESSES = ("one@example.com", "two@example.org", "three@example.net")


class Walk(RuleBasedStateMachine):
    """After every step, a verified address is one that a code was sent to and redeemed for, or
    that was verified and the same before the step."""

    scene: Scene
    number = 0
    redeemed = 0

    @initialize()
    def begin(self) -> None:
        Walk.number += 1
        self.name = f"user{Walk.number}"
        self.scene.add(self.name, email=ADDRESSES[0])
        self.token = self.scene.token(self.name)
        self.codes: list[tuple[str, str]] = [("000000", "")]

    @rule(address=st.sampled_from(ADDRESSES))
    def update(self, address: str) -> None:
        self.step(self.scene.public.update_user_attributes, UserAttributes=given(email=address))

    @rule()
    def remove(self) -> None:
        self.step(self.scene.public.delete_user_attributes, UserAttributeNames=["email"])

    @rule(flag=st.sampled_from(["true", "True", ""]))
    def claim(self, flag: str) -> None:
        more = given(email=ADDRESSES[1], email_verified=flag)
        self.step(self.scene.public.update_user_attributes, UserAttributes=more)

    @rule()
    def ask(self) -> None:
        self.step(self.scene.public.get_user_attribute_verification_code, AttributeName="email")

    @rule(back=st.integers(0, 3))
    def verify(self, back: int) -> None:
        code, address = self.codes[-1 - min(back, len(self.codes) - 1)]
        if self.step(
            self.scene.public.verify_user_attribute,
            redeems=address,
            AttributeName="email",
            Code=code,
        ):
            Walk.redeemed += 1

    def step(self, function: Callable[..., Any], *, redeems: str = "", **asked: Any) -> bool:
        before, sent = self.user(), len(self.scene.outbox.list(count=5000))
        try:
            function(AccessToken=self.token, **asked)
        except ClientError as refused:
            status = int(refused.response["ResponseMetadata"]["HTTPStatusCode"])
        else:
            status = 200
        after, found = self.user(), self.scene.outbox.list(count=5000)
        if len(found) > sent:
            opened = self.scene.outbox.open(found[0].id)
            assert opened is not None
            self.codes.append((self.scene.code(), opened.letter.recipient))
        if status == 200 and redeems:
            assert after.attributes["email"] == redeems
            assert after.verified("email")
        elif after.verified("email"):
            assert before.verified("email")
            assert before.attributes["email"] == after.attributes["email"]
        assert status in (200, 400)
        return status == 200

    def user(self) -> User:
        return self.scene.user(self.name)


@pytest.mark.parametrize("kept_until_proved", [{}, BEFORE_UPDATE], ids=["at once", "kept"])
def test_a_verified_address_is_one_whose_code_was_redeemed(
    house: TestHouse, kept_until_proved: dict[str, Any]
) -> None:
    """CGN-04"""
    Walk.scene, Walk.redeemed = Scene(house, **kept_until_proved), 0
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=25,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
        ),
    )
    assert Walk.redeemed, "no walk verified anything"
