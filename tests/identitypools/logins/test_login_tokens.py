"""Which tokens an identity pool takes, and in what words it refuses the rest."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.identitypools.people import People, claims, federation, refusal
from tests.support.house import REGION, TestHouse

UNSUPPORTED = "Token is not from a supported provider of this identity pool."
INACTIVE = ("NotAuthorizedException", "Token is inactive")


def with_payload(token: str, **changes: Any) -> str:
    head, _, signature = token.split(".")
    payload = {**claims(token), **changes}
    payload = {name: value for name, value in payload.items() if value is not None}
    body = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return f"{head}.{body}.{signature}"


def test_tokens_that_are_no_login_are_refused_in_awss_words(house: TestHouse) -> None:
    """IDP-05, TOK-05: access token, other client, other pool, forged, garbage, Cognito's own."""
    fed = federation(house, AllowClassicFlow=True)
    people, stranger = fed.people, People(house)
    alice, other_client = people.user("alice"), people.new_client()
    good = people.tokens(alice)
    assert good.id_token and good.access_token and good.refresh_token
    hers = fed.get_id(Logins={people.provider: good.id_token})
    openid = fed.public.get_open_id_token(IdentityId=hers, Logins={people.provider: good.id_token})[
        "Token"
    ]
    foreign = stranger.id_token(stranger.user("alice"))
    head, body, signature = good.id_token.split(".")
    none_head = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    unverified = "Couldn't verify signed token."
    garbage = "Not a valid OpenId Connect identity token."
    table = {
        good.access_token: "Missing a required claim: aud",
        good.refresh_token: garbage,
        people.id_token(alice, other_client): "Incorrect token audience.",
        foreign: "Issuer doesn't match providerName",
        openid: "Issuer doesn't match providerName",
        f"{head}.{body}.{signature[::-1]}": unverified,
        f"{none_head}.{body}.{signature}": unverified,
        with_payload(good.id_token, sub="somebody-else"): unverified,
        with_payload(good.id_token, aud=None): "Missing a required claim: aud",
        with_payload(foreign, iss=people.issuer): unverified,
        with_payload(good.id_token, iss="http://evil.example/" + people.pool.id): (
            "Issuer doesn't match providerName"
        ),
        "garbage": garbage,
        "a.b.c": garbage,
        "...": garbage,
        "🦊.🦊.🦊": garbage,
        "[" * 50000: garbage,
        f"{head}.{base64.urlsafe_b64encode(b'[' * 9000).decode()}.{signature}": garbage,
    }
    for token, words in table.items():
        expected = ("NotAuthorizedException", f"Invalid login token. {words}")
        logins = {people.provider: token}
        ask = {"IdentityPoolId": fed.pool_id, "Logins": logins}
        assert refusal(fed.public.get_id, **ask) == expected, token[:60]
        for named in (fed.public.get_credentials_for_identity, fed.public.get_open_id_token):
            assert refusal(named, IdentityId=hers, Logins=logins) == expected, token[:60]
    for token in (openid, good.id_token):
        message = refusal(
            fed.public.get_id, IdentityPoolId=fed.pool_id,
            Logins={"cognito-identity.amazonaws.com": token},
        )[1]  # fmt: skip
        assert message == "Invalid login token. Can't pass in a Cognito token."


def test_an_expired_token_is_refused_with_both_times(sqlite_house: TestHouse) -> None:
    """IDP-05"""
    fed = federation(sqlite_house)
    token = fed.people.id_token(fed.people.user("alice"))
    expiry = claims(token)["exp"]
    sqlite_house.clock.step(3601)
    ask = {"IdentityPoolId": fed.pool_id, "Logins": {fed.people.provider: token}}
    code, message = refusal(fed.public.get_id, **ask)
    assert code == "NotAuthorizedException"
    assert message.startswith(f"Invalid login token. Token expired: {expiry} >= ")
    assert int(message.rpartition(" ")[2]) > expiry


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("graph.facebook.com", "NotAuthorizedException", UNSUPPORTED),
        ("accounts.google.com", "NotAuthorizedException", UNSUPPORTED),
        ("id.example.com", "NotAuthorizedException", UNSUPPORTED),
        (
            f"cognito-idp.{REGION}.amazonaws.com/{REGION}_000000000",
            "NotAuthorizedException",
            UNSUPPORTED,
        ),
        ("login.example", "InvalidParameterException", "Please provide a valid public provider"),
        ("nobody.example", "InvalidParameterException", "Please provide a valid public provider"),
        ("", "ValidationException", ""),
    ],
)
def test_a_key_that_names_no_provider_of_the_pool_is_refused(
    sqlite_house: TestHouse, name: str, code: str, words: str
) -> None:
    """IDP-05"""
    fed = federation(
        sqlite_house,
        DeveloperProviderName="login.example",
        SupportedLoginProviders={"accounts.google.com": "app"},
        OpenIdConnectProviderARNs=["arn:aws:iam::000000000000:oidc-provider/id.example.com"],
    )
    token = fed.people.id_token(fed.people.user("alice"))
    found = refusal(fed.public.get_id, IdentityPoolId=fed.pool_id, Logins={name: token})
    assert found[0] == code and found[1].endswith(words)


