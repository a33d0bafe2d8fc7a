"""IAM users, roles and their keys, as a test wants them, made through the API."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from botocore.exceptions import ClientError

from tests.support.house import ACCOUNT, TestHouse

Keys = dict[str, str]

_numbers = itertools.count(1)
_admins: WeakKeyDictionary[TestHouse, Any] = WeakKeyDictionary()

USER = f"arn:aws:iam::{ACCOUNT}:user/"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def admin(house: TestHouse) -> Any:
    """The root's client of IAM. A header numbers its requests: equal ones within a second would
    have equal signatures, and one signature has one effect."""
    if house not in _admins:
        _admins[house] = numbered(house.client("iam"))
    return _admins[house]


def numbered(client: Any) -> Any:
    def number(request: Any, **_: Any) -> None:
        request.headers["x-amz-number"] = str(next(_numbers))

    client.meta.events.register("before-sign.*", number)
    return client


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **condition: Any) -> Any:
    return _statement("Allow", action, resource, condition)


def deny(action: str | list[str], resource: str | list[str] = "*", **condition: Any) -> Any:
    return _statement("Deny", action, resource, condition)


def _statement(effect: str, action: Any, resource: Any, condition: Any) -> dict[str, Any]:
    made = {"Effect": effect, "Action": action, "Resource": resource}
    return {**made, "Condition": condition} if condition else made


def trust(principal: Any, action: Any = "sts:AssumeRole", **condition: Any) -> str:
    made = {"Effect": "Allow", "Principal": principal, "Action": action}
    return document({**made, "Condition": condition} if condition else made)


def user(house: TestHouse, name: str, *statements: Any, **more: Any) -> Keys:
    """A user with one inline policy, and a key of its own."""
    iam = admin(house)
    iam.create_user(UserName=name, **more)
    if statements:
        permit(house, name, *statements)
    return key(house, name)


def permit(house: TestHouse, name: str, *statements: Any) -> None:
    admin(house).put_user_policy(
        UserName=name, PolicyName="inline", PolicyDocument=document(*statements)
    )


def key(house: TestHouse, name: str) -> Keys:
    iam = admin(house)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
    }


def role(house: TestHouse, name: str, trusted: str, *statements: Any, **more: Any) -> str:
    """A role with one inline policy; its ARN."""
    iam = admin(house)
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, **more)["Role"]
    if statements:
        iam.put_role_policy(
            RoleName=name, PolicyName="inline", PolicyDocument=document(*statements)
        )
    return str(made["Arn"])


def assume(house: TestHouse, keys: Keys, arn: str, session: str = "session", **more: Any) -> Keys:
    sts = house.client("sts", **keys)
    return session_keys(sts.assume_role(RoleArn=arn, RoleSessionName=session, **more))


def session_keys(answer: dict[str, Any]) -> Keys:
    made = answer["Credentials"]
    return {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
        "aws_session_token": made["SessionToken"],
    }


@contextmanager
def refused(code: str, words: str = "", status: int | None = None) -> Iterator[None]:
    """The block ends in this error of AWS's."""
    with pytest.raises(ClientError) as raised:
        yield
    error = raised.value.response
    assert error["Error"]["Code"] == code, error
    assert words in error["Error"]["Message"], error
    if status is not None:
        assert error["ResponseMetadata"]["HTTPStatusCode"] == status


def denied(call: Callable[[], Any]) -> bool:
    """Whether IAM refuses it; anything else that goes wrong is not a denial."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    return False
