"""Signed requests that a test may alter before they reach the house, as a thief would."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import msgspec
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from poolhouse.access.dates import amz_date_of
from tests.access.signing import QuerySigner
from tests.iam.people import Keys
from tests.support.house import ENDPOINT, REGION, ROOT_KEY, ROOT_SECRET, TestHouse

ROOT_KEYS: Keys = {"aws_access_key_id": ROOT_KEY, "aws_secret_access_key": ROOT_SECRET}

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Answered:
    """Status and error of an answer; code is empty where it was none."""

    status: int
    code: str
    message: str
    body: bytes


@dataclass(frozen=True)
class Signing:
    """How a request is signed: with which keys, at what time (epoch seconds), for which scope, and
    which headers are kept out of the signature."""

    keys: Keys
    at: float
    service: str
    region: str = REGION
    unsigned: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Wire:
    """A request on the wire. Header names are lower case."""

    method: str
    target: str
    headers: Headers
    body: bytes

    def with_header(self, name: str, value: str | None) -> Wire:
        """Replaced, added, or (None) taken away."""
        kept = tuple(pair for pair in self.headers if pair[0] != name)
        return replace(self, headers=kept if value is None else (*kept, (name, value)))

    def header(self, name: str) -> str:
        return dict(self.headers)[name]

    def with_part(self, old: str, new: str) -> Wire:
        """Another text in the Authorization header."""
        before = self.header("authorization")
        assert old in before
        return self.with_header("authorization", before.replace(old, new))

    def send(self, house: TestHouse) -> Answered:
        pairs = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in self.headers]
        status, fields, body = house.raw_request(
            self.method, ENDPOINT + self.target, pairs, self.body
        )
        if status < 300:
            return Answered(status, "", "", body)
        if "xml" in fields["content-type"]:
            error = ElementTree.fromstring(body)[0]
            texts = {child.tag.partition("}")[2]: child.text or "" for child in error}
            return Answered(status, texts["Code"], texts["Message"], body)
        told = msgspec.json.decode(body)
        return Answered(status, told["__type"], told.get("message", ""), body)


class _Steps:
    """botocore's steps of signing, at a time and over headers that are given."""

    wanted: Signing

    def sign(self: Any, request: AWSRequest) -> None:
        request.context["timestamp"] = amz_date_of(self.wanted.at)
        self._modify_request_before_signing(request)
        canonical = self.canonical_request(request)
        signature = self.signature(self.string_to_sign(request, canonical), request)
        self._inject_signature_to_request(request, signature)

    def headers_to_sign(self: Any, request: AWSRequest) -> Any:
        found = super().headers_to_sign(request)  # type: ignore[misc]
        for name in self.wanted.unsigned:
            del found[name]
        return found


class _InHeaders(_Steps, SigV4Auth):  # type: ignore[misc]
    pass


class _InQuery(_Steps, QuerySigner):
    pass


def signed(
    wanted: Signing,
    body: bytes,
    headers: dict[str, str],
    *,
    method: str = "POST",
    target: str = "/",
    presigned_for: int | None = None,
) -> Wire:
    keys = wanted.keys
    credentials = Credentials(
        keys["aws_access_key_id"], keys["aws_secret_access_key"], keys.get("aws_session_token")
    )
    request = AWSRequest(method=method, url=ENDPOINT + target, headers=headers, data=body)
    signer: Any
    if presigned_for is None:
        signer = _InHeaders(credentials, wanted.service, wanted.region)
    else:
        signer = _InQuery(credentials, wanted.service, wanted.region, presigned_for)
    signer.wanted = wanted
    signer.sign(request)
    prepared = request.prepare()
    pairs = [("host", ENDPOINT.partition("//")[2])]
    for name, value in prepared.headers.items():
        text = value.decode() if isinstance(value, bytes) else str(value)
        pairs.append((name.lower(), text))
    sent = prepared.body or b""
    return Wire(
        method,
        prepared.url.removeprefix(ENDPOINT),
        tuple(dict(pairs).items()),
        sent if isinstance(sent, bytes) else sent.encode(),
    )


def query(wanted: Signing, action: str, **members: str) -> Wire:
    """A call of STS or IAM."""
    version = {"sts": "2011-06-15", "iam": "2010-05-08"}[wanted.service]
    form = urlencode({"Action": action, "Version": version, **members})
    content_type = "application/x-www-form-urlencoded; charset=utf-8"
    return signed(wanted, form.encode(), {"Content-Type": content_type})


def json_call(wanted: Signing, operation: str, **members: Any) -> Wire:
    """A call of cognito-idp."""
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
    }
    return signed(wanted, msgspec.json.encode(members), headers)
