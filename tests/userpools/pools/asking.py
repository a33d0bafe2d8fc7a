"""Asking, alone and all at once; being refused; callers that may not do everything."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse.contract.callers import NOTHING_GIVEN, Given, Signed, Tags, no_tags
from poolhouse.kernel.call import Origin
from tests.support.house import ACCOUNT, REGION, TestHouse

ROLE = f"arn:aws:iam::{ACCOUNT}:role/messages"
ORIGIN = Origin("r-1")


def refusal(call: Callable[..., Any], **asked: Any) -> tuple[str, str]:
    """The code and the message that a call is refused with."""
    with pytest.raises(ClientError) as caught:
        call(**asked)
    error = caught.value.response["Error"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return error["Code"], error["Message"]


def code(call: Callable[..., Any], **asked: Any) -> str:
    return refusal(call, **asked)[0]


class AllBut:
    """Everything is allowed but one action."""

    def __init__(self, action: str) -> None:
        self._action = action
        self.asked: list[tuple[str, str]] = []

    def denies(
        self, action: str, resource: str, given: Given = NOTHING_GIVEN, tags: Tags = no_tags
    ) -> str | None:
        self.asked.append((action, resource))
        return "" if action == self._action else None


def signed(authority: AllBut, region: str = REGION) -> Signed:
    arn = f"arn:aws:iam::{ACCOUNT}:user/clerk"
    return Signed(arn, "AIDACLERK", ACCOUNT, region, "AKIACLERK", authority)


def a_pool(house: TestHouse, **settings: Any) -> str:
    """The id of a new pool."""
    made = house.client("cognito-idp").create_user_pool(PoolName="a pool", **settings)
    return str(made["UserPool"]["Id"])


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """The answers of calls that begin together; whatever one raises is raised."""
    together = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        together.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))
