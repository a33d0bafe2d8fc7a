from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from poolhouse.doors import well_known
from poolhouse.doors.well_known import MAX_AGE, WellKnown
from poolhouse.kernel.unit import Unit
from poolhouse.settings import load
from poolhouse.storage.engine import Database
from poolhouse.userpools.signing import store as signing
from poolhouse.userpools.signing.rules import LONGEST_TOKEN, PUBLISHED_AHEAD, signer
from poolhouse.userpools.signing.store import RING_SECONDS, SigningKeys
from poolhouse.userpools.tokens.issuer import issuer
from tests.doors.furnishing import POOL, add_pool
from tests.support.house import ENDPOINT, TestHouse

JWKS = f"{ENDPOINT}/{POOL}/.well-known/jwks.json"
DISCOVERY = f"{ENDPOINT}/{POOL}/.well-known/openid-configuration"
HOSTILE = {
    "host": "evil.test",
    "x-forwarded-host": "evil.test",
    "x-forwarded-proto": "gopher",
    "x-forwarded-prefix": "/evil",
    "x-forwarded-for": "6.6.6.6",
    "forwarded": "host=evil.test;proto=gopher",
    "x-original-url": "/evil",
    "x-http-method-override": "DELETE",
    "origin": "https://evil.test",
}


def keys(house: TestHouse) -> list[dict[str, Any]]:
    status, _, body = house.request("GET", JWKS)
    assert status == 200
    found: list[dict[str, Any]] = json.loads(body)["keys"]
    return found


def test_the_discovery_document_has_the_members_of_cognitos(sqlite_house: TestHouse) -> None:
    add_pool(sqlite_house)
    status, fields, body = sqlite_house.request("GET", DISCOVERY)
    document = json.loads(body)
    assert status == 200
    assert fields["content-type"] == "application/json"
    assert set(document) == {
        "authorization_endpoint",
        "end_session_endpoint",
        "id_token_signing_alg_values_supported",
        "issuer",
        "jwks_uri",
        "response_types_supported",
        "revocation_endpoint",
        "scopes_supported",
        "subject_types_supported",
        "token_endpoint",
        "token_endpoint_auth_methods_supported",
        "userinfo_endpoint",
    }
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]
    assert document["token_endpoint"] == f"{ENDPOINT}/oauth2/token"


def test_the_issuer_is_the_address_the_document_was_fetched_from(sqlite_house: TestHouse) -> None:
    """OAU-25 (OpenID Connect Discovery 4.3): the same string as in tokens, to the character."""
    add_pool(sqlite_house)
    document = json.loads(sqlite_house.request("GET", DISCOVERY)[2])
    assert document["issuer"] == issuer(sqlite_house.settings, POOL)
    assert document["issuer"] + "/.well-known/openid-configuration" == DISCOVERY
    assert document["jwks_uri"] == JWKS


@pytest.mark.parametrize("address", [JWKS, DISCOVERY])
def test_no_header_of_a_request_changes_what_is_published(
    sqlite_house: TestHouse, address: str
) -> None:
    """SES-02, OAU-25: a hostile Host cannot poison the document nor a cache of it."""
    add_pool(sqlite_house)
    plain = sqlite_house.request("GET", address)
    assert sqlite_house.request("GET", address, HOSTILE) == plain
    doubled = [(b"host", b"127.0.0.1:8000"), (b"host", b"evil.test")]
    assert sqlite_house.raw_request("GET", address, doubled) == plain
    assert b"evil" not in plain[2]


def test_the_public_url_is_what_all_addresses_begin_with() -> None:
    """SES-02: from the configuration alone."""
    document = well_known.document(load({}, public_url="https://id.example.test/auth/"), POOL)
    addresses = [
        value for name, value in document.items() if name.endswith(("endpoint", "uri", "issuer"))
    ]
    assert len(addresses) == 7
    assert all(one.startswith("https://id.example.test/auth/") for one in addresses)
    assert "//auth//" not in str(document)


def test_the_key_set_holds_public_keys_for_both_uses_and_nothing_else(house: TestHouse) -> None:
    add_pool(house)
    found = keys(house)
    assert len(found) == 2
    assert len({key["kid"] for key in found}) == 2
    for key in found:
        assert set(key) == {"alg", "e", "kid", "kty", "n", "use"}
        assert (key["alg"], key["kty"], key["use"]) == ("RS256", "RSA", "sig")


def test_a_rotated_key_is_published_before_it_signs_and_after_it_has(house: TestHouse) -> None:
    """REL-13: publish, wait, sign, retire; no step takes away a key that a live token needs."""
    add_pool(house)
    before = {key["kid"] for key in keys(house)}
    with Unit(house.services.database) as unit:
        SigningKeys(unit, house.services.sealer).rotate(POOL, house.clock.now())
    house.clock.step(RING_SECONDS)
    during = {key["kid"] for key in keys(house)}
    assert before < during
    assert len(during) == 4
    assert _signers(house) == before
    house.clock.step(PUBLISHED_AHEAD)
    assert _signers(house) == during - before
    assert {key["kid"] for key in keys(house)} == during
    house.clock.step(LONGEST_TOKEN - RING_SECONDS)
    assert {key["kid"] for key in keys(house)} == during - before


