"""The names of login providers, without a house."""

from __future__ import annotations

from pathlib import Path

import pytest

from poolhouse.contract import cognito_identity as cid
from poolhouse.identitypools.pools.naming import (
    canonical,
    canonical_mapping,
    providers_of,
    user_pool_of,
)
from poolhouse.settings import Settings, load

POOL = "eu-west-1_AbC123xyz"
KEY = f"cognito-idp.eu-west-1.amazonaws.com/{POOL}"


def settings(url: str) -> Settings:
    return load({}, data_dir=Path("nowhere"), public_url=url)


@pytest.mark.parametrize(
    ("url", "spoken"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("https://id.example.com/", "id.example.com"),
        ("https://example.com/auth/cognito", "example.com/auth/cognito"),
    ],
)
def test_a_user_pool_has_one_key_whatever_it_is_called(url: str, spoken: str) -> None:
    house = settings(url)
    for name in (KEY, f"{spoken}/{POOL}"):
        assert user_pool_of(house, name) == POOL
        assert canonical(house, name) == KEY
        assert canonical_mapping(house, f"{name}:client1") == f"{KEY}:client1"


@pytest.mark.parametrize(
    "name",
    [
        "",
        POOL,
        f"https://{KEY}",
        f"{KEY}/",
        f"/{POOL}",
        f"cognito-idp.us-east-1.amazonaws.com/{POOL}",
        f"cognito-idp.eu-west-1.amazonaws.com.evil.example/{POOL}",
        f"evil.example/cognito-idp.eu-west-1.amazonaws.com/{POOL}",
        f"id.example.com:443/{POOL}",
        f"id.example.com/../{POOL}",
        f"id.example.com/{POOL}x\n",
        "id.example.com/eu-west-1",
        "accounts.google.com",
    ],
)
def test_what_is_not_exactly_such_a_name_is_no_user_pools(name: str) -> None:
    house = settings("https://id.example.com")
    assert user_pool_of(house, name) is None
    assert canonical(house, name) == name
    assert canonical_mapping(house, name) == name


def test_the_providers_of_a_pool_are_listed_by_their_keys() -> None:
    house = settings("https://id.example.com")
    pool = cid.IdentityPool(
        allow_unauthenticated_identities=True,
        identity_pool_id="x:0",
        identity_pool_name="p",
        cognito_identity_providers=[
            cid.CognitoIdentityProvider(provider_name=f"id.example.com/{POOL}", client_id="c"),
            cid.CognitoIdentityProvider(provider_name=KEY, client_id="d"),
        ],
        developer_provider_name="login.example",
        open_id_connect_provider_arns=["arn:aws:iam::000000000000:oidc-provider/op.example/x"],
        saml_provider_arns=["arn:aws:iam::000000000000:saml-provider/corp"],
        supported_login_providers={"accounts.google.com": "app"},
    )
    assert providers_of(house, pool) == {
        KEY,
        "login.example",
        "op.example/x",
        "arn:aws:iam::000000000000:saml-provider/corp",
        "accounts.google.com",
    }
