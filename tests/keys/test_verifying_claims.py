from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.keys.signing import PublicKey, sign
from poolhouse.keys.verifying import InvalidToken, verify
from tests.keys.forging import CLAIMS, HEADER, KEY, KNOWN, NOW, TOKEN, b64, forged, never, reason


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize(
    "value",
    [
        "1800000000",
        str(NOW + 10),
        NOW + 0.5,
        float(NOW),
        None,
        True,
        [NOW],
        -1,
        10**400,
        253402300800,
    ],
)
def test_a_time_that_is_no_whole_number_of_seconds_is_refused(name: str, value: object) -> None:
    """TOK-06"""
    assert reason(forged(HEADER, {**CLAIMS, name: value})) == "malformed"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1.8e9"])
def test_a_time_that_is_no_number_of_json_is_refused(number: str) -> None:
    """TOK-06"""
    payload = json.dumps({**CLAIMS, "exp": "?"}).replace('"?"', number)
    assert reason(forged(HEADER, payload)) == "malformed"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_a_number_that_json_lacks_is_refused_in_any_claim(number: str) -> None:
    """TOK-06"""
    payload = json.dumps({**CLAIMS, "custom:size": "?"}).replace('"?"', number)
    assert reason(forged(HEADER, payload)) == "malformed"


@pytest.mark.parametrize("name", ["exp", "iat"])
def test_a_token_without_end_or_beginning_is_refused(name: str) -> None:
    """TOK-06"""
    rest = {key: value for key, value in CLAIMS.items() if key != name}
    assert reason(forged(HEADER, rest)) == "malformed"


def test_a_token_ends_at_the_second_of_its_exp() -> None:
    """TOK-06"""
    end = CLAIMS["exp"]
    assert reason(TOKEN, now=end - 0.001) == "valid"
    assert reason(TOKEN, now=end) == "expired"
    assert reason(TOKEN, now=end + 29.9, leeway=30) == "valid"
    assert reason(TOKEN, now=end + 30, leeway=30) == "expired"
    assert reason(TOKEN, now=end + 60, leeway=9999) == "expired"
    assert reason(forged(HEADER, {**CLAIMS, "exp": 0})) == "expired"


def test_a_token_from_the_future_is_refused_beyond_a_minute() -> None:
    """TOK-06"""
    assert reason(TOKEN, now=NOW - 60) == "valid"
    assert reason(TOKEN, now=NOW - 60.5) == "not yet valid"
    assert reason(forged(HEADER, {**CLAIMS, "nbf": NOW + 60})) == "valid"
    assert reason(forged(HEADER, {**CLAIMS, "nbf": NOW + 61})) == "not yet valid"


@pytest.mark.parametrize(
    "token",
    [
        "A" * 1_000_000,
        "." * 1_000_000,
        f"{'e' * 1_000_000}.e30.AA",
        f"{TOKEN}{'A' * 20_000}",
        b64(b'{"alg":"none","x":"' + b"x" * 16_384 + b'"}') + ".e30.AA",
    ],
    ids=["letters", "dots", "header", "signature", "json"],
)
def test_a_token_over_16_kb_is_refused_unread(token: str) -> None:
    """TOK-12"""
    with pytest.raises(InvalidToken, match="malformed"):
        verify(token, never, now=NOW)


def test_a_token_of_just_16_kb_is_read() -> None:
    """TOK-12"""
    short = sign({**CLAIMS, "x": ""}, KEY)
    room = (16 * 1024 - len(short)) * 3 // 4 - 2
    token = sign({**CLAIMS, "x": "y" * room}, KEY)
    assert 16 * 1024 - 8 < len(token) <= 16 * 1024
    assert reason(token) == "valid"
    assert reason(sign({**CLAIMS, "x": "y" * (room + 8)}, KEY)) == "malformed"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{",
        b"{}}",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        '{"alg":"RS256"}'.encode("utf-16"),
        b'{"alg":"RS256","alg":"RS256","kid":"kid-one="}',
        b'{"alg":"RS256","kid":"kid-one=","kid":"kid-one="}',
        b'{"alg":"RS256","kid":"kid-one=","x":{"a":1,"a":2}}',
        b'{"alg":"RS256","kid":"kid-one=","x":"\\ud800"}',
        b'{"alg":"RS256","kid":"kid-one=","\\udfff":1}',
        b'{"alg":"RS256","kid":"kid-one=","x":' + b"1" * 5000 + b"}",
        b'{"x":' + b"[" * 8000,
        b'{"a":' * 1900 + b"1" + b"}" * 1900,
    ],
)
def test_a_header_or_payload_that_is_no_clean_json_object_is_refused(text: bytes) -> None:
    """TOK-11, TOK-18"""
    assert reason(forged(text)) == "malformed"
    assert reason(forged(HEADER, text)) == "malformed"


def test_escaped_text_is_read() -> None:
    payload = json.dumps({**CLAIMS, "name": "Zoë 😀"})
    assert "\\ud83d" in payload
    assert verify(forged(HEADER, payload), KNOWN.get, now=NOW)["name"] == "Zoë 😀"


def test_ten_thousand_mutated_tokens_are_refused_and_raise_nothing_else() -> None:
    """TOK-18"""
    draw = random.Random(20261122)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\x00é\ud800"
    seen = set()
    for _ in range(10_000):
        letters = list(TOKEN)
        for _ in range(draw.choice((1, 1, 1, 2, 8))):
            place = draw.randrange(len(letters))
            match draw.randrange(4):
                case 0:
                    letters[place] = draw.choice(alphabet)
                case 1:
                    letters.insert(place, draw.choice(alphabet))
                case 2:
                    del letters[place]
                case _:
                    other = draw.randrange(len(letters))
                    letters[place], letters[other] = letters[other], letters[place]
        mutated = "".join(letters)
        if mutated != TOKEN:
            seen.add(reason(mutated))
    assert seen >= {"malformed", "signature", "unknown key", "algorithm"}
    assert "valid" not in seen


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.dictionaries(
    st.sampled_from(["alg", "kid", "crit", "b64", "jwk", "exp", "iat", "nbf", "x"]), JSON
)


@settings(max_examples=300, deadline=None)
@given(header=JSON | MEMBERS, payload=JSON | MEMBERS, signature=st.binary(max_size=260))
def test_no_json_in_any_place_raises_anything_else(
    header: object, payload: object, signature: bytes
) -> None:
    """TOK-18"""
    token = forged(header, payload, lambda _: signature)
    assert reason(token) != "valid"
    if isinstance(payload, dict):
        full = forged(HEADER, payload)
        assert reason(full) in {"malformed", "expired", "not yet valid", "valid"}


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(), max_size=200) | st.binary(max_size=200).map(b64))
def test_no_text_at_all_raises_anything_else(text: str) -> None:
    """TOK-18"""
    for token in (text, f"{text}.{text}.{text}", f"{TOKEN.split('.')[0]}.{text}.{text}"):
        assert reason(token) != "valid"


def test_a_fault_of_the_key_store_is_not_the_tokens() -> None:
    def broken(kid: str) -> PublicKey | None:
        raise ConnectionError(kid)

    with pytest.raises(ConnectionError):
        verify(TOKEN, broken, now=NOW)
