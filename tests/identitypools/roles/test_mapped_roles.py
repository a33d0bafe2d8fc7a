"""Roles and tags that a user's claims bring about, through the AWS SDK."""

from __future__ import annotations

from typing import Any

from tests.identitypools.people import (
    AUTH,
    COGNITO,
    GUEST,
    HIGH,
    People,
    add_role,
    federation,
    refusal,
    trust,
)
from tests.identitypools.roles.assumed import MISCONFIGURED, client_of, forbidden, policy
from tests.support.house import ACCOUNT, TestHouse


def test_a_mapping_by_token_gives_the_role_of_the_group(house: TestHouse) -> None:
    """IDP-01, IDP-06"""
    fed = federation(house)
    people = fed.people
    admin, member, nobody = people.user("admin"), people.user("member"), people.user("nobody")
    low = f"arn:aws:iam::{ACCOUNT}:role/low"
    people.join(admin, "admins", RoleArn=HIGH, Precedence=1)
    people.join(member, "staff", RoleArn=low, Precedence=1)
    people.join(member, "crew", RoleArn=HIGH, Precedence=1)
    # The mapping's key may name the user pool by its issuer, as Amplify does.
    spoken = people.issuer.removeprefix("http://")
    for key, otherwise in ((people.provider, "AuthenticatedRole"), (spoken, "Deny")):
        mapping = {"Type": "Token", "AmbiguousRoleResolution": otherwise}
        fed.admin.set_identity_pool_roles(
            IdentityPoolId=fed.pool_id,
            Roles={"authenticated": AUTH},
            RoleMappings={f"{key}:{people.client.id}": mapping},
        )
        shown = fed.admin.get_identity_pool_roles(IdentityPoolId=fed.pool_id)
        assert shown["RoleMappings"] == {f"{key}:{people.client.id}": mapping}
        for user, role in ((admin, HIGH), (member, None), (nobody, None)):
            logins = people.logins(user)
            identity_id = fed.get_id(Logins=logins)
            ask: dict[str, Any] = {"identity_id": identity_id, "logins": logins}
            if role is None and otherwise == "Deny":
                assert refusal(fed.credentials, **ask) == forbidden(identity_id)
            else:
                assert fed.session(**ask).principal_arn == (role or AUTH)
            custom = {**ask, "CustomRoleArn": low}
            if user is member:
                assert fed.session(**custom).principal_arn == low
            else:
                assert refusal(fed.credentials, **custom) == forbidden(identity_id)


def test_a_mapping_by_rules_looks_at_the_claims(house: TestHouse) -> None:
    """IDP-06"""
    fed = federation(house)
    people = fed.people
    rules = [
        {"Claim": "custom:dept", "MatchType": "Equals", "Value": "it", "RoleARN": HIGH},
        {"Claim": "cognito:groups", "MatchType": "Contains", "Value": "crew", "RoleARN": GUEST},
    ]
    fed.admin.set_identity_pool_roles(
        IdentityPoolId=fed.pool_id,
        Roles={"authenticated": AUTH},
        RoleMappings={
            f"{people.provider}:{people.client.id}": {
                "Type": "Rules",
                "AmbiguousRoleResolution": "Deny",
                "RulesConfiguration": {"Rules": rules},
            }
        },
    )
    engineer = people.user("engineer", **{"custom:dept": "it"})
    sailor, clerk = people.user("sailor"), people.user("clerk", **{"custom:dept": "IT"})
    people.join(sailor, "crew")
    for user, role in ((engineer, HIGH), (sailor, GUEST)):
        logins = people.logins(user)
        assert fed.session(fed.get_id(Logins=logins), logins).principal_arn == role
    logins = people.logins(clerk)
    his = fed.get_id(Logins=logins)
    assert refusal(fed.credentials, identity_id=his, logins=logins) == forbidden(his)


