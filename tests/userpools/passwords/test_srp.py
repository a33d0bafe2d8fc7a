from __future__ import annotations

import base64
import hashlib
import hmac
import importlib.util
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.userpools.passwords import srp

POOL, USER, PASSWORD = "AbCdEf123", "3f5c1e0a-7b2d-4c11-9a6e-0d2f4b8c1e77", "Corr3ct-Horse!"
SALT = bytes.fromhex("9f1e2d3c4b5a69788796a5b4c3d2e1f0")
CLIENT_SECRET = int.from_bytes(hashlib.sha256(b"client-a").digest(), "big")
SERVER_SECRET = hashlib.sha256(b"server-b").digest()
BLOCK, WHEN = base64.b64decode("c2VjcmV0LWJsb2NrLW9wYXF1ZQ=="), "Mon Nov 2 03:04:05 UTC 2026"
X = "c08c037276048677e424f0085cd3cda25f77f153814a3f5fcfa636ed8394f810"

KINDS = [srp.PYTHON] if srp.GMP is None else [srp.PYTHON, srp.GMP]
both = pytest.mark.parametrize("arithmetic", KINDS, ids=lambda kind: kind.name)


def padded(digits: str) -> bytes:
    """The padding by the rule on hexadecimal text, independent of the server's."""
    digits = digits if len(digits) % 2 == 0 else "0" + digits
    return bytes.fromhex("00" + digits if digits[0] in "89abcdef" else digits)


