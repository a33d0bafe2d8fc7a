"""Policies of a few words, for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from poolhouse.access.policy.document import Policy, parse_policy

POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEf123"
OTHER_POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_ZyXwVu987"

Facts = Mapping[str, str | Sequence[str]]


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    """A statement about every action and resource, but for what `elements` say."""
    made = {"Effect": effect, **elements}
    if not made.keys() & {"Action", "NotAction"}:
        made["Action"] = "*"
    if not made.keys() & {"Resource", "NotResource"}:
        made["Resource"] = "*"
    return {name: value for name, value in made.items() if value is not None}


def text(*statements: dict[str, Any], version: str | None = "2012-10-17") -> str:
    document: dict[str, Any] = {"Statement": list(statements)}
    if version is not None:
        document["Version"] = version
    return json.dumps(document)


def policy(*statements: dict[str, Any], version: str | None = "2012-10-17") -> Policy:
    return parse_policy(text(*statements, version=version), kind="identity")


def allow(**elements: Any) -> Policy:
    return policy(statement("Allow", **elements))


def deny(**elements: Any) -> Policy:
    return policy(statement("Deny", **elements))
