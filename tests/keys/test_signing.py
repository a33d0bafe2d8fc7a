from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from poolhouse.keys import signing
from poolhouse.keys.signing import Algorithm, PublicKey, SigningKey, WeakKey

CLAIMS: dict[str, Any] = {"sub": "a", "name": "Zoë ☃", "exp": 2_000_000_000, "iat": 1}
KID = "n2ZbT0tBq4mUqWm0yyr0pnlFqHnc0S7Z5Ykq7cR1a5I="


@pytest.fixture(scope="module")
def der() -> bytes:
    return signing.generate()


def _weak_der() -> bytes:
    key = rsa.generate_private_key(65537, 1024)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def test_a_new_key_has_2048_bits_and_no_two_are_alike(der: bytes) -> None:
    """TOK-14, TOK-15"""
    key, other = signing.load(der), signing.load(signing.generate())
    assert key.key_size == 2048
    assert key.public_key().public_numbers().e == 65537
    assert key.public_key().public_numbers().n != other.public_key().public_numbers().n


@pytest.mark.parametrize("algorithm", ["RS256", "RS512"])
def test_another_library_verifies_the_token_with_the_published_key(
    der: bytes, algorithm: Algorithm
) -> None:
    key = SigningKey(KID, signing.load(der), algorithm)
    token = signing.sign(CLAIMS, key)
    published = jwt.PyJWK(signing.public_jwk(key.private, KID, algorithm))
    decoded = jwt.decode(token, published, algorithms=[algorithm])
    assert decoded == CLAIMS


def test_the_header_is_kid_and_alg_and_nothing_else(der: bytes) -> None:
    token = signing.sign(CLAIMS, SigningKey(KID, signing.load(der)))
    header = base64.urlsafe_b64decode(token.split(".")[0] + "==")
    assert header.decode() == json.dumps({"kid": KID, "alg": "RS256"}, separators=(",", ":"))
    assert "=" not in token


def test_the_published_key_has_cognitos_members_and_nothing_private(der: bytes) -> None:
    key = signing.load(der)
    jwk = signing.public_jwk(key.public_key(), KID)
    assert sorted(jwk) == ["alg", "e", "kid", "kty", "n", "use"]
    assert (jwk["alg"], jwk["kty"], jwk["use"], jwk["e"]) == ("RS256", "RSA", "sig", "AQAB")
    assert len(jwk["n"]) == 342
    assert jwk == signing.public_jwk(key, KID)
    assert signing.public_jwk(key, KID, "RS512")["alg"] == "RS512"


def test_a_weak_key_is_refused_wherever_it_comes_in() -> None:
    """TOK-15"""
    weak = rsa.generate_private_key(65537, 1024)
    with pytest.raises(WeakKey):
        SigningKey(KID, weak)
    with pytest.raises(WeakKey):
        PublicKey(KID, weak.public_key())
    with pytest.raises(WeakKey):
        signing.load(_weak_der())


def test_a_key_of_another_kind_or_no_key_is_refused() -> None:
    """TOK-15"""
    curve = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(WeakKey):
        signing.load(curve.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(WeakKey):
        PublicKey(KID, curve.public_key())  # type: ignore[arg-type]
    for garbage in (b"", b"0", b"\x30\x03\x02\x01\x00"):
        with pytest.raises(ValueError, match=r"\S"):
            signing.load(garbage)


def test_nothing_that_is_printed_tells_the_key(der: bytes) -> None:
    """LOG-05"""
    key = SigningKey(KID, signing.load(der))
    assert repr(key) == str(key) == f"SigningKey(kid='{KID}', algorithm='RS256')"
    assert repr(key.public) == f"PublicKey(kid='{KID}', algorithm='RS256')"