def sha256(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def private_x(pool: str, user: str, password: str, salt: str) -> int:
    inner = sha256(f"{pool}{user}:{password}".encode())
    return int(sha256(padded(salt) + inner).hex(), 16)


def client_key(a: int, b_pub: int, x: int) -> bytes:
    """What a client computes from its secret, the server's B and the password."""
    a_pub = pow(srp.G, a, srp.N)
    k = int(sha256(padded(f"{srp.N:x}") + b"\x02").hex(), 16)
    u = sha256(padded(f"{a_pub:x}") + padded(f"{b_pub:x}")).hex()
    shared = pow(b_pub - k * pow(srp.G, x, srp.N), a + int(u, 16) * x, srp.N)
    extracted = hmac.digest(padded(f"{int(u, 16):x}"), padded(f"{shared:x}"), "sha256")
    return hmac.digest(extracted, b"Caldera Derived Key\x01", "sha256")[:16]


def text_hash(value: int) -> str:
    return sha256(f"{value:x}".encode()).hex()


def test_the_group_and_the_multiplier_are_cognitos() -> None:
    assert srp.N.bit_length() == 3072
    expected = 2**3072 - 2**3008 - 1 + 2**64 * (_pi_bits(2942) + 1690314)
    assert expected == srp.N
    k = sha256(srp.pad(srp.N) + srp.pad(srp.G)).hex()
    assert k == "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6"


def _pi_bits(count: int) -> int:
    """floor(pi * 2^count), by Machin's formula: how RFC 3526 defines the prime."""
    one = 1 << (count + 64)

    def arctan_of_inverse(n: int) -> int:
        term, total, odd, sign = one // n, 0, 1, 1
        while term:
            total += sign * (term // odd)
            term //= n * n
            odd, sign = odd + 2, -sign
        return total

    return 4 * (4 * arctan_of_inverse(5) - arctan_of_inverse(239)) >> 64


@both
def test_every_value_of_the_recorded_vector_is_met(arithmetic: srp.Arithmetic) -> None:
    x = private_x(POOL, USER, PASSWORD, SALT.hex())
    assert f"{x:x}" == X
    verifier = srp.verifier(POOL, USER, PASSWORD, SALT, arithmetic)
    v = int.from_bytes(verifier, "big")
    assert len(f"{v:x}") == 767
    assert text_hash(v) == "647fa4788ca90bde19d0b135b7f3b54fa95b554c2653be35eb6a6dbca2316f8d"
    a_pub = srp.parse_a(f"{pow(srp.G, CLIENT_SECRET, srp.N):x}")
    assert f"{a_pub:x}".startswith("8082ce6da9dbfd14")
    assert text_hash(a_pub) == "ef4021200a728f59913143c2f85d795a3f568879670fe6327babd6f871ab8e85"
    b_pub = srp.public_b(verifier, SERVER_SECRET, arithmetic)
    assert f"{b_pub:x}".startswith("1bad91659c899d06")
    assert text_hash(b_pub) == "dd9a8cb8e0be476895908a7c5448fde59a59869a7aa6bbaf8eec65593002f09e"
    u = sha256(srp.pad(a_pub) + srp.pad(b_pub))
    assert u.hex() == "d8109ea809b0575e3f1a5628f550c32f5e1cf2f0dc01568ec414523736e83630"
    base = a_pub * arithmetic.public(v, int.from_bytes(u, "big"), srp.N) % srp.N
    shared = arithmetic.secret(base, int.from_bytes(SERVER_SECRET, "big"), srp.N)
    assert f"{shared:x}".startswith("8584d742808a7373")
    assert text_hash(shared) == "f519a5f833045a00d00a6a193e8c4f846f1b2193b38235d650565ca6af93eb01"
    prk = hmac.digest(srp.pad(int.from_bytes(u, "big")), srp.pad(shared), "sha256")
    assert prk.hex() == "d5abc32fcc2010baa7ce6cc46d0277a7407a422ff55a7f3b22c2c08eff5c86bd"
    key = srp.session_key(a_pub, b_pub, verifier, SERVER_SECRET, arithmetic)
    assert key.hex() == "af4a8d1f6bac701c34dbac71fc0a91ad"
    claim = srp.signature(key, POOL, USER, BLOCK, WHEN)
    assert claim == "oevZvjrQRQdU1qw8M4uFkSJSniqyqCcd37PCZJX0VFI="


@both
def test_the_devices_vector_is_met(arithmetic: srp.Arithmetic) -> None:
    salt = base64.b64decode("AODRwrOklYZ3aFlGNygZ+gs=")
    group, device = "-v7w9UcY6", "us-east-1_1a2b3c4d-1111-2222-3333-444455556666"
    password = "ZGV2aWNlLXBhc3N3b3Jk"
    x = private_x(group, device, password, "e0d1c2b3a4958677685946372819fa0b")
    assert f"{x:x}" == "1a778cfbb604b5fc832dd9760a6e4f2ae80819854f529881cacfd85f0c5560d8"
    verifier = srp.verifier(group, device, password, salt, arithmetic)
    assert len(verifier) == 385
    assert (
        sha256(verifier).hex() == "5e91ccb3ab70492dfb459fcdc85d73cb1981db72479d57c6927f7125b9c0d69b"
    )


@both
@settings(max_examples=15, deadline=None)
@given(
    password=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    salt=st.binary(min_size=1, max_size=17),
    a=st.one_of(st.integers(1, 20), st.integers(1, 2**256 - 1)),
    b=st.binary(min_size=32, max_size=32).filter(any),
)
def test_client_and_server_agree(
    arithmetic: srp.Arithmetic, password: str, salt: bytes, a: int, b: bytes
) -> None:
    """CGN-11. A small `a` makes an A of a few octets: every padding occurs."""
    verifier = srp.verifier(POOL, USER, password, salt, arithmetic)
    b_pub = srp.public_b(verifier, b, arithmetic)
    x = private_x(POOL, USER, password, f"{int.from_bytes(salt, 'big'):x}")
    server = srp.session_key(pow(srp.G, a, srp.N), b_pub, verifier, b, arithmetic)
    assert server == client_key(a, b_pub, x)
    wrong = private_x(POOL, USER, password + "x", f"{int.from_bytes(salt, 'big'):x}")
    assert server != client_key(a, b_pub, wrong)


@both
@pytest.mark.parametrize("seed", [0, 2, 5, 121, 226, 246])
def test_they_agree_where_a_value_has_leading_zero_octets(
    arithmetic: srp.Arithmetic, seed: int
) -> None:
    """121: S is short; 226: u; 246: B; the others have and have not a high first bit."""
    salt, a = bytes(2) + b"\x81" * 14, int.from_bytes(sha256(b"a"), "big")
    verifier, b = srp.verifier("p", "u", "pw", salt, arithmetic), sha256(b"b%d" % seed)
    b_pub = srp.public_b(verifier, b, arithmetic)
    assert (b_pub.bit_length() <= 3064) is (seed == 246)
    server = srp.session_key(pow(srp.G, a, srp.N), b_pub, verifier, b, arithmetic)
    assert server == client_key(a, b_pub, private_x("p", "u", "pw", "81" * 14))


def test_both_arithmetics_give_the_same_powers() -> None:
    if srp.GMP is None:
        pytest.skip("gmpy2 is not installed")
    for base, exponent in [(2, 1), (srp.N - 1, 3), (12345, 2**256 - 1)]:
        expected = pow(base, exponent, srp.N)
        assert srp.GMP.secret(base, exponent, srp.N) == expected
        assert srp.GMP.public(base, exponent, srp.N) == expected


def test_without_gmpy2_the_module_falls_back_to_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gmpy2", None)
    spec = importlib.util.spec_from_file_location("srp_without_gmpy2", Path(srp.__file__))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "srp_without_gmpy2", module)
    spec.loader.exec_module(module)
    assert module.GMP is None
    assert module.BEST is module.PYTHON
    assert module.verifier(POOL, USER, PASSWORD, SALT) == srp.verifier(POOL, USER, PASSWORD, SALT)


@pytest.mark.parametrize(
    "text",
    ["0", "000", f"{srp.N:x}", f"{srp.N:X}", f"00{srp.N:x}", f"{2 * srp.N:x}", f"{srp.N**2:x}"],
)
def test_an_a_that_is_a_multiple_of_n_is_refused(text: str) -> None:
    """CGN-11"""
    with pytest.raises(srp.BadPublicValue):
        srp.parse_a(text)


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "0x1f", "1_0", " 1", "1\n", "1 ", "g", "٣", "\ud800", "1.0", "f" * 1537],
)
def test_an_a_that_is_no_plain_hexadecimal_number_is_refused(text: str) -> None:
    """CGN-11"""
    with pytest.raises(srp.BadPublicValue):
        srp.parse_a(text)


