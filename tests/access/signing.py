"""Requests signed by botocore, as the server would receive them."""

from __future__ import annotations

from typing import Any

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from msgspec.structs import replace

from poolhouse.access.dates import amz_date_of
from poolhouse.access.sigv4 import HttpRequest

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "eu-west-1"
SERVICE = "cognito-idp"
HOST = "cognito-idp.eu-west-1.amazonaws.com"
NOON = 1_790_000_000.0 - 1_790_000_000.0 % 86_400 + 43_200
"""Noon of a day, in epoch seconds."""


class _AtFixedTime:
    """botocore's steps of signing, at a time that is given."""

    at: float

    def sign(self: Any, request: AWSRequest) -> None:
        request.context["timestamp"] = amz_date_of(self.at)
        self._modify_request_before_signing(request)
        canonical = self.canonical_request(request)
        signature = self.signature(self.string_to_sign(request, canonical), request)
        self._inject_signature_to_request(request, signature)


class _HeaderSigner(_AtFixedTime, SigV4Auth):  # type: ignore[misc]
    pass


UNSAID = 0
"""Presigned as by the AWS SDK for Go, which does not say for how long."""


class QuerySigner(SigV4QueryAuth):  # type: ignore[misc]
    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        super()._modify_request_before_signing(request)
        request.url = request.url.replace(f"&X-Amz-Expires={UNSAID}&", "&")


class _QuerySigner(_AtFixedTime, QuerySigner):
    pass


def signed(
    method: str = "POST",
    path: str = "/",
    *,
    params: list[tuple[str, str]] | None = None,
    headers: dict[str, str] | None = None,
    body: bytes = b"{}",
    token: str | None = None,
    at: float = NOON,
    presigned_for: int | None = None,
    service: str = SERVICE,
) -> HttpRequest:
    """A request as botocore signs it; presigned for so many seconds where that is given."""
    url = f"https://{HOST}{path}"
    request = AWSRequest(method=method, url=url, headers=headers, data=body, params=params or {})
    credentials = Credentials(KEY_ID, SECRET, token)
    if presigned_for is None:
        signer = _HeaderSigner(credentials, service, REGION)
    else:
        signer = _QuerySigner(credentials, service, REGION, presigned_for)
    signer.at = at
    signer.sign(request)
    return received(request.prepare())


def received(prepared: Any) -> HttpRequest:
    """What a server sees of a prepared botocore request."""
    path, _, query = prepared.url.split("://", 1)[1].partition("?")
    host, slash, rest = path.partition("/")
    headers = [("host", host)]
    for name, value in prepared.headers.items():
        text = value if isinstance(value, bytes) else value.encode()
        headers.append((name.lower(), text.decode("latin-1")))
    body = prepared.body or b""
    return HttpRequest(
        method=prepared.method,
        raw_path=slash + rest or "/",
        query=query,
        headers=tuple(headers),
        body=body if isinstance(body, bytes) else body.encode(),
    )


def with_header(request: HttpRequest, name: str, value: str | None) -> HttpRequest:
    """The request with a header replaced, added, or (None) taken away."""
    headers = [(known, old) for known, old in request.headers if known != name]
    if value is not None:
        headers.append((name, value))
    return replace(request, headers=tuple(headers))


def header(request: HttpRequest, name: str) -> str:
    return dict(request.headers)[name]


def with_authorization(request: HttpRequest, old: str, new: str) -> HttpRequest:
    """The request with a part of its Authorization header replaced."""
    before = header(request, "authorization")
    assert old in before
    return with_header(request, "authorization", before.replace(old, new))
