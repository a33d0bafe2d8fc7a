"""AWS Signature Version 4, verified: header form and presigned form.

`parse` reads the claim, the caller finds the secret of its key, `verify` proves the claim. Whether
an operation may be presigned, and whether the session token belongs to the key, the caller decides.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import NoReturn

from poolhouse.access.canonical import Pairs, canonical_request, normal_path, query_pairs
from poolhouse.access.claims import ALGORITHM, TERMINATOR, Claim, parse
from poolhouse.access.dates import amz_date_of
from poolhouse.access.received import HttpRequest
from poolhouse.contract.shape import Refusal, Refused

__all__ = [
    "Claim",
    "HttpRequest",
    "normal_path",
    "parse",
    "query_pairs",
    "signing_key",
    "verify",
]

SKEW = 300
"""Seconds a clock may be off, either way."""

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details."
)

_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_EMPTY = hashlib.sha256(b"").hexdigest()


def verify(
    request: HttpRequest,
    claim: Claim,
    secret: str,
    *,
    service: str,
    now: float,
    signing_key: bytes | None = None,
) -> None:
    """Prove that `claim`, parsed from `request`, was signed with `secret` for `service`.

    `now` is epoch seconds. `signing_key` is the key derived for the claim's scope, where the
    caller has it cached. Raises Refused(BAD_SIGNATURE); the message never tells what was signed.
    """
    _check_scope(claim, service)
    _check_time(claim, now)
    pairs = query_pairs(request.query)
    canonical = canonical_request(request, pairs, claim.signed_headers, _payload(request, pairs))
    if canonical is None or not _SIGNATURE.fullmatch(claim.signature):
        _refuse(MISMATCH)
    scope = f"{claim.date}/{claim.region}/{claim.service}/{TERMINATOR}"
    digest = hashlib.sha256(canonical).hexdigest()
    to_sign = f"{ALGORITHM}\n{claim.amz_date}\n{scope}\n{digest}"
    if signing_key is None:
        signing_key = _derived(secret, claim.date, claim.region, claim.service)
    expected = hmac.digest(signing_key, to_sign.encode(), "sha256").hex()
    if not hmac.compare_digest(expected, claim.signature):
        _refuse(MISMATCH)


def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key for one day (`YYYYMMDD`), region and service. It is as secret as `secret`."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


_derived = signing_key  # `verify` has a parameter of that name


def _check_scope(claim: Claim, service: str) -> None:
    if claim.service != service:
        _refuse(f"Credential should be scoped to correct service: '{service}'.")
    day = claim.amz_date[:8]
    if claim.date != day:
        _refuse(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            f"HTTP: '{claim.date}' != '{day}', from '{claim.amz_date}'."
        )


def _check_time(claim: Claim, now: float) -> None:
    lifetime = SKEW if claim.expires is None else claim.expires
    if claim.timestamp > now + SKEW:
        _refuse(
            f"Signature not yet current: {claim.amz_date} is still later than "
            f"{amz_date_of(now + SKEW)} ({amz_date_of(now)} + 5 min.)"
        )
    if claim.timestamp < now - lifetime:
        _refuse(
            f"Signature expired: {claim.amz_date} is now earlier than "
            f"{amz_date_of(now - lifetime)} ({amz_date_of(now)} - {_span(lifetime)})"
        )


def _span(seconds: int) -> str:
    return f"{seconds} sec." if seconds % 60 else f"{seconds // 60} min."


def _payload(request: HttpRequest, pairs: Pairs) -> str:
    """The hash of the body received, which every x-amz-content-sha256 must state.

    So UNSIGNED-PAYLOAD and the STREAMING- modes, which leave the body unsigned, are refused.
    """
    digest = hashlib.sha256(request.body).hexdigest() if request.body else _EMPTY
    stated = [value for name, value in request.headers if name == "x-amz-content-sha256"]
    stated += [
        value.decode("latin-1") for name, value in pairs if name.lower() == b"x-amz-content-sha256"
    ]
    if not all(
        hmac.compare_digest(value.strip(" \t").encode(), digest.encode()) for value in stated
    ):
        _refuse(MISMATCH)
    return digest


def _refuse(message: str) -> NoReturn:
    raise Refused(Refusal.BAD_SIGNATURE, message)
