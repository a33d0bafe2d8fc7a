"""CGN-12: SECRET_HASH, pure."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.clients.rules.secrets import (
    check_one_fewer,
    check_one_more,
    proves,
    secret_hash,
)

SECRET, USER, CLIENT = "s3cr3t", "jane", "client1"
RIGHT = secret_hash(SECRET, USER, CLIENT)


def test_the_hash_is_hmac_sha256_over_user_name_and_client_id() -> None:
    made = hmac.new(b"s3cr3t", b"janeclient1", hashlib.sha256).digest()
    assert base64.b64encode(made).decode() == RIGHT


def test_the_hash_under_any_live_secret_proves() -> None:
    assert proves(RIGHT, USER, CLIENT, [SECRET])
    assert proves(RIGHT, USER, CLIENT, ["other", SECRET])
    assert proves(RIGHT, USER, CLIENT, [SECRET, "other"])
    assert not proves(RIGHT, USER, CLIENT, ["other"])
    assert not proves(RIGHT, USER, CLIENT, [])


def test_every_secret_is_tried_even_after_one_that_proves() -> None:
    tried = []

    def secrets() -> object:
        for secret in (SECRET, "other"):
            tried.append(secret)
            yield secret

    assert proves(RIGHT, USER, CLIENT, secrets())  # type: ignore[arg-type]
    assert tried == [SECRET, "other"]


@pytest.mark.parametrize(
    "given_hash",
    [
        "",
        RIGHT[:-1],
        RIGHT + "=",
        RIGHT + "\n",
        " " + RIGHT,
        RIGHT.rstrip("="),
        RIGHT.lower(),
        RIGHT.replace("+", "-").replace("/", "_").rstrip("="),
        base64.b64decode(RIGHT).hex(),
        secret_hash(SECRET, "john", CLIENT),
        secret_hash(SECRET, USER, "client2"),
        secret_hash(SECRET, USER.upper(), CLIENT),
        "é" * 44,
        "\ud800",
    ],
)
def test_any_other_text_does_not(given_hash: str) -> None:
    assert not proves(given_hash, USER, CLIENT, [SECRET])


def test_another_spelling_of_the_same_octets_does_not_prove() -> None:
    """The last letter before the padding has two bits that base64 decoders ignore."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    place = letters.index(RIGHT[-2])
    others = {letters[place ^ bits] for bits in (1, 2, 3)}
    twins = [RIGHT[:-2] + letter + "=" for letter in others]
    assert any(base64.b64decode(twin) == base64.b64decode(RIGHT) for twin in twins)
    assert not any(proves(twin, USER, CLIENT, [SECRET]) for twin in twins)


@given(st.text(), st.text(min_size=1), st.text(min_size=1))
def test_any_text_is_judged(given_hash: str, username: str, secret: str) -> None:
    assert not proves(given_hash, username, CLIENT, [secret])


def test_a_client_has_two_secrets_at_most_and_one_at_least() -> None:
    check_one_more(has_secret=True, count=1)
    with pytest.raises(idp.LimitExceededException):
        check_one_more(has_secret=True, count=2)
    with pytest.raises(idp.InvalidParameterException):
        check_one_more(has_secret=False, count=0)
    check_one_fewer(2)
    with pytest.raises(idp.InvalidParameterException):
        check_one_fewer(1)
