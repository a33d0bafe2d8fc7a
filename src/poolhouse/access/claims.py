"""What a request says of its own signature, header form and presigned form, read strictly.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from poolhouse.access.canonical import Pairs, query_pairs
from poolhouse.access.coverage import check_covered, incomplete, read_once
from poolhouse.access.dates import amz_date_of, http_date_of, seconds_of
from poolhouse.access.received import HttpRequest
from poolhouse.contract.shape import Refusal, Refused
from poolhouse.values import Value

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
LONGEST_EXPIRES = 604_800
"""Seconds a presigned request may last: one week."""
USUAL_EXPIRES = 900
"""Seconds that one lasts which does not say: STS lets such an address be used for 15 minutes."""


class Claim(Value, frozen=True):
    """What a request says of its signature; nothing is proved yet.

    `timestamp` is `amz_date` in epoch seconds. `expires` is in seconds; presigned requests
    always have one, and only they.
    """

    secret: ClassVar = frozenset({"signature", "session_token"})
    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: float
    amz_date: str
    session_token: str | None
    expires: int | None


_PARAMETERS = {
    name.lower(): name
    for name in (
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    )
}
# The presigner of the AWS SDK for Go writes no X-Amz-Expires of its own.
_MAY_BE_LEFT_OUT = frozenset({"X-Amz-Expires", "X-Amz-Security-Token"})
_TOKEN = re.compile(r"[A-Za-z0-9+/=_.~-]{1,16384}")
_HEADER_NAMES = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+(?:;[a-z0-9!#$%&'*+.^_`|~-]+)*")
_KEY_ID = re.compile(r"[A-Za-z0-9_]{1,128}")
_SCOPE = re.compile(r"[A-Za-z0-9_-]{1,64}(?:/[A-Za-z0-9_-]{1,64}){3}")
_EXPIRES = re.compile(r"[0-9]{1,6}")


def parse(request: HttpRequest) -> Claim:
    """The claim of a signed request.

    Raises Refused: MISSING_AUTHENTICATION where nothing claims a signature; INCOMPLETE_SIGNATURE
    where what claims it is malformed, ambiguous, or leaves out what must be signed; BAD_SIGNATURE
    where the scope's last part is not aws4_request.
    """
    headers = read_once(request)
    pairs = _target_pairs(request)
    authorization = headers.get("authorization")
    parameters = _auth_parameters(pairs)
    if authorization is not None and parameters:
        incomplete("A request may be signed in its headers or in its query string, not in both.")
    if authorization is not None:
        claim = _from_header(authorization, headers)
    elif parameters:
        claim = _from_query(parameters, headers)
    else:
        raise Refused(Refusal.MISSING_AUTHENTICATION, "Missing Authentication Token")
    check_covered(request, claim.signed_headers)
    return claim


def _target_pairs(request: HttpRequest) -> Pairs:
    try:
        request.raw_path.encode("latin-1")
        return query_pairs(request.query)
    except UnicodeEncodeError:
        incomplete("The request target is not valid.")


def _auth_parameters(pairs: Pairs) -> dict[str, str]:
    """The query parameters that sign, each exactly once and spelled exactly so."""
    found: dict[str, str] = {}
    for raw_name, value in pairs:
        name = _PARAMETERS.get(raw_name.decode("latin-1").lower())
        if name is None:
            continue
        if name in found or name.encode() != raw_name:
            incomplete(f"Query parameter {name!r} must appear once, and be spelled so.")
        found[name] = value.decode("latin-1")
    return found


def _from_header(authorization: str, headers: Mapping[str, str]) -> Claim:
    scheme, _, rest = authorization.partition(" ")
    if scheme != ALGORITHM:
        incomplete(f"Authorization header requires the scheme {ALGORITHM}.")
    fields = _fields(rest)
    amz_date, dated_by = _header_date(headers)
    signed_headers = _names(fields["SignedHeaders"])
    if dated_by not in signed_headers:
        incomplete(f"{dated_by!r} must be a 'SignedHeader' in the AWS Authorization.")
    return _claim(
        fields["Credential"],
        signed_headers,
        fields["Signature"],
        amz_date,
        headers.get("x-amz-security-token"),
        None,
    )


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.strip(" \t").partition("=")
        if not equals or name in fields:
            incomplete("Authorization header must be name=value pairs, each name once.")
        fields[name] = value
    for name in ("Credential", "SignedHeaders", "Signature"):
        if not fields.get(name):
            incomplete(f"Authorization header requires {name!r} parameter.")
    if len(fields) != 3:
        incomplete("Authorization header has a parameter that is not known.")
    return fields


def _header_date(headers: Mapping[str, str]) -> tuple[str, str]:
    if "x-amz-date" in headers:
        return headers["x-amz-date"], "x-amz-date"
    if "date" not in headers:
        incomplete(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    seconds = http_date_of(headers["date"])
    if seconds is None:
        incomplete("Date must be in the format of RFC 1123.")
    return amz_date_of(seconds), "date"


def _from_query(parameters: Mapping[str, str], headers: Mapping[str, str]) -> Claim:
    for name in _PARAMETERS.values():
        if name not in _MAY_BE_LEFT_OUT and not parameters.get(name):
            incomplete(f"AWS query-string parameters must include {name!r}.")
    if parameters["X-Amz-Algorithm"] != ALGORITHM:
        incomplete(f"X-Amz-Algorithm must be {ALGORITHM}.")
    if "x-amz-date" in headers or "x-amz-security-token" in headers:
        incomplete("A presigned request carries its date and token in the query string.")
    expires = parameters.get("X-Amz-Expires", str(USUAL_EXPIRES))
    if not _EXPIRES.fullmatch(expires) or not 1 <= int(expires) <= LONGEST_EXPIRES:
        incomplete(f"X-Amz-Expires must be between 1 and {LONGEST_EXPIRES} seconds.")
    return _claim(
        parameters["X-Amz-Credential"],
        _names(parameters["X-Amz-SignedHeaders"]),
        parameters["X-Amz-Signature"],
        parameters["X-Amz-Date"],
        parameters.get("X-Amz-Security-Token"),
        int(expires),
    )


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(";"))
    if not _HEADER_NAMES.fullmatch(text) or list(names) != sorted(set(names)):
        incomplete("'SignedHeaders' must be lower case, sorted, and name each header once.")
    return names


def _claim(
    credential: str,
    signed_headers: tuple[str, ...],
    signature: str,
    amz_date: str,
    session_token: str | None,
    expires: int | None,
) -> Claim:
    key_id, _, rest = credential.partition("/")
    parts = rest.split("/")
    if len(parts) != 4 or not _KEY_ID.fullmatch(key_id):
        incomplete(
            "Credential must have exactly 5 slash-delimited elements, "
            "e.g. keyid/date/region/service/term."
        )
    date, region, service, terminator = parts
    if not _SCOPE.fullmatch(rest):
        incomplete("Credential has an element that is not valid.")
    if terminator != TERMINATOR:
        raise Refused(
            Refusal.BAD_SIGNATURE,
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}'.",
        )
    timestamp = seconds_of(amz_date)
    if timestamp is None:
        incomplete("Date must be in ISO-8601 'basic format'.")
    if session_token is not None and not _TOKEN.fullmatch(session_token):
        incomplete("The security token is malformed.")
    return Claim(
        access_key_id=key_id,
        date=date,
        region=region,
        service=service,
        signed_headers=signed_headers,
        signature=signature,
        timestamp=timestamp,
        amz_date=amz_date,
        session_token=session_token,
        expires=expires,
    )
