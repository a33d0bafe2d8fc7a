"""Signed tokens read strictly: everything that is not exactly right is an InvalidToken."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from typing import Any, Literal, NoReturn

from cryptography.exceptions import InvalidSignature

from poolhouse.keys.signing import HASHES, PADDING, PublicKey, encoded

MOST_CHARACTERS = 16 * 1024
_MOST_KID = 256
_MOST_SKEW = 60  # seconds that a token may be from the future; and the most leeway for its end
_LAST_MOMENT = 253402300799  # 9999-12-31T23:59:59Z: what dates can hold

Reason = Literal["malformed", "algorithm", "unknown key", "signature", "expired", "not yet valid"]


class InvalidToken(Exception):
    """The token proves nothing. `reason` is for logs and for choosing an error, not for show."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def verify(
    token: str,
    find_key: Callable[[str], PublicKey | None],
    *,
    now: float,
    leeway: float = 0.0,
) -> dict[str, Any]:
    """The claims of a compact JWS whose signature and times hold; raises InvalidToken only.

    `find_key` gets the token's kid ('' where it has none) and knows the issuer's keys; the
    algorithm is the key's. Headers that offer a key (jwk, jku, x5u, x5c) are never looked at, crit
    and b64 are refused. `exp` and `iat` must be whole numbers of seconds, `nbf` too where present.
    `leeway` (seconds, at most 60) is granted after exp. Issuer, audience and use of the token are
    for the caller to check. Source: RFC 7515, RFC 7519, RFC 8725.
    """
    signed, header, payload, signature = _segments(token)
    algorithm, kid = _head(_json_object(header))
    key = find_key(kid)
    if key is None:
        raise InvalidToken("unknown key")
    if algorithm != key.algorithm:
        raise InvalidToken("algorithm")
    try:
        key.key.verify(_octets(signature), signed, PADDING, HASHES[key.algorithm])
    except InvalidSignature:
        raise InvalidToken("signature") from None
    claims = _json_object(payload)
    _check_times(claims, now, min(leeway, _MOST_SKEW))
    return claims


def _segments(token: str) -> tuple[bytes, bytes, bytes, bytes]:
    """The signing input and the three segments of the compact form, still encoded."""
    if len(token) > MOST_CHARACTERS or not token.isascii():
        raise InvalidToken("malformed")
    whole = token.encode("ascii")
    parts = whole.split(b".", 3)
    if len(parts) != 3 or not all(parts):
        raise InvalidToken("malformed")
    header, payload, signature = parts
    return whole[: -len(signature) - 1], header, payload, signature


def _octets(segment: bytes) -> bytes:
    """base64url, of which only the canonical spelling is taken: a token has one form only."""
    try:
        octets = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except ValueError:
        raise InvalidToken("malformed") from None
    if encoded(octets) != segment:
        raise InvalidToken("malformed")
    return octets


def _head(header: dict[str, Any]) -> tuple[str, str]:
    """The algorithm and the kid, checked as far as can be without a key."""
    if "crit" in header or "b64" in header:
        raise InvalidToken("malformed")
    algorithm, kid = header.get("alg"), header.get("kid", "")
    if not isinstance(algorithm, str) or algorithm not in HASHES:
        raise InvalidToken("algorithm")
    if not isinstance(kid, str) or len(kid) > _MOST_KID or not kid.isprintable():
        raise InvalidToken("unknown key")
    return algorithm, kid


def _check_times(claims: dict[str, Any], now: float, leeway: float) -> None:
    issued = _moment(claims.get("iat"))
    starts = _moment(claims["nbf"]) if "nbf" in claims else issued
    if now >= _moment(claims.get("exp")) + leeway:
        raise InvalidToken("expired")
    if max(issued, starts) > now + _MOST_SKEW:
        raise InvalidToken("not yet valid")


def _moment(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _LAST_MOMENT:
        raise InvalidToken("malformed")
    return value


def _json_object(segment: bytes) -> dict[str, Any]:
    try:
        text = _octets(segment).decode("utf-8")
        value = _JSON.decode(text)
        if "\\u" in text:  # an escaped half of a surrogate pair is no text (RFC 8259, 8.2)
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise InvalidToken("malformed") from None
    if not isinstance(value, dict):
        raise InvalidToken("malformed")
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice")
    return members


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("not a number of JSON")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_JSON = json.JSONDecoder(
    object_pairs_hook=_once_each, parse_float=_finite, parse_constant=_no_constant
)