def test_an_a_is_read_in_either_case_with_leading_zeros_and_above_n() -> None:
    assert srp.parse_a("00aBc") == 0xABC
    assert srp.parse_a("f" * 1536) == 16**1536 - 1
    assert srp.parse_a(f"{srp.N + 1:x}") == srp.N + 1


def test_a_key_is_never_made_from_a_multiple_of_n() -> None:
    """CGN-11: even where the caller forgot to parse A."""
    verifier = srp.verifier(POOL, USER, PASSWORD, SALT)
    b_pub = srp.public_b(verifier, SERVER_SECRET)
    for a_pub in (0, srp.N, 5 * srp.N):
        with pytest.raises(srp.BadPublicValue):
            srp.session_key(a_pub, b_pub, verifier, SERVER_SECRET)


@pytest.mark.parametrize("b", [b"", bytes(32), b"\x01" * 31])
def test_a_server_secret_that_is_short_or_zero_is_a_fault(b: bytes) -> None:
    verifier = srp.verifier(POOL, USER, PASSWORD, SALT)
    with pytest.raises(ValueError, match="32 random octets"):
        srp.public_b(verifier, b)
    with pytest.raises(ValueError, match="32 random octets"):
        srp.session_key(2, 3, verifier, b)


def test_the_signature_binds_pool_user_block_and_time() -> None:
    """CGN-11"""
    key = bytes(16)
    good = srp.signature(key, POOL, USER, BLOCK, WHEN)
    others = [
        srp.signature(b"\x01" * 16, POOL, USER, BLOCK, WHEN),
        srp.signature(key, "AbCdEf124", USER, BLOCK, WHEN),
        srp.signature(key, POOL, USER.upper(), BLOCK, WHEN),
        srp.signature(key, POOL, USER, BLOCK + b"x", WHEN),
        srp.signature(key, POOL, USER, BLOCK, WHEN.replace("05", "06")),
    ]
    assert not any(srp.proves(other, good) for other in others)
    assert srp.proves(good, good)


