"""Identity pools through the AWS SDK: their life, what they may say, and their tags."""

from __future__ import annotations

from typing import Any

import pytest

from tests.identitypools.people import refusal
from tests.support.house import ACCOUNT, REGION, TestHouse

PROVIDER = {
    "ProviderName": f"cognito-idp.{REGION}.amazonaws.com/{REGION}_abcdefghi",
    "ClientId": "client1",
    "ServerSideTokenCheck": True,
}
EVERYTHING: dict[str, Any] = {
    "IdentityPoolName": "my app @beta",
    "AllowUnauthenticatedIdentities": False,
    "AllowClassicFlow": True,
    "SupportedLoginProviders": {"accounts.google.com": "123.apps.googleusercontent.com"},
    "DeveloperProviderName": "login.example",
    "OpenIdConnectProviderARNs": [f"arn:aws:iam::{ACCOUNT}:oidc-provider/id.example.com"],
    "CognitoIdentityProviders": [PROVIDER],
    "SamlProviderARNs": [f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"],
    "IdentityPoolTags": {"team": "a"},
}


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    answer.pop("ResponseMetadata")
    return answer


def test_a_pool_is_made_shown_replaced_and_removed(house: TestHouse) -> None:
    admin = house.client("cognito-identity")
    made = plain(admin.create_identity_pool(**EVERYTHING))
    pool_id = made["IdentityPoolId"]
    assert pool_id.startswith(f"{REGION}:") and len(pool_id) == len(REGION) + 37
    assert made == {**EVERYTHING, "IdentityPoolId": pool_id}
    assert plain(admin.describe_identity_pool(IdentityPoolId=pool_id)) == made

    least = {"IdentityPoolName": "b", "AllowUnauthenticatedIdentities": True}
    changed = plain(admin.update_identity_pool(IdentityPoolId=pool_id, **least))
    # Everything is replaced but the developer provider's name, which stays once it is set.
    assert changed == {
        "IdentityPoolId": pool_id, "DeveloperProviderName": "login.example", **least
    }  # fmt: skip
    assert plain(admin.describe_identity_pool(IdentityPoolId=pool_id)) == changed
    other = {**least, "DeveloperProviderName": "login.other"}
    code, _ = refusal(admin.update_identity_pool, IdentityPoolId=pool_id, **other)
    assert code == "InvalidParameterException"

    admin.delete_identity_pool(IdentityPoolId=pool_id)
    missing = f"IdentityPool '{pool_id}' not found."
    for ask in (
        admin.describe_identity_pool,
        admin.delete_identity_pool,
        admin.get_identity_pool_roles,
        house.unsigned("cognito-identity").get_id,
    ):
        assert refusal(ask, IdentityPoolId=pool_id) == ("ResourceNotFoundException", missing)


def test_pools_are_listed_by_region_in_pages(house: TestHouse) -> None:
    admin = house.client("cognito-identity")
    elsewhere = house.client("cognito-identity", region="eu-west-1")
    least = {"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": True}
    made = {admin.create_identity_pool(**least)["IdentityPoolId"] for _ in range(5)}
    other = elsewhere.create_identity_pool(**least)["IdentityPoolId"]
    assert other.startswith("eu-west-1:")

    found: list[dict[str, str]] = []
    token: dict[str, str] = {}
    while True:
        page = admin.list_identity_pools(MaxResults=2, **token)
        found += page["IdentityPools"]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert {each["IdentityPoolId"] for each in found} == made and len(found) == 5
    assert found[0]["IdentityPoolName"] == "p"
    assert [p["IdentityPoolId"] for p in elsewhere.list_identity_pools(MaxResults=9)[
        "IdentityPools"]] == [other]  # fmt: skip
    # ADM-01: a token is good for its own list only.
    code, _ = refusal(elsewhere.list_identity_pools, MaxResults=2, **token)
    assert code == "ValidationException"
    assert refusal(admin.list_identity_pools, MaxResults=61)[0] == "ValidationException"


@pytest.mark.parametrize(
    "wrong",
    [
        {"CognitoIdentityProviders": [{**PROVIDER, "ProviderName": "cognito-idp.eu-west-1"}]},
        {"CognitoIdentityProviders": [{**PROVIDER, "ProviderName": "evil.example/us-east-1_abc"}]},
        {"CognitoIdentityProviders": [{"ProviderName": PROVIDER["ProviderName"]}]},
        {"CognitoIdentityProviders": [{"ClientId": "client1"}]},
        {"CognitoIdentityProviders": [{**PROVIDER, "ClientId": f"c{n}"} for n in range(51)]},
        {"SupportedLoginProviders": {"login.example": "app"}},
        {"OpenIdConnectProviderARNs": [f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"]},
        {"SamlProviderARNs": ["not an arn at all, really"]},
        {"IdentityPoolTags": {"aws:mine": "x"}},
        {"IdentityPoolTags": {f"key{n}": "x" for n in range(51)}},
    ],
)
def test_settings_that_cannot_be_are_refused(
    sqlite_house: TestHouse, wrong: dict[str, Any]
) -> None:
    admin = sqlite_house.client("cognito-identity")
    least = {"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": True}
    code, _ = refusal(admin.create_identity_pool, **least, **wrong)
    assert code == "InvalidParameterException"
    assert admin.list_identity_pools(MaxResults=1)["IdentityPools"] == []


def test_the_issuer_without_its_scheme_names_a_user_pool_too(sqlite_house: TestHouse) -> None:
    admin = sqlite_house.client("cognito-identity")
    provider = {**PROVIDER, "ProviderName": f"127.0.0.1:8000/{REGION}_abcdefghi"}
    made = admin.create_identity_pool(
        IdentityPoolName="p",
        AllowUnauthenticatedIdentities=True,
        CognitoIdentityProviders=[provider],
    )
    assert made["CognitoIdentityProviders"] == [provider]


def test_a_region_that_no_id_could_begin_with_is_refused(sqlite_house: TestHouse) -> None:
    admin = sqlite_house.client("cognito-identity", region="nowhere")
    least = {"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": True}
    assert refusal(admin.create_identity_pool, **least)[0] == "InvalidParameterException"


def test_tags_are_added_removed_and_listed_by_the_pools_own_arn(house: TestHouse) -> None:
    """ADM-01: the ARN is the one that the permission is decided on."""
    admin = house.client("cognito-identity")
    pool_id = admin.create_identity_pool(**EVERYTHING)["IdentityPoolId"]
    arn = f"arn:aws:cognito-identity:{REGION}:{ACCOUNT}:identitypool/{pool_id}"
    admin.tag_resource(ResourceArn=arn, Tags={"team": "b", "stage": "test"})
    assert admin.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "b", "stage": "test"}
    admin.untag_resource(ResourceArn=arn, TagKeys=["team", "not there"])
    assert admin.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"stage": "test"}
    shown = admin.describe_identity_pool(IdentityPoolId=pool_id)
    assert shown["IdentityPoolTags"] == {"stage": "test"}
    for wrong in (
        arn.replace(ACCOUNT, "111111111111"),
        arn.replace(REGION, "eu-west-1", 1),
        arn.replace("identitypool/", "userpool/"),
        arn.replace("arn:aws:", "arn:aws-cn:"),
        pool_id + " is no arn of a pool",
    ):
        code, _ = refusal(admin.list_tags_for_resource, ResourceArn=wrong)
        assert code == "InvalidParameterException"
    code, _ = refusal(admin.tag_resource, ResourceArn=arn, Tags={"AWS:x": "y"})
    assert code == "InvalidParameterException"


def test_nothing_of_a_pool_is_shown_or_changed_without_a_signature(
    sqlite_house: TestHouse,
) -> None:
    admin, public = (
        sqlite_house.client("cognito-identity"),
        sqlite_house.unsigned("cognito-identity"),
    )
    pool_id = admin.create_identity_pool(**EVERYTHING)["IdentityPoolId"]
    arn = f"arn:aws:cognito-identity:{REGION}:{ACCOUNT}:identitypool/{pool_id}"
    identity = f"{REGION}:00000000-0000-4000-8000-000000000000"
    asks: list[tuple[str, dict[str, Any]]] = [
        ("describe_identity_pool", {"IdentityPoolId": pool_id}),
        ("delete_identity_pool", {"IdentityPoolId": pool_id}),
        ("list_identity_pools", {"MaxResults": 1}),
        ("list_identities", {"IdentityPoolId": pool_id, "MaxResults": 1}),
        ("describe_identity", {"IdentityId": identity}),
        ("delete_identities", {"IdentityIdsToDelete": [identity]}),
        ("set_identity_pool_roles", {"IdentityPoolId": pool_id, "Roles": {}}),
        ("get_identity_pool_roles", {"IdentityPoolId": pool_id}),
        ("tag_resource", {"ResourceArn": arn, "Tags": {}}),
        ("lookup_developer_identity", {"IdentityPoolId": pool_id, "IdentityId": identity}),
        ("get_open_id_token_for_developer_identity",
         {"IdentityPoolId": pool_id, "Logins": {"login.example": "x"}}),
    ]  # fmt: skip
    for name, ask in asks:
        code, _ = refusal(getattr(public, name), **ask)
        assert code == "MissingAuthenticationTokenException", name
    assert admin.describe_identity_pool(IdentityPoolId=pool_id)["IdentityPoolId"] == pool_id
