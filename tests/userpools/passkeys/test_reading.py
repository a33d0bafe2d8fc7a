"""Strict reading: what is not exactly in its form is refused, and nothing breaks."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import cbor2
import pytest

from poolhouse.contract.shape import ServiceError
from poolhouse.userpools.passkeys import cbor, judging, reading, registering
from poolhouse.userpools.passkeys.attestation import Policy
from poolhouse.userpools.passkeys.relying_party import RelyingParty
from poolhouse.userpools.passkeys.rows import Challenge
from poolhouse.userpools.pools.rows import Pool
from tests.support.authenticator import AT, ED, UP, UV, Authenticator, b64, unb64
from tests.userpools.users.pool import pool

PARTY = RelyingParty("example.com", frozenset(["https://example.com"]))
CHALLENGE = bytes(range(32))
CREATE: dict[str, Any] = {
    "rp": {"id": "example.com"},
    "user": {"id": b64(b"a sub")},
    "challenge": b64(CHALLENGE),
}
BEGUN = Challenge("p", "a sub", judging.hash_of(CHALLENGE), "c", "s", "example.com", 9e9)
POOL: Pool = pool()
PHONE = Authenticator("https://example.com")
EXTENSIONS = cbor2.dumps({"credProtect": 2})


def registered(credential: Any) -> str:
    """`ok`, or the refusal; anything else is raised."""
    try:
        read = reading.registration(credential)
        registering.verified(POOL, PARTY, BEGUN, read, Policy(), 1.0)
    except ServiceError as error:
        return error.code
    return "ok"


def made(**odds: Any) -> dict[str, Any]:
    return PHONE.create(CREATE, **odds)


def with_extensions(data: bytes) -> bytes:
    return data[:32] + bytes([data[32] | ED]) + data[33:] + EXTENSIONS


INVALID, UNSUPPORTED = "InvalidParameterException", "WebAuthnCredentialNotSupportedException"
# FIDO server requirements, F-1 and the like: what is done to the authenticator data.
DATA: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "no flags": lambda data: data[:32],
    "half a counter": lambda data: data[:35],
    "no attested data": lambda data: data[:37],
    "half an aaguid": lambda data: data[:45],
    "no length": lambda data: data[:53],
    "half an id": lambda data: data[:60],
    "no key": lambda data: data[:87],
    "half a key": lambda data: data[:-10],
    "leftover octet": lambda data: data + b"\x00",
    "attested data without its flag": lambda data: data[:32] + bytes([data[32] & ~AT]) + data[33:],
    "extensions without their flag": lambda data: data + EXTENSIONS,
    "flag without extensions": lambda data: data[:32] + bytes([data[32] | ED]) + data[33:],
    "extensions that are no map": lambda data: with_extensions(data)[: -len(EXTENSIONS)] + b"\x01",
    "octets after extensions": lambda data: with_extensions(data) + b"\x00",
    "id of no length": lambda data: data[:53] + b"\x00\x00" + data[87:],
    "id longer than there is": lambda data: data[:53] + b"\xff\xff" + data[55:],
    "id too long": lambda data: data[:53] + b"\x04\x00" + bytes(1024) + data[87:],
    "key of indefinite length": lambda data: data[:87] + b"\xbf" + data[88:] + b"\xff",
    "key with a member twice": lambda data: data[:87] + b"\xa6\x01\x02" + data[88:],
    "key of a longer form": lambda data: data[:87] + b"\xa5\x18\x01" + data[89:],
    "key that is a list": lambda data: data[:87] + b"\x80",
    "key with a tag": lambda data: data[:87] + b"\xc2" + data[87:],
}


@pytest.mark.parametrize("defect", DATA)
def test_authenticator_data_is_read_strictly(defect: str) -> None:
    """WAN-06"""
    assert registered(made(late_data=DATA[defect])) == INVALID


def test_authenticator_data_with_extensions_is_read() -> None:
    assert registered(made(late_data=with_extensions)) == "ok"


OBJECTS: dict[str, Callable[[bytes], bytes]] = {
    "leftover octet": lambda whole: whole + b"\x00",
    "nothing": lambda whole: b"",
    "cut off": lambda whole: whole[:-1],
    "a list": lambda whole: b"\x80",
    "a text": lambda whole: b"\x63abc",
    "a member twice": lambda whole: b"\xa4" + b"\x63fmt\x64none" + whole[1:],
    "a member more": lambda whole: b"\xa4" + b"\x61x\x01" + whole[1:],
    "a member less": lambda whole: b"\xa2" + whole[10:],
    "indefinite": lambda whole: b"\xbf" + whole[1:] + b"\xff",
    "true for a key": lambda whole: b"\xa4" + b"\xf5\x01" + whole[1:],
    "deep": lambda whole: b"\x81" * 3000 + b"\x01",
    "tags on tags": lambda whole: b"\xc1" * 3000 + b"\x01",
    "wide": lambda whole: b"\x9b" + b"\xff" * 8,
    "a big number": lambda whole: b"\xc5\x82\x1b" + b"\xff" * 8 + b"\x01",
    "no UTF-8": lambda whole: whole.replace(b"\x64none", b"\x64\xff\xff\xff\xff"),
    "a format that is a number": lambda whole: whole.replace(b"\x64none", b"\x01"),
}


@pytest.mark.parametrize("defect", OBJECTS)
def test_attestation_objects_are_read_strictly(defect: str) -> None:
    """WAN-06"""
    assert registered(made(object_raw=OBJECTS[defect])) == INVALID


CLIENT: dict[str, Callable[[bytes], bytes]] = {
    "a mark before it": lambda text: b"\xef\xbb\xbf" + text,
    "something after it": lambda text: text + b"{}",
    "a key twice": lambda text: text[:-1] + b', "type": "webauthn.create"}',
    "an inner key twice": lambda text: text[:-1] + b', "x": {"a": 1, "a": 2}}',
    "no UTF-8": lambda text: text.replace(b"other", b"\xff\xff"),
    "UTF-16": lambda text: text.decode().encode("utf-16"),
    "a list": lambda text: b"[" + text + b"]",
    "nothing": lambda text: b"",
    "cut off": lambda text: text[:-2],
    "deep": lambda text: b'{"a":' * 600,
    "no type": lambda text: text.replace(b'"type"', b'"typ"'),
    "no origin": lambda text: text.replace(b'"origin"', b'"orig"'),
    "origin of a list": lambda text: text.replace(b'"https://example.com"', b'["https://x"]'),
    "crossOrigin of a text": lambda text: text.replace(b"false", b'"false"'),
    "crossOrigin of nothing": lambda text: text.replace(b"false", b"null"),
    "a challenge with padding": lambda text: text.replace(b'8"', b'8="'),
}


@pytest.mark.parametrize("defect", CLIENT)
def test_client_data_is_read_strictly(defect: str) -> None:
    """WAN-06: keys of the browser's own are no defect, as every other test shows."""
    assert registered(made(client_raw=CLIENT[defect])) == INVALID


