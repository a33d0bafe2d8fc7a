"""OpenID tokens of identity pools: what they say, whom they are given to, who takes them."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest

from poolhouse.contract import cognito_identity as cid
from poolhouse.identitypools.openid.publishing import discovery, issuer, jwks
from poolhouse.identitypools.openid.rules import check_basic_flow
from poolhouse.identitypools.openid.store import OpenIdKeys
from poolhouse.identitypools.pools.rows import IdentityPool, Roles
from poolhouse.kernel.unit import Unit
from poolhouse.settings import load
from tests.identitypools.people import (
    AUTH,
    Federation,
    add_role,
    admit,
    claims,
    federation,
    refusal,
    trust,
)
from tests.support.house import ENDPOINT, TestHouse

ISSUER = f"{ENDPOINT}/cognito-identity.amazonaws.com"
NOT_ENABLED = (
    "InvalidParameterException",
    "Basic (classic) flow is not enabled, please use enhanced flow.",
)


def token_of(fed: Federation, identity_id: str, logins: Any = None) -> str:
    given = {"Logins": logins} if logins else {}
    answer = fed.public.get_open_id_token(IdentityId=identity_id, **given)
    assert answer["IdentityId"] == identity_id
    return str(answer["Token"])


def published(house: TestHouse) -> list[dict[str, str]]:
    with Unit(house.services.database) as unit:
        keys: list[dict[str, str]] = jwks(house.services, unit, house.clock.now())["keys"]
        return keys


def test_a_token_says_who_its_bearer_is_and_any_verifier_can_check_it(house: TestHouse) -> None:
    fed = federation(house, AllowClassicFlow=True)
    people, guest = fed.people, fed.get_id()
    alice = people.user("alice")
    hers = fed.get_id(Logins=people.logins(alice))
    amr = ["authenticated", people.provider, f"{people.provider}:CognitoSignIn:{alice.sub}"]
    for identity_id, logins, expected in (
        (hers, people.logins(alice), amr),
        (guest, None, ["unauthenticated"]),
    ):
        token = token_of(fed, identity_id, logins)
        (key,) = [jwt.PyJWK(each) for each in published(house)]
        said = jwt.decode(token, key, algorithms=["RS512"], audience=fed.pool_id, issuer=ISSUER)
        assert said["sub"] == identity_id and said["amr"] == expected
        assert said["exp"] - said["iat"] == 600
        assert set(said) == {"sub", "aud", "amr", "iss", "exp", "iat"}
        header = jwt.get_unverified_header(token)
        assert (header["typ"], header["alg"]) == ("JWS", "RS512")
    spoken = discovery(house.settings)
    assert spoken["issuer"] == ISSUER == issuer(house.settings)
    assert spoken["jwks_uri"] == f"{ISSUER}/.well-known/jwks_uri"
    assert spoken["id_token_signing_alg_values_supported"] == ["RS512"]


def test_the_issuer_comes_from_the_configuration(tmp_path: Path) -> None:
    """SES-02"""
    settings = load({}, data_dir=tmp_path, public_url="https://id.example.com/auth/")
    assert issuer(settings) == "https://id.example.com/auth/cognito-identity.amazonaws.com"


def test_a_guest_who_signs_in_by_the_basic_flow_goes_up_too(house: TestHouse) -> None:
    fed = federation(house, AllowClassicFlow=True)
    alice = fed.people.user("alice")
    guest = fed.get_id()
    token_of(fed, guest, fed.people.logins(alice))  # new: the guest's id stays
    assert fed.get_id(Logins=fed.people.logins(alice)) == guest
    second = fed.get_id()
    answer = fed.public.get_open_id_token(IdentityId=second, Logins=fed.people.logins(alice))
    assert answer["IdentityId"] == guest == claims(answer["Token"])["sub"]


def test_the_basic_flow_is_off_where_it_would_get_round_the_enhanced_one(
    house: TestHouse,
) -> None:
    """IDP-01: off by default for guests, and past role mappings; off altogether when told so."""
    fed = federation(house)
    logins = fed.people.logins(fed.people.user("alice"))
    hers, guest = fed.get_id(Logins=logins), fed.get_id()
    ask = fed.public.get_open_id_token
    assert refusal(ask, IdentityId=guest) == NOT_ENABLED
    token_of(fed, hers, logins)
    mapping = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
    fed.admin.set_identity_pool_roles(
        IdentityPoolId=fed.pool_id,
        Roles={"authenticated": AUTH},
        RoleMappings={f"{fed.people.provider}:{fed.people.client.id}": mapping},
    )
    assert refusal(ask, IdentityId=hers, Logins=logins) == NOT_ENABLED
    off = federation(house, fed.people, AllowClassicFlow=False)
    identity_id = off.get_id(Logins=logins)
    assert refusal(ask, IdentityId=identity_id, Logins=logins) == NOT_ENABLED


@pytest.mark.parametrize(
    ("allowed", "mapped", "guest", "served"),
    [
        (True, True, True, True),
        (False, False, False, False),
        (None, False, False, True),
        (None, False, True, False),
        (None, True, False, False),
    ],
)
def test_who_is_served_by_the_basic_flow(
    allowed: bool | None, mapped: bool, guest: bool, served: bool
) -> None:
    """IDP-01"""
    settings = cid.IdentityPool(
        allow_unauthenticated_identities=True,
        identity_pool_id="x:0",
        identity_pool_name="p",
        allow_classic_flow=allowed,
    )
    pool = IdentityPool("x:0", "x", settings, 1, 1.0, 1.0)
    if mapped:
        pool = replace(pool, roles=Roles(role_mappings={"p": cid.RoleMapping(type="Token")}))
    if served:
        check_basic_flow(pool, guest=guest)
    else:
        with pytest.raises(cid.InvalidParameterException):
            check_basic_flow(pool, guest=guest)


def assume(fed: Federation, token: str, **more: Any) -> Any:
    return fed.house.unsigned("sts").assume_role_with_web_identity(
        RoleArn=AUTH, RoleSessionName="web", WebIdentityToken=token, **more
    )


def test_sts_takes_only_tokens_that_still_hold(house: TestHouse) -> None:
    """TOK-05, TOK-07: forged, foreign and unlinked ones are refused."""
    fed = federation(house, AllowClassicFlow=True)
    admit(house, fed)
    people = fed.people
    logins = people.logins(people.user("alice"))
    hers = fed.get_id(Logins=logins)
    token = token_of(fed, hers, logins)
    assert assume(fed, token)["SubjectFromWebIdentityToken"] == hers

    head, body, signature = token.split(".")
    said = json.dumps({**claims(token), "amr": ["authenticated", "x"]}).encode()
    forged = base64.urlsafe_b64encode(said).decode().rstrip("=")
    id_token = logins[people.provider]
    for wrong, words in (
        (f"{head}.{forged}.{signature}", "could not be verified"),
        (f"{head}.{body}.{signature[::-1]}", "could not be verified"),
        (id_token, f"No OpenIDConnect provider found in your account for {people.issuer}"),
        ("garbage", "not a valid JWT"),
        ("[" * 20000, "not a valid JWT"),
    ):
        code, message = refusal(assume, fed=fed, token=wrong)
        assert code == "InvalidIdentityToken" and words in message
    code, _ = refusal(assume, fed=fed, token=token, ProviderId="graph.facebook.com")
    assert code == "InvalidIdentityToken"

    unlink = {"Logins": logins, "LoginsToRemove": [people.provider]}
    fed.public.unlink_identity(IdentityId=hers, **unlink)
    assert refusal(assume, fed=fed, token=token)[0] == "InvalidIdentityToken"
    again = fed.get_id(Logins=logins)
    token = token_of(fed, again, logins)
    fed.admin.delete_identities(IdentityIdsToDelete=[again])
    assert refusal(assume, fed=fed, token=token)[0] == "InvalidIdentityToken"


def test_a_guests_token_ends_when_the_guest_signs_in(house: TestHouse) -> None:
    """IDP-01"""
    fed = federation(house, AllowClassicFlow=True)
    add_role(house, AUTH, trust(fed.pool_id, "unauthenticated"))
    guest = fed.get_id()
    token = token_of(fed, guest)
    assume(fed, token)
    fed.credentials(guest)
    fed.public.get_open_id_token(
        IdentityId=guest, Logins=fed.people.logins(fed.people.user("alice"))
    )
    assert refusal(assume, fed=fed, token=token)[0] == "InvalidIdentityToken"


def test_an_expired_token_is_refused_as_expired(sqlite_house: TestHouse) -> None:
    """TOK-05"""
    fed = federation(sqlite_house, AllowClassicFlow=True)
    logins = fed.people.logins(fed.people.user("alice"))
    token = token_of(fed, fed.get_id(Logins=logins), logins)
    sqlite_house.clock.step(601)
    code, message = refusal(assume, fed=fed, token=token)
    assert code == "ExpiredTokenException"
    assert message.startswith("Token expired: current date/time ")


def test_keys_are_turned_over_without_a_gap(house: TestHouse) -> None:
    fed = federation(house, AllowClassicFlow=True)
    admit(house, fed)
    logins = fed.people.logins(fed.people.user("alice"))
    hers = fed.get_id(Logins=logins)
    old = token_of(fed, hers, logins)
    with Unit(house.services.database) as unit:
        OpenIdKeys(unit, house.services.sealer).rotate(house.clock.now())
    house.clock.step(2)  # past what a worker keeps in mind
    kids = [key["kid"] for key in published(house)]
    assert len(kids) == 2
    assert jwt.get_unverified_header(token_of(fed, hers, logins))["kid"] == kids[0]
    assume(fed, old)
    house.clock.step(599)
    new = token_of(fed, hers, logins)
    assert jwt.get_unverified_header(new)["kid"] == kids[1]
    house.clock.step(86_400)
    assert [key["kid"] for key in published(house)] == [kids[1]]
    with Unit(house.services.database) as unit:
        OpenIdKeys(unit, house.services.sealer).remove_retired(house.clock.now())
    house.clock.step(2)
    assert [key["kid"] for key in published(house)] == [kids[1]]
