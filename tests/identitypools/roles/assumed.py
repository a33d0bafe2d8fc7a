"""How these tests use credentials, and what they expect where there are none."""

from __future__ import annotations

import json
from typing import Any

from tests.support.house import TestHouse

MISCONFIGURED = (
    "InvalidIdentityPoolConfigurationException",
    "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
)


def forbidden(identity_id: str) -> tuple[str, str]:
    return "NotAuthorizedException", f"Access to Identity '{identity_id}' is forbidden."


def client_of(house: TestHouse, service: str, answer: Any) -> Any:
    """A client that signs with the credentials of an answer."""
    given = answer["Credentials"]
    return house.client(
        service,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given.get("SecretKey") or given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def policy(*actions: str, **condition: Any) -> str:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    statement |= {"Condition": condition} if condition else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