def test_base64url_has_one_form() -> None:
    """WAN-06"""
    assert reading.octets("AAEC_w", 4) == b"\x00\x01\x02\xff"
    for text in ("AAEC_w==", "AAEC/w", "AAEC_x", "AAEC\n_w", " AAEC_w", "A", "", "ÄAEC", None, 7):
        with pytest.raises(ServiceError):
            reading.octets(text, 4)
    with pytest.raises(ServiceError):
        reading.octets("AAEC_w", 3)


def test_ids_agree_everywhere() -> None:
    """WAN-06"""
    other = b64(bytes(32))
    for odd in ({"id": other}, {"rawId": other}, {"id": other, "rawId": other}, {"rawId": None}):
        assert registered(made(outer=odd)) == INVALID


NUMBERS = [0, 23, 24, 255, 256, 65535, 65536, 2**32, 2**63, -1, -24, -25, -500]
OTHERS: list[Any] = [b"", b"a" * 300, "ä", [], [1, [2, [3]]], {}, {"a": {1: b"x"}, -1: "y"}]


@pytest.mark.parametrize("value", [*NUMBERS, *OTHERS, True, False, None])
def test_what_authenticators_write_is_read(value: Any) -> None:
    assert cbor.whole(cbor2.dumps(value)) == value


NOT_STRICT = {
    "a break": "ff",
    "reserved lengths": "1c 1f 3f 5c",
    "indefinite lengths": "5f4100ff 7f6100ff 9f00ff bf0000ff",
    "floats": "f90000 fa00000000 fb0000000000000000",
    "simple values": "f7 e0 f820",
    "tags": "c000 c24101 c249010000000000000000 d81c00 d82360 d9010280 d9fff100 81c100 a1c10000",
    "longer forms": "1800 1817 190001 1a00000001 1b0000000000000001 5800 7800 9800 b800",
    "odd keys": "a1f501 a14000 a18000 a1f600",
    "a key twice": "a201010101 a2616100616100",
    "too short": "41 6180 a1 a101 81 18 1b00",
    "no UTF-8": "61ff 62c328 63eda080",
    "depth": f"{'81' * 9}00 {'a100' * 9}00",
    "great lengths": "9bffffffffffffffff bb7fffffffffffffff 5b7fffffffffffffff 7b0ffffffffffffff0",
    "leftovers": "0000 4000 a000",
}