@pytest.mark.parametrize("claim", ["", "é", "\ud800", "=" * 44, "\x00"])
def test_a_claim_that_is_no_base64_is_just_wrong(claim: str) -> None:
    assert not srp.proves(claim, srp.signature(bytes(16), POOL, USER, BLOCK, WHEN))


def test_a_password_of_any_text_makes_a_verifier() -> None:
    assert srp.verifier(POOL, USER, "\ud800", SALT) != srp.verifier(POOL, USER, "?", SALT)


def test_a_decoy_is_stable_looks_real_and_fits_no_client() -> None:
    """CGN-10"""
    salt, verifier = srp.decoy(b"seed")
    assert srp.decoy(b"seed") == (salt, verifier)
    assert srp.decoy(b"other seed")[0] != salt
    assert len(salt) == 16
    v = int.from_bytes(verifier, "big")
    assert 2**2900 < v < srp.N
    assert srp.pad(v) == verifier
    real = int.from_bytes(srp.verifier(POOL, USER, PASSWORD, SALT), "big")
    decoys = [int.from_bytes(srp.decoy(bytes([seed]))[1], "big") for seed in range(8)]
    for residue in (v, real, *decoys):  # Euler's criterion: all are squares
        assert srp.BEST.public(residue, (srp.N - 1) // 2, srp.N) == 1
    b_pub = srp.public_b(verifier, SERVER_SECRET)
    server = srp.session_key(pow(2, CLIENT_SECRET, srp.N), b_pub, verifier, SERVER_SECRET)
    guess = private_x(POOL, USER, PASSWORD, f"{int.from_bytes(salt, 'big'):x}")
    assert server != client_key(CLIENT_SECRET, b_pub, guess)


def test_a_timestamp_is_read_as_utc() -> None:
    assert srp.parse_timestamp(WHEN) == datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC).timestamp()
    assert srp.parse_timestamp("Thu Feb 29 23:59:59 UTC 2024") == 1709251199.0


@given(st.integers(0, 4_000_000_000))
def test_every_moment_as_a_client_writes_it_is_read_back(moment: int) -> None:
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=moment)
    day = "Mon Tue Wed Thu Fri Sat Sun".split()[when.weekday()]
    month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[when.month - 1]
    text = f"{day} {month} {when.day} {when:%H:%M:%S} UTC {when:%Y}"
    assert srp.parse_timestamp(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mon Nov 02 03:04:05 UTC 2026",
        "Mon Nov  2 03:04:05 UTC 2026",
        "Tue Nov 2 03:04:05 UTC 2026",
        "Mon Nov 2 3:04:05 UTC 2026",
        "Mon Nov 2 24:04:05 UTC 2026",
        "Mon Nov 2 03:04:60 UTC 2026",
        "Mon Nov 2 03:04:05 GMT 2026",
        "Mon Nov 2 03:04:05 UTC 26",
        "Mon Nov 2 03:04:05 UTC 2026 ",
        "Mon Nov 2 03:04:05 UTC 2026\n",
        "Mo Nov 2 03:04:05 UTC 2026",
        "lun nov 2 03:04:05 UTC 2026",
        "Mon Nov ٢ 03:04:05 UTC 2026",
        "Sun Feb 30 03:04:05 UTC 2025",
        "Mon Jan 0 03:04:05 UTC 2026",
        "Sat Jan 1 00:00:00 UTC 0000",
        "\ud800",
        "2026-11-02T03:04:05Z",
    ],
)
def test_a_timestamp_in_another_form_is_refused(text: str) -> None:
    """CGN-11"""
    with pytest.raises(srp.BadTimestamp):
        srp.parse_timestamp(text)
