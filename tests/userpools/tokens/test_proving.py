"""Which tokens are tokens: forged, foreign and misused ones at the pool's own door."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from poolhouse.kernel.unit import Unit
from poolhouse.keys import signing
from poolhouse.userpools.signing.rows import ACCESS
from poolhouse.userpools.signing.rules import PUBLISHED_AHEAD, signer
from poolhouse.userpools.signing.store import SigningKeys
from tests.support.house import TestHouse
from tests.support.signing_in import Scene, claims, refused, scene_of

INVALID = ("NotAuthorizedException", "Invalid Access Token")


@pytest.fixture
def scene(sqlite_house: TestHouse) -> Scene:
    made = scene_of(sqlite_house)
    made.user("ann")
    return made


def get_user(scene: Scene, token: str) -> tuple[str, str]:
    return refused(scene.public.get_user, AccessToken=token)


def header(token: str) -> dict[str, Any]:
    part = token.split(".")[0]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def own_key(scene: Scene) -> signing.SigningKey:
    now = scene.house.clock.now()
    with Unit(scene.house.services.database) as unit:
        ring = SigningKeys(unit, scene.house.services.sealer).ring(scene.pool, now)
    return signer(ring, ACCESS, now).key


def test_the_header_is_cognito_s_and_the_two_tokens_have_two_keys(scene: Scene) -> None:
    tokens = scene.tokens("ann")
    access, identity = header(tokens["AccessToken"]), header(tokens["IdToken"])
    assert set(access) == {"kid", "alg"}
    assert len(access["kid"]) == 44
    assert access["kid"] != identity["kid"]


def test_tokens_of_another_kind_pool_or_server_are_no_access_tokens(scene: Scene) -> None:
    """TOK-05, TOK-14"""
    tokens = scene.tokens("ann")
    assert get_user(scene, tokens["IdToken"]) == INVALID
    assert get_user(scene, tokens["RefreshToken"]) == INVALID
    other = scene_of(scene.house)
    other.user("ann")
    foreign = claims(other.tokens("ann")["AccessToken"])
    key = own_key(scene)
    assert get_user(scene, signing.sign(foreign, key)) == INVALID
    mine = claims(tokens["AccessToken"])
    for change in (
        {"token_use": "id"},
        {"iss": mine["iss"] + "/"},
        {"iss": "http://localhost:8000/" + scene.pool},
        {"iss": foreign["iss"]},
    ):
        assert get_user(scene, signing.sign({**mine, **change}, key)) == INVALID
    stranger = signing.SigningKey(key.kid, signing.load(signing.generate()))
    assert get_user(scene, signing.sign(mine, stranger)) == INVALID


def test_the_algorithm_is_the_key_s_and_headers_bring_no_key(scene: Scene) -> None:
    """TOK-01, TOK-02, TOK-03 at the door; the whole corpus is in tests/keys."""
    import hashlib
    import hmac

    token = scene.tokens("ann")["AccessToken"]
    _, payload, signature = token.split(".")
    public = own_key(scene).private.public_key()
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    kid = header(token)["kid"]

    def forged(head: dict[str, Any], sign: bytes | None = None) -> str:
        raw = base64.urlsafe_b64encode(json.dumps(head).encode()).decode().rstrip("=")
        if sign is None:
            return f"{raw}.{payload}.{signature}"
        mac = hmac.new(sign, f"{raw}.{payload}".encode(), hashlib.sha256).digest()
        return f"{raw}.{payload}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    jwk = signing.public_jwk(public, kid)
    for bad in (
        forged({"alg": "none", "kid": kid}),
        f"{forged({'alg': 'none', 'kid': kid}).rsplit('.', 1)[0]}.",
        forged({"alg": "HS256", "kid": kid}, pem),
        forged({"alg": "HS256", "kid": kid}, b""),
        forged({"alg": "RS256", "kid": kid, "jwk": jwk}),
        forged({"alg": "RS256", "kid": "../x"}),
        forged({"alg": "RS256", "kid": "' OR 1=1 --"}),
        forged({"alg": "RS256", "kid": kid, "crit": ["exp"]}),
        forged({"alg": "RS512", "kid": kid}),
    ):
        assert get_user(scene, bad) == INVALID


def test_a_second_spelling_of_a_token_is_refused_or_revoked_with_it(scene: Scene) -> None:
    """TOK-04"""
    tokens = scene.tokens("ann")
    token = tokens["AccessToken"]
    last = token[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spellings = [token[:-1] + alphabet[alphabet.index(last) ^ 1], token + "=", "." + token]
    scene.public.revoke_token(Token=tokens["RefreshToken"], ClientId=scene.open)
    for spelling in spellings:
        assert get_user(scene, spelling)[0] == "NotAuthorizedException"


def test_times_and_scope_are_checked(scene: Scene) -> None:
    """TOK-06"""
    mine, key = claims(scene.tokens("ann")["AccessToken"]), own_key(scene)
    without = {name: value for name, value in mine.items() if name != "exp"}
    for bad in (without, {**mine, "exp": str(mine["exp"])}, {**mine, "exp": 1.5e9}):
        assert get_user(scene, signing.sign(bad, key))[0] == "NotAuthorizedException"
    assert get_user(scene, signing.sign({**mine, "exp": mine["iat"] - 1}, key)) == (
        "NotAuthorizedException",
        "Access Token has expired",
    )
    for scope in ("", "openid email", "xaws.cognito.signin.user.admin"):
        assert get_user(scene, signing.sign({**mine, "scope": scope}, key)) == (
            "NotAuthorizedException",
            "Access Token does not have required scopes",
        )
    assert scene.public.get_user(AccessToken=signing.sign(mine, key))


def test_tokens_live_as_long_as_the_client_says(scene: Scene) -> None:
    client = scene.client(
        AccessTokenValidity=5,
        IdTokenValidity=10,
        RefreshTokenValidity=2,
        TokenValidityUnits={
            "AccessToken": "minutes",
            "IdToken": "minutes",
            "RefreshToken": "hours",
        },
    )
    tokens = scene.tokens("ann", client=client)
    assert tokens["ExpiresIn"] == 300
    access, identity = claims(tokens["AccessToken"]), claims(tokens["IdToken"])
    assert access["exp"] - access["iat"] == 300
    assert identity["exp"] - identity["iat"] == 600
    scene.house.clock.step(301)
    assert get_user(scene, tokens["AccessToken"])[1] == "Access Token has expired"
    assert scene.refresh(tokens["RefreshToken"], client)
    scene.house.clock.step(7200)
    refused(scene.refresh, tokens["RefreshToken"], client)


def test_a_deleted_client_s_tokens_are_nothing(scene: Scene) -> None:
    """OAU-07"""
    client = scene.client()
    tokens = scene.tokens("ann", client=client)
    scene.idp.delete_user_pool_client(UserPoolId=scene.pool, ClientId=client)
    told = refused(scene.public.get_user, AccessToken=tokens["AccessToken"])
    assert told == ("NotAuthorizedException", "Access Token has been revoked")
    scene.idp.admin_delete_user(UserPoolId=scene.pool, Username="ann")
    told = refused(scene.public.get_user, AccessToken=tokens["AccessToken"])
    assert told == ("UserNotFoundException", "User does not exist.")
    refused(scene.refresh, tokens["RefreshToken"], client)


def test_keys_rotate_without_a_token_failing(scene: Scene) -> None:
    """REL-13: published, then signing, then retired when no token of theirs can live."""
    clock, services = scene.house.clock, scene.house.services
    before = scene.tokens("ann")["AccessToken"]
    with Unit(services.database) as unit:
        SigningKeys(unit, services.sealer).rotate(scene.pool, clock.now())
    clock.step(2)
    same = scene.tokens("ann")["AccessToken"]
    assert header(same)["kid"] == header(before)["kid"]
    status, _, body = scene.house.request(
        "GET", f"http://127.0.0.1:8000/{scene.pool}/.well-known/jwks.json"
    )
    published = {key["kid"] for key in json.loads(body)["keys"]}
    assert (status, len(published)) == (200, 4)
    clock.step(PUBLISHED_AHEAD)
    after = scene.tokens("ann")["AccessToken"]
    assert header(after)["kid"] != header(before)["kid"]
    assert header(after)["kid"] in published
    for token in (before, after):
        assert scene.public.get_user(AccessToken=token)