def test_principal_tags_come_from_claims_and_need_the_roles_leave(house: TestHouse) -> None:
    """IDP-07"""
    fed = federation(house)
    people = fed.people
    add_role(house, AUTH, trust(fed.pool_id, "authenticated"))
    ask = {"IdentityPoolId": fed.pool_id, "IdentityProviderName": people.provider}
    shown = fed.admin.get_principal_tag_attribute_map(**ask)
    assert shown["PrincipalTags"] == {} and shown["UseDefaults"] is False
    made = fed.admin.set_principal_tag_attribute_map(**ask, PrincipalTags={"dept": "custom:dept"})
    assert made["PrincipalTags"] == {"dept": "custom:dept"}
    code, _ = refusal(
        fed.admin.set_principal_tag_attribute_map, **ask, PrincipalTags={"aws:x": "sub"}
    )
    assert code == "InvalidParameterException"
    other = {**ask, "IdentityProviderName": "accounts.google.com"}
    assert refusal(fed.admin.set_principal_tag_attribute_map, **other)[0] == code

    alice = people.logins(people.user("alice", **{"custom:dept": "it"}))
    untagged, star = (
        people.logins(people.user("bob")),
        people.logins(people.user("star", **{"custom:dept": "*"})),
    )
    hers = fed.get_id(Logins=alice)
    # The role trusts the identity, but does not let it bring tags.
    assert refusal(fed.credentials, identity_id=hers, logins=alice) == MISCONFIGURED
    assert fed.session(fed.get_id(Logins=untagged), untagged).tags == {}
    house.client("iam").update_assume_role_policy(
        RoleName="auth", PolicyDocument=trust(fed.pool_id, "authenticated", "sts:TagSession")
    )
    assert fed.session(hers, alice).tags == {"dept": "it"}
    starred = fed.get_id(Logins=star)
    code, _ = refusal(fed.credentials, identity_id=starred, logins=star)
    assert code == "InvalidIdentityPoolConfigurationException"

    # A tag is compared literally and reaches the role's own policies.
    house.client("iam").put_role_policy(
        RoleName="auth",
        PolicyName="p",
        PolicyDocument=policy(
            "cognito-identity:ListIdentityPools",
            StringEquals={"aws:PrincipalTag/dept": "it"},
        ),
    )
    client_of(house, "cognito-identity", fed.credentials(hers, alice)).list_identity_pools(
        MaxResults=1
    )
    pools = client_of(
        house, "cognito-identity", fed.credentials(fed.get_id(Logins=untagged), untagged)
    )
    assert refusal(pools.list_identity_pools, MaxResults=1)[0] == "AccessDeniedException"

    fed.admin.set_principal_tag_attribute_map(**ask, UseDefaults=True)
    shown = fed.admin.get_principal_tag_attribute_map(**ask)
    assert shown["UseDefaults"] and shown["PrincipalTags"] == {"client": "aud", "username": "sub"}
    tags = fed.session(hers, alice).tags
    assert tags == {"client": people.client.id, "username": people.id_of("alice")}


def test_the_two_user_pools_of_one_identity_pool_do_not_share_a_mapping(
    sqlite_house: TestHouse,
) -> None:
    """IDP-01: of several logins the first that has a mapping decides, and alone."""
    first, second = People(sqlite_house), People(sqlite_house)
    providers = [
        {"ProviderName": people.provider, "ClientId": people.client.id}
        for people in (first, second)
    ]
    fed = federation(sqlite_house, first, CognitoIdentityProviders=providers)
    mapping = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
    fed.admin.set_identity_pool_roles(
        IdentityPoolId=fed.pool_id,
        Roles={"authenticated": AUTH},
        RoleMappings={f"{second.provider}:{second.client.id}": mapping},
    )
    alice, chief = first.user("alice"), second.user("chief")
    second.join(chief, "chiefs", RoleArn=HIGH)
    hers, his = first.logins(alice), second.logins(chief)
    identity_id = fed.get_id(Logins={**hers, **his})
    assert fed.session(identity_id, hers).principal_arn == AUTH
    assert fed.session(identity_id, his).principal_arn == HIGH
    both = fed.session(identity_id, {**hers, **his})
    assert both.principal_arn == HIGH and len(both.context[f"{COGNITO}:amr"]) == 5
