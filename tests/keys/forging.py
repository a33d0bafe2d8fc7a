"""Tokens good and bad, made by hand from their parts, and the verdict on each."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256

from poolhouse.keys import signing
from poolhouse.keys.signing import PublicKey, SigningKey, sign
from poolhouse.keys.verifying import InvalidToken, verify

NOW = 1_800_000_000
KEY = SigningKey("kid-one=", signing.load(signing.generate()))
OTHER = SigningKey("kid-two=", signing.load(signing.generate()))
LONG = SigningKey("kid-long=", signing.load(signing.generate()), "RS512")
KNOWN = {key.kid: key.public for key in (KEY, LONG)}
CLAIMS: dict[str, Any] = {"sub": "a", "iss": "pool", "exp": NOW + 3600, "iat": NOW}
TOKEN = sign(CLAIMS, KEY)

HEADER = {"kid": KEY.kid, "alg": "RS256"}

Sign = Callable[[bytes], bytes]


def b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def rs256(message: bytes) -> bytes:
    return KEY.private.sign(message, padding.PKCS1v15(), SHA256())


def forged(header: object, payload: object = CLAIMS, signed_by: Sign = rs256) -> str:
    """A token of these parts; text and octets go in as they are, all else as JSON."""
    parts = []
    for part in (header, payload):
        text = json.dumps(part) if not isinstance(part, str | bytes) else part
        parts.append(b64(text.encode() if isinstance(text, str) else text))
    message = ".".join(parts)
    return f"{message}.{b64(signed_by(message.encode()))}"


def reason(token: str, now: float = NOW, leeway: float = 0.0) -> str:
    """Why the token is refused; "valid" where it is not."""
    try:
        verify(token, KNOWN.get, now=now, leeway=leeway)
    except InvalidToken as refused:
        return refused.reason
    return "valid"


def never(kid: str) -> PublicKey | None:
    """For tokens that must be refused before any key is looked for."""
    raise AssertionError(f"asked for {kid!r}")
