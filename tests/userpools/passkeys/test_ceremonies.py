"""Both ceremonies against every defect that a browser or an authenticator could show."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.authenticator import BE, BS, UP, UV, Authenticator, b64
from tests.support.house import TestHouse
from tests.support.signing_in import claims, refused
from tests.userpools.passkeys.scene import (
    NOT_BEGUN,
    ORIGIN,
    USED,
    WRONG,
    Keyring,
    options_of,
    outcome,
)

OTHER = "elsewhere.example"
NOT_ALLOWED, MISMATCH = (
    "WebAuthnOriginNotAllowedException",
    "WebAuthnRelyingPartyMismatchException",
)
UNSUPPORTED, INVALID = (
    "WebAuthnCredentialNotSupportedException",
    "InvalidParameterException",
)
# A defect of the client data or of the flags, and what a registration with it is refused as.
DEFECTS: dict[str, tuple[dict[str, Any], str]] = {
    "type of a sign-in": ({"client": {"type": "webauthn.get"}}, INVALID),
    "type of nothing": ({"client": {"type": "payment.get"}}, INVALID),
    "another challenge": ({"client": {"challenge": b64(bytes(32))}}, NOT_BEGUN),
    "no challenge": ({"client": {"challenge": ""}}, INVALID),
    "another origin": ({"client": {"origin": f"https://{OTHER}"}}, NOT_ALLOWED),
    "another relying party": ({"rp_id": OTHER}, MISMATCH),
    "nobody there": ({"flags": UV}, UNSUPPORTED),
    "backed up though it cannot be": ({"flags": UP | UV | BS}, UNSUPPORTED),
    "inside another page": ({"client": {"crossOrigin": True}}, NOT_ALLOWED),
    "below another page": ({"client": {"topOrigin": f"https://{OTHER}"}}, NOT_ALLOWED),
}
GET = {"type of a sign-in": {"client": {"type": "webauthn.create"}}}
# What an answer with it is refused as, to whomever.
TOLD = {
    "type of a sign-in": "The passkey's answer is to another request.",
    "type of nothing": "The passkey's answer is to another request.",
    "another challenge": "The passkey's answer is to another challenge.",
    "no challenge": "Invalid passkey credential: encoding.",
    "another origin": "The origin is not allowed for the relying party example.com.",
    "another relying party": "The passkey is of another relying party than example.com.",
    "nobody there": "The passkey is not accepted: the user was not present.",
    "backed up though it cannot be": (
        "The passkey is not accepted: it cannot be backed up, and is."
    ),
    "inside another page": "The origin is not allowed for the relying party example.com.",
    "below another page": "The origin is not allowed for the relying party example.com.",
}
# Scheme, host and port are exact; nothing near is taken for it.
ORIGINS = [
    "http://example.com",
    "https://example.com:8443",
    "https://example.com:443",
    "https://login.example.com",
    "https://example.com.evil.example",
    "https://evilexample.com",
    "https://com",
    "https://EXAMPLE.com",
    "https://example.com/",
    "https://user@example.com",
    "https://xn--exmple-cua.com",
    "null",
    "",
    "file://",
    "android:apk-key-hash:" + "A" * 43,
    "ios:bundle-id:com.example",
    "http://localhost",
    "http://localhost:3000",
]


@pytest.fixture
def ring(house: TestHouse) -> Keyring:
    return Keyring(house)


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_registration_with_one_defect_is_refused(ring: Keyring, defect: str) -> None:
    """WAN-01: and the challenge is gone, so that it cannot be tried again."""
    odds, expected = DEFECTS[defect]
    token, phone = ring.token(), Authenticator(ORIGIN)
    options = ring.start(token)
    assert outcome(ring.complete, token, phone.create(options, **odds)) == expected
    assert outcome(ring.complete, token, phone.create(options)) == NOT_BEGUN
    assert ring.listed(token) == []


@pytest.mark.parametrize("defect", DEFECTS)
def test_an_answer_with_one_defect_is_refused(ring: Keyring, defect: str) -> None:
    """WAN-01: and the session is gone with its challenge."""
    odds = GET.get(defect, DEFECTS[defect][0])
    phone = ring.enrol()
    asked = ring.ask()
    code = INVALID if defect == "no challenge" else "NotAuthorizedException"
    wrong = refused(ring.answer, asked, phone.get(options_of(asked), **odds))
    assert wrong == (code, TOLD[defect])
    assert refused(ring.answer, asked, phone.get(options_of(asked))) == USED
    assert ring.sign_in(phone)["AuthenticationResult"]


def test_a_challenge_is_good_for_minutes_and_for_one_registration(ring: Keyring) -> None:
    """WAN-01"""
    token, phone = ring.token(), Authenticator(ORIGIN)
    late = ring.start(token)
    ring.house.clock.step(301)
    assert outcome(ring.complete, token, phone.create(late)) == NOT_BEGUN
    assert outcome(ring.complete, token, phone.create(late)) == NOT_BEGUN
    older, newer = ring.start(token), ring.start(token)
    assert older["challenge"] != newer["challenge"]
    assert outcome(ring.complete, token, phone.create(older)) == NOT_BEGUN
    made = phone.create(ring.start(token))
    assert outcome(ring.complete, token, made) == "ok"
    assert outcome(ring.complete, token, made) == NOT_BEGUN
    assert len(ring.listed(token)) == 1


def test_a_challenge_is_of_one_user_client_and_session(ring: Keyring) -> None:
    """WAN-01"""
    token, phone = ring.token(), Authenticator(ORIGIN)
    ring.scene.user("bob")
    bob = ring.token("bob")
    options = ring.start(token)
    assert outcome(ring.complete, bob, phone.create(options)) == NOT_BEGUN
    elsewhere = ring.token(client=ring.scene.open)
    assert outcome(ring.complete, elsewhere, phone.create(options)) == (
        "WebAuthnClientMismatchException"
    )
    options = ring.start(token)
    assert outcome(ring.complete, ring.token(), phone.create(options)) == NOT_BEGUN
    assert ring.listed(token) == ring.listed(bob) == []


def test_a_challenge_of_one_ceremony_is_none_of_the_other(ring: Keyring) -> None:
    """WAN-01"""
    token = ring.token()
    phone = ring.enrol(token=token)
    asked = ring.ask()
    given = {"challenge": ring.start(token)["challenge"]}
    answer = phone.get(options_of(asked), client=given)
    assert outcome(ring.answer, asked, answer) == "NotAuthorizedException"
    made = phone.create({**ring.start(token), "challenge": options_of(ring.ask())["challenge"]})
    assert outcome(ring.complete, token, made) == NOT_BEGUN


def test_a_challenge_of_one_sign_in_is_none_of_another(ring: Keyring) -> None:
    """WAN-01"""
    phone = ring.enrol()
    one, other = ring.ask(), ring.ask()
    assert options_of(one)["challenge"] != options_of(other)["challenge"]
    assert outcome(ring.answer, one, phone.get(options_of(other))) == "NotAuthorizedException"
    assert ring.answer(other, phone.get(options_of(other)))["AuthenticationResult"]
    late = ring.ask()
    ring.house.clock.step(181)
    assert refused(ring.answer, late, phone.get(options_of(late))) == (
        "NotAuthorizedException",
        "Invalid session for the user, session is expired.",
    )


def together(task: Callable[[], str], times: int = 8) -> list[str]:
    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(task) for _ in range(times)]]


@pytest.mark.parametrize("counts", [True, False])
def test_of_parallel_answers_one_signs_in(ring: Keyring, counts: bool) -> None:
    """WAN-01: with a counter, and without."""
    phone = ring.enrol(Authenticator(ORIGIN, counts=counts))
    for _ in range(3):
        asked = ring.ask()
        credential = phone.get(options_of(asked))
        got = together(lambda a=asked, c=credential: outcome(ring.answer, a, c))  # type: ignore[misc]
        assert sorted(got) == ["NotAuthorizedException"] * 7 + ["ok"]


def test_of_parallel_registrations_one_is_kept(ring: Keyring) -> None:
    """WAN-01"""
    token = ring.token()
    for done in range(1, 4):
        made = Authenticator(ORIGIN).create(ring.start(token))
        got = together(lambda m=made: outcome(ring.complete, token, m))  # type: ignore[misc]
        assert sorted(got) == [NOT_BEGUN] * 7 + ["ok"]
        assert len(ring.listed(token)) == done


@pytest.mark.parametrize("origin", ORIGINS)
def test_an_origin_is_one_of_the_list_or_refused(sqlite_house: TestHouse, origin: str) -> None:
    """WAN-07"""
    ring = Keyring(sqlite_house)
    token, phone = ring.token(), Authenticator(ORIGIN)
    made = phone.create(ring.start(token), client={"origin": origin})
    assert outcome(ring.complete, token, made) == NOT_ALLOWED
    ring.enrol(phone, token=token)
    asked = ring.ask()
    answer = phone.get(options_of(asked), client={"origin": origin})
    assert outcome(ring.answer, asked, answer) == "NotAuthorizedException"


# whose it is ----------------------------------------------------------------------------
def test_a_passkey_signs_in_nobody_but_its_user(ring: Keyring) -> None:
    """WAN-03: whatever the options allowed, and whatever user handle it shows."""
    ring.scene.user("bob")
    ann, bob = ring.enrol(name="ann"), ring.enrol(name="bob")
    (key,), (of_bob,) = ann.keys.values(), bob.keys.values()
    for handle in (b64(of_bob.user_handle), b64(key.user_handle), None):
        asked = ring.ask("bob")
        answer = ann.use(key, options_of(asked), response={"userHandle": handle})
        assert refused(ring.answer, asked, answer, "bob") == WRONG
    asked = ring.ask("bob")
    renamed = ann.use(key, options_of(asked), outer={"id": of_bob.name, "rawId": of_bob.name})
    assert refused(ring.answer, asked, renamed, "bob") == WRONG
    assert ring.sign_in(bob, "bob")["AuthenticationResult"]


def test_the_user_handle_is_the_users_or_absent(ring: Keyring) -> None:
    """WAN-03"""
    phone = ring.enrol()
    (key,) = phone.keys.values()
    for handle in (b64(b"another"), b64(key.user_handle[:-1]), b64(key.user_handle + b"0")):
        asked = ring.ask()
        answer = phone.get(options_of(asked), response={"userHandle": handle})
        assert refused(ring.answer, asked, answer) == WRONG
    asked = ring.ask()
    answer = phone.get(options_of(asked), response={"userHandle": None})
    assert ring.answer(asked, answer)["AuthenticationResult"]


def test_a_forged_signature_or_key_is_refused(ring: Keyring) -> None:
    """WAN-03"""
    phone = ring.enrol()
    (key,) = phone.keys.values()
    stranger = Authenticator(ORIGIN)
    stranger.create({"rp": {"id": "example.com"}, "user": {"id": "YQ"}, "challenge": "YQ"})
    (strange,) = stranger.keys.values()
    strange.id, strange.user_handle = key.id, key.user_handle
    asked = ring.ask()
    assert refused(ring.answer, asked, stranger.use(strange, options_of(asked))) == WRONG
    for signature in (b"\x00", key.sign(b"something else"), bytes(72)):
        asked = ring.ask()
        answer = phone.get(options_of(asked), signature=signature)
        assert refused(ring.answer, asked, answer) == WRONG
    asked = ring.ask()
    answer = phone.get(options_of(asked), late_data=lambda data: data[:-1] + b"\xff")
    assert refused(ring.answer, asked, answer) == WRONG


def test_what_cannot_be_backed_up_does_not_become_what_can(ring: Keyring) -> None:
    """WAN-03: WebAuthn, 7.2, step 18"""
    phone, cloud = ring.enrol(), Authenticator(ORIGIN, synced=True)
    asked = ring.ask()
    answer = phone.get(options_of(asked), flags=UP | UV | BE)
    assert refused(ring.answer, asked, answer) == WRONG
    ring.enrol(cloud)
    assert ring.sign_in(cloud, flags=UP | UV | BE)["AuthenticationResult"]


# the counter ----------------------------------------------------------------------------
COUNTS = {
    (0, 0): True,
    (0, 1): True,
    (0, 2**32 - 1): True,
    (5, 6): True,
    (5, 900): True,
    (5, 5): False,
    (5, 4): False,
    (5, 0): False,
    (2**32 - 1, 1): False,
}


@pytest.mark.parametrize(("kept", "shown"), COUNTS)
def test_a_counter_that_does_not_grow_is_a_copy(
    ring: Keyring, kept: int, shown: int, caplog: pytest.LogCaptureFixture
) -> None:
    """WAN-04: a counter of nought is none, as synced keys have it."""
    right = COUNTS[kept, shown]
    token, phone = ring.token(), Authenticator(ORIGIN)
    ring.complete(token, phone.create(ring.start(token), count=kept))
    asked = ring.ask()
    got = outcome(ring.answer, asked, phone.get(options_of(asked), count=shown))
    assert got == ("ok" if right else "NotAuthorizedException")
    assert ("did not grow" in caplog.text) is not right
    (row,) = ring.kept(claims(token)["sub"])
    assert row.sign_count == (shown if right else kept)


def test_of_parallel_sign_ins_with_one_counter_one_is_right(ring: Keyring) -> None:
    """WAN-04: the database decides, not who has read first."""
    phone = ring.enrol()
    (key,) = phone.keys.values()
    for count in range(10, 40, 10):
        answers = []
        for _ in range(6):
            asked = ring.ask()
            answers.append((asked, phone.use(key, options_of(asked), count=count)))
        with ThreadPoolExecutor(6) as pool:
            got = list(pool.map(lambda each: outcome(ring.answer, *each), answers))
        assert sorted(got) == ["NotAuthorizedException"] * 5 + ["ok"]


# the policy -----------------------------------------------------------------------------
def test_user_verification_is_the_pools_to_demand(house: TestHouse) -> None:
    """WAN-02: and WAN-10: not the client's to take back."""
    ring = Keyring(house, UserVerification="required")
    token, touch = ring.token(), Authenticator(ORIGIN, verifies=False)
    options = ring.start(token)
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert outcome(ring.complete, token, touch.create(options)) == UNSUPPORTED
    phone = ring.enrol(token=token)
    asked = ring.ask()
    assert options_of(asked)["userVerification"] == "required"
    lenient = {**options_of(asked), "userVerification": "discouraged"}
    phone.verifies = False
    error, message = refused(ring.answer, asked, phone.get(lenient))
    assert error == "NotAuthorizedException" and "not verified" in message


