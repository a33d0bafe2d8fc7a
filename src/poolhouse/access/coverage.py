"""What every signed request must hold, whichever form its signature takes.

A header that decides the meaning of a request must be there once and must be signed: else it could
be added or altered by whoever carries the request.
"""

from __future__ import annotations

import re
from typing import NoReturn

from poolhouse.access.received import HttpRequest
from poolhouse.contract.shape import Refusal, Refused

# These decide what is asked and by whom: two of them would let two readers see two requests.
_ONCE = frozenset(
    """authorization host date content-length content-type x-amz-content-sha256 x-amz-date
    x-amz-security-token x-amz-target""".split()
)
# Real clients leave these two out of the signature, so nobody may read them as meaning anything.
_NEVER_SIGNED = frozenset({"x-amz-user-agent", "x-amzn-trace-id"})
# The PHP and older JavaScript SDKs do not sign Content-Type: then only what they all send will do.
_UNSIGNED_CONTENT_TYPES = frozenset(
    {
        "application/json",
        "application/x-amz-json-1.1",
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-8",
    }
)
_NOT_IN_A_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\u0100-\U0010ffff]")
_METHOD = re.compile(r"[A-Z]{1,20}")
_HOST = re.compile(r"[A-Za-z0-9._~:\[\]%-]{1,255}")
_DIGITS = re.compile(r"[0-9]{1,15}")


def incomplete(message: str) -> NoReturn:
    raise Refused(Refusal.INCOMPLETE_SIGNATURE, message)


def read_once(request: HttpRequest) -> dict[str, str]:
    """The headers that decide, each present at most once, none of them folded."""
    if not _METHOD.fullmatch(request.method):
        incomplete("The request method is not valid.")
    if _NOT_IN_A_VALUE.search("".join([value for _, value in request.headers])):
        incomplete("The value of a header holds a character that it must not.")
    found: dict[str, str] = {}
    for name, value in request.headers:
        if name in _ONCE:
            if name in found:
                incomplete(f"Header {name!r} must not be repeated.")
            found[name] = value.strip(" \t")
    if not _HOST.fullmatch(found.get("host", "")):
        incomplete("The request has no valid Host header.")
    if "content-length" in found and not _DIGITS.fullmatch(found["content-length"]):
        incomplete("The Content-Length header is not a number.")
    return found


def check_covered(request: HttpRequest, signed_headers: tuple[str, ...]) -> None:
    """What decides the meaning of a request must be signed, or it could be added or altered."""
    if "host" not in signed_headers:
        incomplete("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    for name, value in request.headers:
        if name in signed_headers or name in _NEVER_SIGNED:
            continue
        if name.startswith("x-amz-"):
            incomplete("There were headers present in the request which were not signed.")
        if name == "content-type" and value.strip(" \t").lower() not in _UNSIGNED_CONTENT_TYPES:
            incomplete("'Content-Type' must be a 'SignedHeader' in the AWS Authorization.")
