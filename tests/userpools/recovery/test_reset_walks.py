"""Random walks through everything that sets a password without being signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from poolhouse.userpools.clients.rows import Client
from tests.support.house import TestHouse
from tests.userpools.codes.scene import PASSWORD, Scene

HOUR = 3600.0


class Walk(RuleBasedStateMachine):
    """One user, one attacker's other user, and whoever sends what in whatever order."""

    scene: Scene
    number = 0
    consumed: ClassVar[list[str]] = []

    @initialize()
    def begin(self) -> None:
        Walk.number += 1
        self.name, self.other = f"user{Walk.number}", f"other{Walk.number}"
        self.password = PASSWORD
        self.spent = ["000000"]
        self.code: str | None = None
        self.code_until = 0.0
        self.scene.reader(self.name)
        self.scene.reader(self.other)
        self.forgot(self.scene.plain, self.other)
        self.foreign = self.scene.code()

    @rule(hiding=st.booleans())
    def forget(self, hiding: bool) -> None:
        if self.forgot(self.scene.hiding if hiding else self.scene.plain, self.name):
            if self.code is not None:
                self.spent.append(self.code)
            self.code = self.scene.code()
            self.code_until = self.scene.house.clock.now() + HOUR

    @rule(status=st.sampled_from(["RESET_REQUIRED", "CONFIRMED", "UNCONFIRMED"]))
    def come_into_another_state(self, status: str) -> None:
        self.scene.change(self.name, status)

    @rule(seconds=st.sampled_from([60.0, HOUR - 1, HOUR + 1]))
    def wait(self, seconds: float) -> None:
        self.scene.house.clock.step(seconds)

    @rule(
        which=st.sampled_from(["newest", "newest", "spent", "foreign", "empty", "none", "list"]),
        password=st.sampled_from(["New-Password-1!", "New-Password-2!", "weak"]),
        hiding=st.booleans(),
    )
    def confirm(self, which: str, password: str, hiding: bool) -> None:
        given = self.chosen(which)
        client = self.scene.hiding if hiding else self.scene.plain
        asked = {"Username": self.name, "Password": password, "ConfirmationCode": given}
        if accepted(self.scene.public.confirm_forgot_password, ClientId=client.id, **asked):
            assert given is not None
            assert given == self.code
            assert self.scene.house.clock.now() < self.code_until
            self.consumed.append(given)
            self.password, self.code = password, None
            self.spent.append(given)

    @rule()
    def reset_as_intended(self) -> None:
        self.forget(hiding=False)
        self.confirm("newest", "New-Password-3!", hiding=True)

    @rule(which=st.sampled_from(["newest", "spent", "foreign"]))
    def confirm_another_way(self, which: str) -> None:
        assert not accepted(
            self.scene.public.confirm_sign_up,
            ClientId=self.scene.plain.id,
            Username=self.name,
            ConfirmationCode=self.chosen(which),
        )

    def chosen(self, which: str) -> Any:
        return {
            "newest": self.code or "999999",
            "spent": self.spent[-1],
            "foreign": self.foreign,
            "empty": "",
            "none": None,
            "list": [self.code],
        }[which]

    def forgot(self, client: Client, name: str) -> bool:
        return accepted(self.scene.public.forgot_password, ClientId=client.id, Username=name)

    def teardown(self) -> None:
        assert self.scene.password_is(self.name, self.password)
        assert self.scene.password_is(self.other, PASSWORD)


def accepted(function: Callable[..., Any], **asked: Any) -> bool:
    try:
        function(**asked)
    except ClientError as refused:
        status = refused.response["ResponseMetadata"]["HTTPStatusCode"]
    else:
        return True
    assert status == 400
    return False


def test_a_password_changes_only_together_with_the_code_that_allows_it(house: TestHouse) -> None:
    """AUT-16"""
    Walk.scene = Scene(house)
    Walk.consumed.clear()
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=30,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
        ),
    )
    assert Walk.consumed, "no walk got as far as a reset"
