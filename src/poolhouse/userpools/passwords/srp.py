"""SRP-6a (RFC 5054) as Cognito does it, the server's half. Pure: whoever calls draws the secrets.

It differs from the RFC in the padding, in the names that go into x, and in the shortened HKDF that
makes the key. For devices, `pool_name` is the device group key and the user is the device key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

try:
    import gmpy2  # type: ignore[import-untyped,unused-ignore]
except ImportError:
    gmpy2 = None

# The 3072-bit MODP group (RFC 3526, 5).
N = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05"
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB"
    "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33"
    "A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864"
    "D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2"
    "08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
G = 2
SECRET_OCTETS = 32
_SALT_OCTETS = 16
_HEX = re.compile(r"[0-9a-fA-F]{1,1536}", re.ASCII)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
_TIMESTAMP = re.compile(
    rf"({'|'.join(_DAYS)}) ({'|'.join(_MONTHS)}) ([1-9]|[12][0-9]|3[01]) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) UTC ([0-9]{4})"
)

Power = Callable[[int, int, int], int]


class BadPublicValue(ValueError):
    """A is no hexadecimal number of at most 1536 digits, or a multiple of N (RFC 5054, 2.5.4)."""


class BadTimestamp(ValueError):
    """Not a moment written as `Mon Nov 2 03:04:05 UTC 2026`."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Modular powers: `secret` takes as long for one exponent as for another, `public` may not.
    `number` is what it counts with."""

    name: str
    secret: Power
    public: Power
    number: Callable[[int], Any]


def _gmp(function: str) -> Power:
    power = getattr(gmpy2, function)

    def released(base: int, exponent: int, modulus: int) -> int:
        # Unless told so, gmpy2 keeps the interpreter lock and with it every other thread.
        with gmpy2.context(allow_release_gil=True):
            return int(power(base, exponent, modulus))

    return released


PYTHON = Arithmetic("python", secret=pow, public=pow, number=int)
"""Seven times slower, holds the interpreter lock, and its time depends on the exponent."""

GMP = None if gmpy2 is None else Arithmetic("gmp", _gmp("powmod_sec"), _gmp("powmod"), gmpy2.mpz)
BEST = GMP or PYTHON


def pad(value: int) -> bytes:
    """The number as Java's BigInteger writes it: big-endian, with a sign bit of zero."""
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def parse_a(text: str) -> int:
    """The client's public value; raises BadPublicValue."""
    if not _HEX.fullmatch(text):
        raise BadPublicValue("SRP_A is not a hexadecimal number of fitting length")
    value = int(text, 16)
    if value % N == 0:
        raise BadPublicValue("SRP_A is a multiple of N")
    return value


def verifier(
    pool_name: str, username: str, password: str, salt: bytes, arithmetic: Arithmetic = BEST
) -> bytes:
    """v = g^x mod N as `pad` writes it: what is stored, sealed, instead of the password.

    `pool_name` is the part of the pool id after `_`. Leading zero octets of the salt do not count.
    """
    identity = _hash(_utf8(f"{pool_name}{username}:{password}"))
    x = _number(_hash(pad(_number(salt)) + identity))
    return pad(arithmetic.secret(G, x, N))


def public_b(verifier: bytes, b: bytes, arithmetic: Arithmetic = BEST) -> int:
    """B = kv + g^b mod N, to be sent as hexadecimal. `b`: 32 random octets, used once.

    Constant time is for x, which lives as long as the password. b lives for one sign-in and is
    raised twice: too few samples to learn anything from, at a fraction of the cost.
    """
    return (_K * _number(verifier) + _power_of_g(_secret(b), arithmetic)) % N


def session_key(
    a_pub: int, b_pub: int, verifier: bytes, b: bytes, arithmetic: Arithmetic = BEST
) -> bytes:
    """The 16 octets that only a client with the password shares; raises BadPublicValue."""
    u = _number(_hash(pad(a_pub) + pad(b_pub)))
    if a_pub % N == 0 or u == 0:
        raise BadPublicValue("SRP_A would make the key known to anyone")
    base = a_pub * arithmetic.public(_number(verifier), u, N) % N
    shared = arithmetic.public(base, _secret(b), N)
    extracted = hmac.digest(pad(u), pad(shared), "sha256")
    return hmac.digest(extracted, b"Caldera Derived Key\x01", "sha256")[:16]


def signature(key: bytes, pool_name: str, user_id: str, secret_block: bytes, timestamp: str) -> str:
    """The PASSWORD_CLAIM_SIGNATURE that proves the key, in base64."""
    message = _utf8(pool_name) + _utf8(user_id) + secret_block + _utf8(timestamp)
    return base64.b64encode(hmac.digest(key, message, "sha256")).decode("ascii")


def proves(claim: str, expected: str) -> bool:
    """Whether the client's claim is the expected signature, compared in constant time."""
    return hmac.compare_digest(_utf8(claim), _utf8(expected))


def parse_timestamp(text: str) -> float:
    """Epoch seconds of `EEE MMM d HH:mm:ss 'UTC' yyyy`, English; raises BadTimestamp."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise BadTimestamp("not in the form of a timestamp")
    weekday, month = match[1], _MONTHS.index(match[2]) + 1
    day, hour, minute, second, year = (int(part) for part in match.groups()[2:])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise BadTimestamp("no such moment") from None
    if _DAYS[moment.weekday()] != weekday:
        raise BadTimestamp("the day is another day of the week")
    return moment.timestamp()


def decoy(seed: bytes) -> tuple[bytes, bytes]:
    """Salt and verifier for a user who does not exist, the same for the same seed.

    The seed is a keyed hash of pool and name. The verifier is a square, as real ones are, and no
    password is known for it, so that the proof, and only the proof, fails (RFC 5054, 2.5.1.3).
    """
    stream = hashlib.shake_256(b"srp decoy" + seed).digest(_SALT_OCTETS + 400)
    root = _number(stream[_SALT_OCTETS:]) % N
    return stream[:_SALT_OCTETS], pad(root * root % N)


def _secret(b: bytes) -> int:
    value = _number(b)
    if len(b) != SECRET_OCTETS or value == 0:
        raise ValueError("b must be 32 random octets")
    return value


def _power_of_g(exponent: int, arithmetic: Arithmetic) -> int:
    """g^exponent mod N of an exponent of 32 octets: one product for each of them."""
    found, modulus = arithmetic.number(1), arithmetic.number(N)
    octets = exponent.to_bytes(SECRET_OCTETS, "little")
    for powers, octet in zip(_powers_of_g(arithmetic), octets, strict=True):
        found = found * powers[octet] % modulus
    return int(found)


@cache
def _powers_of_g(arithmetic: Arithmetic) -> list[list[Any]]:
    """For each octet of an exponent, from the least, g to its 256 values: 3 MiB, made once, and a
    power takes a sixth of the time (Handbook of Applied Cryptography, 14.109)."""
    table, base, modulus = [], arithmetic.number(G), arithmetic.number(N)
    for _ in range(SECRET_OCTETS):
        powers = [arithmetic.number(1)]
        while len(powers) < 256:
            powers.append(powers[-1] * base % modulus)
        table.append(powers)
        base = powers[-1] * base % modulus
    return table


def _hash(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def _number(octets: bytes) -> int:
    return int.from_bytes(octets, "big")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


_K = _number(_hash(pad(N) + pad(G)))
