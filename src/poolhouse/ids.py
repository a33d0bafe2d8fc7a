"""Identifiers, in the forms AWS gives them, and every other thing drawn at random.

Nothing else in the house asks for randomness-as-identity. All of it comes from `secrets`.
"""

from __future__ import annotations

import base64
import secrets
import string

_ALNUM = string.ascii_letters + string.digits
_LOWER = string.ascii_lowercase + string.digits
_BASE32 = string.ascii_uppercase + "234567"


def _draw(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def user_pool(region: str) -> str:
    return f"{region}_{_draw(_ALNUM, 9)}"


def client() -> str:
    return _draw(_LOWER, 26)


def client_secret() -> str:
    return _draw(_LOWER, 51)


def random_uuid() -> str:
    # As uuid.UUID would write it (RFC 9562, 5.4), at half the cost: every request has one.
    drawn = secrets.token_hex(16)
    variant = "89ab"[int(drawn[16], 16) & 3]
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{variant}{drawn[17:20]}-{drawn[20:]}"


def identity(region: str) -> str:
    """An identity pool's or an identity's id."""
    return f"{region}:{random_uuid()}"


def key_id() -> str:
    """A `kid` as Cognito's: 44 characters of base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def access_key(prefix: str) -> str:
    """`AKIA…` for permanent keys, `ASIA…` for temporary ones; 20 characters."""
    return prefix + _draw(_BASE32, 16)


def secret_key() -> str:
    """A secret access key: 40 characters of base64."""
    return base64.b64encode(secrets.token_bytes(30)).decode()


def principal(prefix: str) -> str:
    """IAM's unique ids: `AROA…` for a role, `AIDA…` for a user; 21 characters."""
    return prefix + _draw(_BASE32, 17)


def recovery_code() -> str:
    """80 bits as 16 characters that are told apart in any hand."""
    return _draw(_BASE32.lower(), 16)


def digits(length: int) -> str:
    """A code for humans; leading zeros are possible."""
    return _draw(string.digits, length)


def token(octets: int = 32) -> str:
    """An opaque URL-safe secret of that many random octets."""
    return secrets.token_urlsafe(octets)


def octets(count: int) -> bytes:
    return secrets.token_bytes(count)
