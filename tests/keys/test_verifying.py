from __future__ import annotations

import hashlib
import hmac
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from poolhouse.keys.signing import PublicKey, SigningKey, public_jwk, sign
from poolhouse.keys.verifying import InvalidToken, verify
from tests.keys.forging import (
    CLAIMS,
    HEADER,
    KEY,
    KNOWN,
    LONG,
    NOW,
    OTHER,
    TOKEN,
    Sign,
    forged,
    never,
    reason,
    rs256,
)


def test_a_token_signed_here_is_read() -> None:
    assert verify(TOKEN, KNOWN.get, now=NOW) == CLAIMS
    assert verify(sign(CLAIMS, LONG), KNOWN.get, now=NOW) == CLAIMS
    assert reason(forged(HEADER)) == "valid"


def test_a_token_of_another_library_is_read() -> None:
    token = jwt.encode(CLAIMS, KEY.private, "RS256", headers={"kid": KEY.kid})
    assert verify(token, KNOWN.get, now=NOW) == CLAIMS


def _hmac_keys() -> list[bytes]:
    public = KEY.private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return [
        b"",
        pem,
        pem.strip(),
        pem.replace(b"\n", b"\r\n"),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        json.dumps(public_jwk(public, KEY.kid)).encode(),
        json.dumps(public_jwk(public, KEY.kid), separators=(",", ":")).encode(),
    ]


@pytest.mark.parametrize("form", range(8))
@pytest.mark.parametrize("algorithm", ["HS256", "HS512", "hs256", "RS256"])
def test_the_public_key_is_no_hmac_key(form: int, algorithm: str) -> None:
    """TOK-01"""

    def mac(message: bytes) -> bytes:
        return hmac.digest(
            _hmac_keys()[form], message, "sha512" if algorithm == "HS512" else "sha256"
        )

    assert reason(forged({"kid": KEY.kid, "alg": algorithm}, signed_by=mac)) in (
        "algorithm",
        "signature",
    )


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "null", None, 0, [], {}])
def test_an_unsigned_token_is_refused(algorithm: object) -> None:
    """TOK-01"""
    header = {"kid": KEY.kid, "alg": algorithm}
    message = forged(header).rsplit(".", 1)[0]
    assert reason(f"{message}.") == "malformed"
    assert reason(message) == "malformed"
    assert reason(forged(header)) == "algorithm"
    assert reason(forged({"kid": KEY.kid})) == "algorithm"


@pytest.mark.parametrize(
    "algorithm", ["RS384", "RS512", "PS256", "ES256", "EdDSA", "rs256", "RS256 ", "dir", ["RS256"]]
)
def test_another_algorithm_than_the_keys_is_refused_before_the_signature(algorithm: object) -> None:
    """TOK-01"""

    def sha512(message: bytes) -> bytes:
        return KEY.private.sign(message, padding.PKCS1v15(), SHA512())

    assert reason(forged({"kid": KEY.kid, "alg": algorithm}, signed_by=sha512)) == "algorithm"


def test_a_signature_by_another_scheme_under_the_keys_name_is_refused() -> None:
    """TOK-01"""
    curve = ec.generate_private_key(ec.SECP256R1())
    pss = padding.PSS(padding.MGF1(SHA256()), 32)
    schemes: list[Sign] = [
        lambda message: KEY.private.sign(message, pss, SHA256()),
        lambda message: KEY.private.sign(message, padding.PKCS1v15(), SHA512()),
        lambda message: curve.sign(message, ec.ECDSA(SHA256())),
        lambda message: hashlib.sha256(message).digest(),
        lambda _: b"\x00",
        lambda _: bytes(256),
        lambda _: b"\xff" * 256,
        lambda _: bytes(255) + b"\x01",
        lambda message: b"\x00" + rs256(message),
    ]
    assert {reason(forged(HEADER, signed_by=scheme)) for scheme in schemes} == {"signature"}


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_offered_by_the_token_isnever_used(name: str) -> None:
    """TOK-02"""
    offered = public_jwk(OTHER.private, OTHER.kid)
    value: object = offered if name == "jwk" else "http://127.0.0.1/keys"

    def by_other(message: bytes) -> bytes:
        return OTHER.private.sign(message, padding.PKCS1v15(), SHA256())

    assert reason(forged({**HEADER, name: value}, signed_by=by_other)) == "signature"
    unknown = {"alg": "RS256", "kid": OTHER.kid, name: value}
    assert reason(forged(unknown, signed_by=by_other)) == "unknown key"
    assert reason(forged({**HEADER, name: value})) == "valid"