@pytest.mark.parametrize("octets", [each for row in NOT_STRICT.values() for each in row.split()])
def test_other_forms_are_not_read(octets: str) -> None:
    """WAN-06"""
    with pytest.raises(cbor.NotStrict):
        cbor.whole(bytes.fromhex(octets))


def test_ten_thousand_broken_registrations_are_refused_in_order() -> None:
    """WAN-06: each ends in a modelled refusal, whatever octets were changed, cut or put in."""
    chance = random.Random(20)  # the same each time
    whole, outcomes = made(), dict.fromkeys(["ok", INVALID, UNSUPPORTED], 0)
    for _ in range(10_000):
        odd = copy.deepcopy(whole)
        member = chance.choice(["clientDataJSON", "attestationObject", "attestationObject"])
        odd["response"][member] = b64(broken(unb64(odd["response"][member]), chance))
        outcome = registered(odd)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    assert set(outcomes) <= {
        "ok",  # a counter or an aaguid is anything
        INVALID,
        UNSUPPORTED,
        "WebAuthnOriginNotAllowedException",
        "WebAuthnRelyingPartyMismatchException",
    }
    assert outcomes[INVALID] > 5000 and 0 < outcomes["ok"] < 2500 and outcomes[UNSUPPORTED] > 100


def test_ten_thousand_broken_answers_are_refused_in_order() -> None:
    """WAN-06"""
    chance = random.Random(21)
    made()
    key = next(iter(PHONE.keys.values()))
    text = PHONE.use(key, {"challenge": b64(CHALLENGE)})
    outcomes = []
    for _ in range(10_000):
        odd = broken(text.encode(), chance).decode("utf-8", "replace")
        try:
            reading.assertion(odd)
            outcomes.append("ok")
        except ServiceError as error:
            outcomes.append(error.code)
    assert set(outcomes) == {"ok", INVALID}
    assert outcomes.count("ok") < 5000


def broken(octets: bytes, chance: random.Random) -> bytes:
    """One to three octets changed, a part cut out, doubled or put in."""
    found = bytearray(octets)
    for _ in range(chance.randint(1, 3)):
        if not found:
            break
        at, way = chance.randrange(len(found)), chance.randrange(5)
        end = at + chance.randint(1, 9)
        if way == 0:
            found[at] ^= 1 << chance.randrange(8)
        elif way == 1:
            found[at] = chance.choice([0, 0x40, 0x80, 0xA0, 0xBF, 0xC5, 0xF5, 0xFF])
        elif way == 2:
            del found[at:end]
        elif way == 3:
            found[at:at] = found[at:end]
        else:
            found[at:at] = chance.randbytes(end - at)
    return bytes(found)


def test_the_flags_are_read_as_they_are() -> None:
    data = reading.authenticator_data(bytes(32) + bytes([UP | UV]) + (7).to_bytes(4, "big"))
    assert (data.user_present, data.user_verified, data.sign_count) == (True, True, 7)
    assert (data.backup_eligible, data.backed_up, data.attested) == (False, False, None)


def test_an_answer_holds_no_attested_data() -> None:
    """WAN-06"""
    attested = unb64(made()["response"]["attestationObject"])
    data = cbor2.loads(attested)["authData"]
    given = answered()
    given["response"]["authenticatorData"] = b64(data)
    with pytest.raises(ServiceError):
        reading.assertion(json.dumps(given))


def answered() -> dict[str, Any]:
    made()
    key = next(iter(PHONE.keys.values()))
    found: dict[str, Any] = json.loads(PHONE.use(key, {"challenge": b64(CHALLENGE)}))
    return found


@pytest.mark.parametrize("handle", [[], {}, 0, False, 7, True, ["AAAA"], "AAAA=", "A" * 88])
def test_a_user_handle_is_text(handle: Any) -> None:
    """WAN-06"""
    given = answered()
    given["response"]["userHandle"] = handle
    with pytest.raises(ServiceError):
        reading.assertion(json.dumps(given))


@pytest.mark.parametrize(("handle", "expected"), [("AAEC", b"\0\1\2"), ("", None), (None, None)])
def test_a_user_handle_may_be_absent(handle: Any, expected: bytes | None) -> None:
    given = answered()
    given["response"]["userHandle"] = handle
    assert reading.assertion(json.dumps(given)).user_handle == expected
