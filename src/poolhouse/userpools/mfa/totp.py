"""Time-based one-time passwords (RFC 6238): HMAC-SHA1, 30 seconds, six digits. Pure."""

from __future__ import annotations

import base64
import hmac
from urllib.parse import quote, urlencode

import pyotp

SEED_OCTETS = 32
_SECONDS = 30
_DIGITS = 6
# Steps before and after the server's own (RFC 6238, 5.2 and 6).
_DRIFT = 1


def secret_code(seed: bytes) -> str:
    """As it is typed into an authenticator: 52 characters of base32 for 32 octets."""
    return base64.b32encode(seed).decode().rstrip("=")


def step_of(seed: bytes, code: str, now: float) -> int | None:
    """The step whose code this is, among the one of `now` (epoch seconds) and its neighbours; the
    newest, where it is that of several.

    None for a wrong code, and for everything but six ASCII digits.
    """
    if len(code) != _DIGITS or not (code.isascii() and code.isdigit()):
        return None
    generator, step = pyotp.TOTP(secret_code(seed)), int(now // _SECONDS)
    right = [
        candidate
        for candidate in range(max(step - _DRIFT, 0), step + _DRIFT + 1)
        if hmac.compare_digest(generator.generate_otp(candidate), code)
    ]
    return max(right, default=None)


def otpauth_uri(pool_name: str, username: str, secret: str) -> str:
    """What an authenticator reads from a QR code; the issuer is the pool's name."""
    label = f"{quote(pool_name, safe='')}:{quote(username, safe='')}"
    query = urlencode({"secret": secret, "issuer": pool_name}, quote_via=quote)
    return f"otpauth://totp/{label}?{query}"