@pytest.mark.parametrize(
    "key",
    [
        {3: -8},  # EdDSA was not offered
        {3: -36},
        {3: -65535},
        {3: None},
        {1: 3},  # an RSA key that says ES256
        {-1: 2},  # P-384
        {-2: bytes(31)},
        {-2: bytes(32)},  # not on the curve
        {-3: None},
        {-3: True},
        {2: b"a key id"},
        {4: [1, 2]},
    ],
)
def test_a_key_that_was_not_offered_is_refused(
    sqlite_house: TestHouse, key: dict[int, Any]
) -> None:
    """WAN-02, WAN-06"""
    ring = Keyring(sqlite_house)
    token = ring.token()
    made = Authenticator(ORIGIN).create(ring.start(token), key=key)
    assert outcome(ring.complete, token, made) == UNSUPPORTED
    assert ring.listed(token) == []


def test_a_credential_id_is_registered_once_in_a_pool(ring: Keyring) -> None:
    """WAN-02: neither for the same user nor for another."""
    token, phone = ring.token(), Authenticator(ORIGIN)
    ring.enrol(phone, token=token)
    (known,) = phone.keys.values()
    ring.scene.user("bob")
    for who in (token, ring.token("bob")):
        twin = Authenticator(ORIGIN)
        made = twin.create(
            ring.start(who),
            data_raw=lambda data: data[:55] + known.id + data[87:],
            outer={"id": known.name, "rawId": known.name},
        )
        assert outcome(ring.complete, who, made) == UNSUPPORTED
    assert len(ring.listed(token)) == 1
    assert ring.sign_in(phone)["AuthenticationResult"]


def test_answers_that_cannot_be_read_are_refused_as_such(ring: Keyring) -> None:
    """WAN-06: and the next one is judged as ever."""
    phone = ring.enrol()
    whole = json.loads(phone.get(options_of(ring.ask())))
    for odd in (
        "{", "[]", "null", "1", '"text"', "[" * 5000, "{}", '{"type":"public-key"}',
        json.dumps({**whole, "rawId": "AAAA"}),
        json.dumps({**whole, "response": []}),
        json.dumps({**whole, "type": "password"}),
        json.dumps({**whole, "response": {**whole["response"], "signature": 7}}),
        json.dumps(whole)[:-1] + ',"id":"AAAA"}',
        json.dumps({**whole, "more": "x" * 40_000}),
    ):  # fmt: skip
        asked = ring.ask()
        assert outcome(ring.answer, asked, odd) == INVALID, odd[:60]
    assert ring.sign_in(phone)["AuthenticationResult"]