@pytest.mark.parametrize(
    "kid", ["../x", "'", '" OR 1=1', "x" * 256, "\u00e9", "kid-one", "KID-ONE=", ""]
)
def test_an_unknown_kid_is_looked_up_once_and_refused(kid: str) -> None:
    """TOK-02"""
    asked: list[str] = []

    def find(asked_for: str) -> PublicKey | None:
        asked.append(asked_for)
        return KNOWN.get(asked_for)

    with pytest.raises(InvalidToken, match="unknown key"):
        verify(forged({"alg": "RS256", "kid": kid}), find, now=NOW)
    assert asked == [kid]


@pytest.mark.parametrize(
    "kid", ["x" * 257, "x" * 10_000, "a\x00b", "a\nb", 1, None, True, ["kid-one="], {}]
)
def test_a_kid_that_no_key_could_have_is_not_looked_up(kid: object) -> None:
    """TOK-02"""
    with pytest.raises(InvalidToken, match="unknown key"):
        verify(forged({"alg": "RS256", "kid": kid}), never, now=NOW)


@pytest.mark.parametrize(
    "extra",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": None},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"b64": True},
    ],
)
def test_critical_extensions_are_refused(extra: dict[str, object]) -> None:
    """TOK-03"""
    assert reason(forged({**HEADER, **extra})) == "malformed"


def _other_serializations() -> list[str]:
    header, payload, signature = TOKEN.split(".")
    flattened = {"protected": header, "payload": payload, "signature": signature}
    general = {"payload": payload, "signatures": [{"protected": header, "signature": signature}]}
    return [
        json.dumps(flattened),
        json.dumps(general),
        f"{TOKEN}.",
        f".{TOKEN}",
        f"{TOKEN}.{signature}",
        f"{TOKEN}.{header}.{header}",
        f"{header}..{signature}",
        f".{payload}.{signature}",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        "...",
        "..",
        ".",
        "",
        f"Bearer {TOKEN}",
    ]


def test_only_three_segments_in_compact_form_are_a_token() -> None:
    """TOK-03"""
    assert [token for token in _other_serializations() if reason(token) != "malformed"] == []


def _spellings() -> list[str]:
    """Other ways to write the same octets, or nearly so, segment by segment."""
    found = [TOKEN + end for end in ("\x00", "é", "\ud800")]
    parts = TOKEN.split(".")
    for place, part in enumerate(parts):
        changes = [
            part + "=",
            part + "==",
            part + "\n",
            part + " ",
            part[:5] + "\r\n" + part[5:],
            part[:5] + "!" + part[5:],
            part + "A",
            part.replace("-", "+").replace("_", "/"),
        ]
        found += [
            ".".join([*parts[:place], changed, *parts[place + 1 :]])
            for changed in changes
            if changed != part
        ]
    return found


def test_a_token_has_one_spelling() -> None:
    """TOK-04"""
    spellings = _spellings()
    assert len(spellings) > 20
    refused = {"malformed", "signature"}  # the payload is decoded after the signature only
    assert [token for token in spellings if reason(token) not in refused] == []


def test_no_other_last_character_gives_the_same_token() -> None:
    """TOK-04: 342 characters hold 2052 bits, the last four of which must be zero."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    verdicts = {end: reason(TOKEN[:-1] + end) for end in alphabet}
    assert [end for end, verdict in verdicts.items() if verdict == "valid"] == [TOKEN[-1]]
    assert set(verdicts.values()) == {"valid", "malformed", "signature"}


def test_a_key_signs_for_its_own_pool_only() -> None:
    """TOK-14: the same kid in two pools does not help."""
    pool_a, pool_b = KEY, SigningKey(KEY.kid, OTHER.private)
    token = sign({**CLAIMS, "iss": "pool b"}, pool_a)
    with pytest.raises(InvalidToken, match="signature"):
        verify(token, {pool_b.kid: pool_b.public}.get, now=NOW)
    with pytest.raises(InvalidToken, match="unknown key"):
        verify(token, {OTHER.kid: OTHER.public}.get, now=NOW)