def test_near_misses_of_the_providers_name_are_refused(sqlite_house: TestHouse) -> None:
    """IDP-05, SES-02: the issuer comes from the configuration, never from the request."""
    fed = federation(sqlite_house)
    people = fed.people
    token, pool_id = people.id_token(people.user("alice")), people.pool.id
    for name in (
        f"https://{people.provider}",
        f"{people.provider}/",
        people.provider.upper(),
        people.provider.replace(REGION, "eu-west-1", 1),
        f"localhost:8000/{pool_id}",
        f"evil.example/{pool_id}",
        pool_id,
    ):
        code, _ = refusal(fed.public.get_id, IdentityPoolId=fed.pool_id, Logins={name: token})
        assert code in ("InvalidParameterException", "NotAuthorizedException"), name
    body = json.dumps({"IdentityPoolId": fed.pool_id, "Logins": {f"evil.example/{pool_id}": token}})
    status, _, _ = sqlite_house.request(
        "POST",
        "http://evil.example/",
        {
            "Host": "evil.example",
            "X-Forwarded-Host": "evil.example",
            "X-Amz-Target": "AWSCognitoIdentityService.GetId",
            "Content-Type": "application/x-amz-json-1.1",
        },
        body.encode(),
    )
    assert status == 400


def test_a_client_or_provider_taken_from_the_pool_takes_its_tokens_along(
    house: TestHouse,
) -> None:
    """IDP-05: the ID token of a removed client, of this pool and of the user pool."""
    fed = federation(house)
    people, least = fed.people, {"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": True}
    logins, other = people.logins(people.user("alice")), people.new_client()
    hers = fed.get_id(Logins=logins)
    provider = {"ProviderName": people.provider, "ClientId": other.id}
    fed.admin.update_identity_pool(
        IdentityPoolId=fed.pool_id, CognitoIdentityProviders=[provider], **least
    )
    refused = "NotAuthorizedException", "Invalid login token. Incorrect token audience."
    assert refusal(fed.credentials, identity_id=hers, logins=logins) == refused
    fed.admin.update_identity_pool(IdentityPoolId=fed.pool_id, **least)
    unsupported = "NotAuthorizedException", UNSUPPORTED
    assert refusal(fed.credentials, identity_id=hers, logins=logins) == unsupported
    provider["ClientId"] = people.client.id
    fed.admin.update_identity_pool(
        IdentityPoolId=fed.pool_id, CognitoIdentityProviders=[provider], **least
    )
    assert fed.credentials(hers, logins)["IdentityId"] == hers
    people.remove_client(people.client)
    assert refusal(fed.credentials, identity_id=hers, logins=logins) == INACTIVE


Act = Callable[[Any, People], None]


def signed_out(admin: Any, people: People) -> None:
    admin.admin_user_global_sign_out(UserPoolId=people.pool.id, Username="alice")


def disabled(admin: Any, people: People) -> None:
    admin.admin_disable_user(UserPoolId=people.pool.id, Username="alice")


def deleted(admin: Any, people: People) -> None:
    admin.admin_delete_user(UserPoolId=people.pool.id, Username="alice")


@pytest.mark.parametrize("act", [signed_out, disabled, deleted])
@pytest.mark.parametrize("server_side", [True, False])
def test_the_user_pool_is_asked_whether_the_token_is_still_good(
    house: TestHouse, act: Act, server_side: bool
) -> None:
    """TOK-07, IDP-05: ServerSideTokenCheck sees a sign-out; users who are disabled or gone are
    refused even without it."""
    people = People(house)
    provider = {
        "ProviderName": people.provider,
        "ClientId": people.client.id,
        "ServerSideTokenCheck": server_side,
    }
    fed = federation(house, people, CognitoIdentityProviders=[provider])
    logins = people.logins(people.user("alice"))
    hers = fed.get_id(Logins=logins)
    act(house.client("cognito-idp"), people)
    if act is signed_out and not server_side:
        assert fed.credentials(hers, logins)["IdentityId"] == hers
        return
    assert refusal(fed.credentials, identity_id=hers, logins=logins) == INACTIVE
    assert refusal(fed.public.get_id, IdentityPoolId=fed.pool_id, Logins=logins) == INACTIVE
    unlink = {"Logins": logins, "LoginsToRemove": [people.provider]}
    assert refusal(fed.public.unlink_identity, IdentityId=hers, **unlink) == INACTIVE


def test_an_openid_token_of_the_identity_pool_is_nothing_to_a_user_pool(
    house: TestHouse,
) -> None:
    """TOK-05"""
    fed = federation(house, AllowClassicFlow=True)
    token = fed.public.get_open_id_token(IdentityId=fed.get_id())["Token"]
    code, _ = refusal(house.unsigned("cognito-idp").global_sign_out, AccessToken=token)
    assert code == "NotAuthorizedException"
