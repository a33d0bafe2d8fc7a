"""Where tokens may stand: in bodies that nobody keeps, never in an address or a log."""

from __future__ import annotations

import json
import logging

import pytest

from poolhouse.kernel.unit import Unit
from poolhouse.keys import signing
from poolhouse.userpools.signing.rows import ACCESS
from poolhouse.userpools.signing.rules import signer
from poolhouse.userpools.signing.store import SigningKeys
from tests.keys.forging import forged
from tests.support.house import ENDPOINT, TestHouse
from tests.support.signing_in import PASSWORD, Scene, claims, refused, scene_of

TARGET = "AWSCognitoIdentityProviderService."
JSON = "application/x-amz-json-1.1"


@pytest.fixture
def scene(sqlite_house: TestHouse) -> Scene:
    made = scene_of(sqlite_house)
    made.user("ann")
    return made


def sign_in(scene: Scene, password: str = PASSWORD) -> bytes:
    given = {"USERNAME": "ann", "PASSWORD": password}
    asked = {"ClientId": scene.open, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": given}
    return json.dumps(asked).encode()


def test_no_answer_with_tokens_or_a_refusal_is_kept_by_anybody(scene: Scene) -> None:
    """SES-11"""
    headers = {"x-amz-target": TARGET + "InitiateAuth", "content-type": JSON}
    for password, expected in ((PASSWORD, 200), ("wrong", 400)):
        for path in ("/", "/cognito-idp/InitiateAuth"):
            status, fields, _ = scene.house.request(
                "POST", ENDPOINT + path, headers, sign_in(scene, password)
            )
            assert status == expected
            assert fields["cache-control"] == "no-store"
            assert fields["x-content-type-options"] == "nosniff"


def test_nothing_secret_is_taken_from_an_address(scene: Scene) -> None:
    """SES-14"""
    token = scene.tokens("ann")["AccessToken"]
    query = f"AccessToken={token}&Action=GetUser&X-Amz-Target={TARGET}GetUser"
    for path in (f"/cognito-idp/GetUser?{query}", f"/cognito-idp/InitiateAuth?{query}"):
        assert scene.house.request("GET", ENDPOINT + path)[0] == 405
    headers = {"x-amz-target": TARGET + "GetUser", "content-type": JSON}
    for verb in ("GET", "POST"):
        status, _, body = scene.house.request(verb, f"{ENDPOINT}/?{query}", headers, b"{}")
        assert status >= 400
        assert b"ann" not in body


def test_a_log_holds_no_password_and_no_token(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """SES-14"""
    caplog.set_level(logging.DEBUG, logger="poolhouse")
    tokens = scene.tokens("ann")
    scene.refresh(tokens["RefreshToken"])
    scene.public.get_user(AccessToken=tokens["AccessToken"])
    refused(scene.sign_in, "ann", "Wrong-Password-1!")
    refused(scene.public.get_user, AccessToken=tokens["IdToken"])
    scene.public.revoke_token(Token=tokens["RefreshToken"], ClientId=scene.open)
    told = "".join(str(vars(record)) for record in caplog.records)
    assert "InitiateAuth" in told
    secrets = [PASSWORD, "Wrong-Password-1!"]
    secrets += [tokens[name] for name in ("AccessToken", "IdToken", "RefreshToken")]
    assert not [secret for secret in secrets if secret in told or secret[-40:] in told]


def test_a_claim_that_stands_twice_makes_a_token_nothing(scene: Scene) -> None:
    """TOK-11: signed with the pool's own key, so only the reading can refuse it."""
    found, services = claims(scene.tokens("ann")["AccessToken"]), scene.house.services
    with Unit(services.database) as unit:
        ring = SigningKeys(unit, services.sealer).ring(scene.pool, scene.house.clock.now())
    key = signer(ring, ACCESS, scene.house.clock.now()).key
    text = json.dumps(found)
    head = json.dumps({"kid": key.kid, "alg": "RS256"})

    def signed(header: str, payload: str) -> str:
        return forged(header, payload, sign)

    def sign(message: bytes) -> bytes:
        return key.private.sign(message, signing.PADDING, signing.HASHES["RS256"])

    assert scene.public.get_user(AccessToken=signed(head, text))["Username"] == "ann"
    others = (("exp", 1), ("sub", "x"), ("token_use", "id"), ("scope", "openid"))
    for name, other in others:
        for more in (found[name], other):
            extra = f"{json.dumps(name)}: {json.dumps(more)}"
            for payload in (f"{{{extra}, {text[1:]}", f"{text[:-1]}, {extra}}}"):
                refusal = refused(scene.public.get_user, AccessToken=signed(head, payload))
                assert refusal == ("NotAuthorizedException", "Invalid Access Token")
    twice = f'{head[:-1]}, "alg": "RS256"}}'
    refused(scene.public.get_user, AccessToken=signed(twice, text))
