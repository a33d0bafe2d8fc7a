"""Requests exactly as the AWS SDK for Python sends them, caught before they reach a socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.utils import normalize_url_path
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.access.sigv4 import HttpRequest, normal_path, parse, query_pairs, verify
from tests.access.signing import KEY_ID, REGION, SECRET, received

POOL = "eu-west-1_AbCdEf123"
IDENTITY_POOL = "eu-west-1:11111111-2222-3333-4444-555555555555"


def caught(service: str, call: Callable[[Any], object], token: str | None = None) -> HttpRequest:
    """The request that a call of the SDK would put on the wire."""
    client = boto3.client(
        service,  # type: ignore[call-overload,unused-ignore]
        region_name=REGION,
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=SECRET,
        aws_session_token=token,
        config=Config(retries={"max_attempts": 0}),
    )
    requests: list[HttpRequest] = []

    def before_send(request: Any, **_: object) -> AWSResponse:
        requests.append(received(request))
        return AWSResponse(request.url, 200, {}, _NoBody())

    client.meta.events.register("before-send", before_send)
    call(client)
    (request,) = requests
    return request


class _NoBody:
    def stream(self, *_: object, **__: object) -> list[bytes]:
        return [b"{}"]


CALLS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "cognito-idp": (
        "cognito-idp",
        lambda idp: idp.create_group(GroupName="Räte", UserPoolId=POOL),
    ),
    "cognito-identity": (
        "cognito-identity",
        lambda identity: identity.list_identity_pools(MaxResults=10),
    ),
    "cognito-sync": (
        "cognito-sync",
        lambda sync: sync.list_records(
            IdentityPoolId=IDENTITY_POOL,
            IdentityId=IDENTITY_POOL,
            DatasetName="a b~",
            NextToken="n+/= é",
        ),
    ),
}


@pytest.mark.parametrize("token", [None, "IQoJb3JpZ2luX2Vj//wEaCXVzLWVhc3QtMSJ+=="])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_of_the_sdk_is_verified(name: str, token: str | None) -> None:
    service, call = CALLS[name]
    request = caught(service, call, token)
    claim = parse(request)
    assert (claim.access_key_id, claim.session_token) == (KEY_ID, token)
    verify(request, claim, SECRET, service=service, now=claim.timestamp + 1)


def test_the_sdk_signs_every_amazon_header_that_it_sends() -> None:
    """SIG-01"""
    request = caught(*CALLS["cognito-idp"], token="token")
    names = {name for name, _ in request.headers if name.startswith("x-amz-")}
    assert {"x-amz-target", "x-amz-date", "x-amz-security-token"} <= names
    assert names <= set(parse(request).signed_headers)


def test_the_path_of_an_identity_is_signed_encoded_twice() -> None:
    """SIG-05"""
    request = caught(*CALLS["cognito-sync"])
    assert "eu-west-1%3A1111" in request.raw_path
    assert normal_path(request.raw_path) == request.raw_path
    assert (b"nextToken", "n+/= é".encode()) in query_pairs(request.query)


PATHS = st.text("/.ab%3A~", max_size=20).map(lambda text: "/" + text)


@settings(max_examples=300, deadline=None)
@given(PATHS)
def test_a_path_is_normalised_as_the_sdk_does(path: str) -> None:
    """SIG-05"""
    assert normal_path(path) == normalize_url_path(path)
    assert normal_path(normal_path(path)) == normal_path(path)
    assert ".." not in normal_path(path).split("/")