def _signers(house: TestHouse) -> set[str]:
    now = house.clock.now()
    with Unit(house.services.database) as unit:
        ring = SigningKeys(unit, house.services.sealer).ring(POOL, now)
    return {signer(ring, use, now).key.kid for use in ("id", "access")}


def test_no_copy_of_the_key_set_grows_older_than_a_new_key_waits() -> None:
    """REL-13: once in a shared cache, once more with a client that counts anew."""
    assert 2 * MAX_AGE + RING_SECONDS <= PUBLISHED_AHEAD


@pytest.mark.parametrize("address", [JWKS, DISCOVERY])
def test_what_is_published_may_be_cached_and_read_from_any_origin(
    sqlite_house: TestHouse, address: str
) -> None:
    add_pool(sqlite_house)
    _, fields, body = sqlite_house.request("GET", address)
    assert fields["cache-control"] == f"public, max-age={MAX_AGE}"
    assert fields["access-control-allow-origin"] == "*"
    assert "vary" not in fields
    assert "set-cookie" not in fields
    tag = fields["etag"]
    for told in (tag, f'W/{tag}, "other"', f'"other", {tag}', "*"):
        status, again, nothing = sqlite_house.request("GET", address, {"if-none-match": told})
        assert (status, nothing) == (304, b"")
        assert again["etag"] == tag
        assert again["cache-control"] == fields["cache-control"]
    assert sqlite_house.request("GET", address, {"if-none-match": '"other"'})[2] == body


def test_head_answers_the_same_fields_without_a_body(sqlite_house: TestHouse) -> None:
    add_pool(sqlite_house)
    status, fields, body = sqlite_house.request("GET", JWKS)
    assert sqlite_house.request("HEAD", JWKS) == (status, fields, b"")
    assert int(fields["content-length"]) == len(body)


def test_a_preflight_is_answered_and_may_be_cached(sqlite_house: TestHouse) -> None:
    asking = {"origin": "https://app.test", "access-control-request-method": "GET"}
    status, fields, _ = sqlite_house.request("OPTIONS", JWKS, asking)
    assert status == 204
    assert fields["access-control-allow-origin"] == "*"
    assert fields["access-control-allow-methods"] == "GET, HEAD"
    assert int(fields["access-control-max-age"]) > 0


@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW"])
def test_other_verbs_are_refused_with_those_that_are_allowed(
    sqlite_house: TestHouse, verb: str
) -> None:
    """NET-08"""
    add_pool(sqlite_house)
    for address in (JWKS, DISCOVERY):
        status, fields, _ = sqlite_house.request(verb, address)
        assert status == 405
        assert fields["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "name",
    [
        "us-east-1_Nowhere00",
        "US-EAST-1_DOORS0001",
        "cognito",
        "_",
        "a_b" * 40,
        "us-east-1_Doors0001%00",
        "us-east-1_Doors0001%0A",
        "%2e%2e",
        "us-east-1_D%C3%A9",
        "'%20or%20'1'='1",
    ],
)
def test_a_pool_that_is_not_there_has_nothing_published(sqlite_house: TestHouse, name: str) -> None:
    add_pool(sqlite_house)
    for file in ("jwks.json", "openid-configuration"):
        address = f"{ENDPOINT}/{name}/.well-known/{file}"
        status, fields, body = sqlite_house.request("GET", address)
        assert status == 404
        assert json.loads(body)["code"] == "BadRequest"
        assert fields["cache-control"] == "no-store"
        assert fields["access-control-allow-origin"] == "*"


def test_unknown_pools_do_not_push_known_keys_out_of_memory(sqlite_house: TestHouse) -> None:
    """NET-07"""
    add_pool(sqlite_house)
    keys(sqlite_house)
    before = list(signing._memories[sqlite_house.services.sealer].rings)
    for number in range(50):
        sqlite_house.request("GET", f"{ENDPOINT}/us-east-1_{number}/.well-known/jwks.json")
    assert list(signing._memories[sqlite_house.services.sealer].rings) == before


def test_a_database_that_cannot_be_read_is_an_outage_without_details(
    sqlite_house: TestHouse, tmp_path: Path
) -> None:
    """LOG-04"""
    broken = Database(f"sqlite:///{tmp_path}")
    services = replace(sqlite_house.services, database=broken)
    front = type(sqlite_house.application)(
        sqlite_house.application._aws, WellKnown(services).routes
    )
    usual, sqlite_house.application = sqlite_house.application, front
    status, fields, body = sqlite_house.request("GET", JWKS)
    sqlite_house.application = usual
    assert status == 503
    assert json.loads(body) == {"code": "InternalError", "message": "Try again in a moment."}
    assert fields["cache-control"] == "no-store"
