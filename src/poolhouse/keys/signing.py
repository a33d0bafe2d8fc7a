"""RSA keys of pools: made, loaded, published, and used to sign tokens."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

Algorithm = Literal["RS256", "RS512"]
"""RS256 for user pools' tokens, RS512 for the identity pools' OpenID token. Fixed per key."""

HASHES: Mapping[Algorithm, SHA256 | SHA512] = {"RS256": SHA256(), "RS512": SHA512()}
PADDING = PKCS1v15()
_BITS = 2048
_MOST_BITS = 8192  # a larger modulus only costs its verifier time


class WeakKey(ValueError):
    """Not an RSA key, or not one of 2048 to 8192 bits (RFC 7518, 3.3)."""


@dataclass(frozen=True, slots=True, eq=False)
class PublicKey:
    """A key that verifies, with the one algorithm it is for. Raises WeakKey."""

    kid: str
    key: RSAPublicKey = field(repr=False)
    algorithm: Algorithm = "RS256"

    def __post_init__(self) -> None:
        _refuse_weak(self.key)


@dataclass(frozen=True, slots=True, eq=False)
class SigningKey:
    """A key that signs, with the one algorithm it is for. Raises WeakKey."""

    kid: str
    private: RSAPrivateKey = field(repr=False)
    algorithm: Algorithm = "RS256"
    head: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _refuse_weak(self.private)
        # As Cognito's: user pools' tokens have no `typ` (RFC 7519, 5.1: optional), the OpenID
        # token of an identity pool is a JWS (RFC 7515, 4.1.9).
        typ = {"typ": "JWS"} if self.algorithm == "RS512" else {}
        header = msgspec.json.encode({"kid": self.kid, **typ, "alg": self.algorithm})
        object.__setattr__(self, "head", encoded(header) + b".")

    @property
    def public(self) -> PublicKey:
        return PublicKey(self.kid, self.private.public_key(), self.algorithm)


def generate() -> bytes:
    """A new RSA-2048 key as PKCS #8 DER, to be sealed. Takes 30 to 300 ms of processor time."""
    key = generate_private_key(public_exponent=65537, key_size=_BITS)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load(der: bytes) -> RSAPrivateKey:
    """A key that `generate` made. Raises WeakKey or ValueError.

    Only for our own keys: the primes are not checked again, which takes 40 ms.
    """
    key = load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise WeakKey("not an RSA key")
    _refuse_weak(key)
    return key


def public_jwk(
    key: RSAPrivateKey | RSAPublicKey, kid: str, algorithm: Algorithm = "RS256"
) -> dict[str, str]:
    """The key's entry in jwks.json (RFC 7517, RFC 7518 6.3.1)."""
    public = key.public_key() if isinstance(key, RSAPrivateKey) else key
    numbers = public.public_numbers()
    return {
        "alg": algorithm,
        "e": _number(numbers.e),
        "kid": kid,
        "kty": "RSA",
        "n": _number(numbers.n),
        "use": "sig",
    }


def sign(claims: Mapping[str, object], key: SigningKey) -> str:
    """The claims as a compact JWS (RFC 7515, 7.1)."""
    signed = key.head + encoded(msgspec.json.encode(claims))
    signature = key.private.sign(signed, PADDING, HASHES[key.algorithm])
    return (signed + b"." + encoded(signature)).decode("ascii")


def encoded(octets: bytes) -> bytes:
    """base64url without padding (RFC 7515, appendix C)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def _number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode("ascii")


def _refuse_weak(key: RSAPrivateKey | RSAPublicKey) -> None:
    if not isinstance(key, RSAPrivateKey | RSAPublicKey):
        raise WeakKey("not an RSA key")
    if not _BITS <= key.key_size <= _MOST_BITS:
        raise WeakKey(f"an RSA key of {key.key_size} bits")
