"""Time-based codes, by the RFC's own vectors."""

from __future__ import annotations

import base64

import pyotp
import pytest

from poolhouse.userpools.mfa.totp import otpauth_uri, secret_code, step_of

SEED = b"12345678901234567890"


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(now: int, code: str) -> None:
    """Appendix B, SHA-1, the last six of eight digits."""
    assert step_of(SEED, code, now) == now // 30


@pytest.mark.parametrize("seconds", range(-90, 91, 10))
def test_only_the_neighbouring_steps_are_accepted(seconds: int) -> None:
    """AUT-13"""
    now = 1_700_000_010  # the middle of a step, give or take
    code = pyotp.TOTP(secret_code(SEED)).at(now + seconds)
    step = (now + seconds) // 30
    near = abs(step - now // 30) <= 1
    assert step_of(SEED, code, now) == (step if near else None)


@pytest.mark.parametrize(
    "odd",
    ["", "28708", "2870820", "287 082", " 287082", "287082\n", "287O82", "+87082", "-87082",
     "２８７０８２", "٢٨٧٠٨٢", "0x1234"],
)  # fmt: skip
def test_a_code_is_six_ascii_digits_and_nothing_else(odd: str) -> None:
    """AUT-07"""
    assert step_of(SEED, odd, 59) is None


def test_the_secret_is_52_characters_of_base32() -> None:
    secret = secret_code(bytes(range(32)))
    assert len(secret) == 52 and "=" not in secret
    assert base64.b32decode(secret + "====") == bytes(range(32))


def test_the_otpauth_uri_is_read_by_authenticators() -> None:
    uri = otpauth_uri("My pool: people & more", "ann@example.com", secret_code(SEED))
    assert uri.startswith("otpauth://totp/My%20pool%3A%20people%20%26%20more:ann%40example.com?")
    parsed = pyotp.parse_uri(uri)
    assert (parsed.issuer, parsed.name) == ("My pool: people & more", "ann@example.com")
    assert parsed.secret == secret_code(SEED)
