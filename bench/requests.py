"""Requests made ahead of a measurement, so that the load generator only sends."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.load import JSON, request

IDP = "AWSCognitoIdentityProviderService"
IDENTITY = "AWSCognitoIdentityService"


def plain(target: str, bodies: list[dict[str, Any]]) -> list[str]:
    """Unsigned requests."""
    return [
        base64.b64encode(request(target, json.dumps(body).encode())).decode() for body in bodies
    ]


def signed(
    target: str, bodies: list[dict[str, Any]], key: str, secret: str, port: int, service: str
) -> list[str]:
    """Signed ones; each carries an id of its own, so no two are the same request."""
    signer = SigV4Auth(Credentials(key, secret), service, "us-east-1")
    made = []
    for body in bodies:
        text = json.dumps(body).encode()
        ask = AWSRequest(
            "POST",
            f"http://127.0.0.1:{port}/",
            headers={
                "Content-Type": JSON,
                "X-Amz-Target": target,
                "amz-sdk-invocation-id": str(uuid.uuid4()),
            },
            data=text,
        )
        signer.add_auth(ask)
        fields = dict(ask.headers.items())
        fields["Host"] = f"127.0.0.1:{port}"
        made.append(base64.b64encode(request(target, text, fields)).decode())
    return made
