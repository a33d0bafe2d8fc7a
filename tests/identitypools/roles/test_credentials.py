"""AWS credentials of identities: who gets which role, what it lets them do, and when it ends."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from poolhouse.identitypools.roles.assuming import unknown_roles
from poolhouse.kernel.unit import Unit
from tests.identitypools.people import (
    AUTH,
    COGNITO,
    GUEST,
    HIGH,
    Federation,
    add_role,
    admit,
    federation,
    refusal,
    trust,
)
from tests.identitypools.roles.assumed import MISCONFIGURED, client_of, forbidden, policy
from tests.support.house import ACCOUNT, TestHouse


def test_credentials_are_those_of_the_pools_role_for_an_hour(house: TestHouse) -> None:
    """IDP-02: a guest's narrowing is part of the credentials."""
    fed = federation(house)
    admit(house, fed)
    logins, guest = fed.people.logins(fed.people.user("alice")), fed.get_id()
    hers = fed.get_id(Logins=logins)
    for identity_id, given, role in ((guest, None, "guest"), (hers, logins, "auth")):
        answer = fed.credentials(identity_id, given)
        assert answer["IdentityId"] == identity_id
        found = answer["Credentials"]
        assert set(found) == {"AccessKeyId", "SecretKey", "SessionToken", "Expiration"}
        assert found["AccessKeyId"].startswith("ASIA") and len(found["AccessKeyId"]) == 20
        assert len(found["SecretKey"]) == 40
        assert 3590 < found["Expiration"].timestamp() - house.clock.now() <= 3600
        who = client_of(house, "sts", answer).get_caller_identity()
        assert who["Account"] == ACCOUNT
        named = f"assumed-role/{role}/CognitoIdentityCredentials"
        assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:{named}"
        assert who["UserId"].endswith(":CognitoIdentityCredentials")
    session = fed.session(hers, logins)
    provider = fed.people.provider
    assert session.context == {
        f"{COGNITO}:aud": fed.pool_id,
        f"{COGNITO}:sub": hers,
        f"{COGNITO}:amr": [
            "authenticated", provider,
            f"{provider}:CognitoSignIn:{fed.people.id_of('alice')}",
        ],
        "aws:FederatedProvider": COGNITO,
    }  # fmt: skip
    assert session.policies == [] and session.tags == {}
    session = fed.session(guest)
    assert session.context[f"{COGNITO}:amr"] == ["unauthenticated"]
    assert len(session.policies) == 2 and "s3:*" in session.policies[0]


def test_a_guest_may_only_do_what_role_and_narrowing_both_allow(house: TestHouse) -> None:
    """IDP-02"""
    fed = federation(house)
    admit(house, fed)
    allowed = policy("cognito-identity:DescribeIdentity", "iam:ListRoles")
    for name in ("auth", "guest"):
        house.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allowed)
    logins, guest = fed.people.logins(fed.people.user("alice")), fed.get_id()
    hers = fed.get_id(Logins=logins)
    for identity_id, given in ((guest, None), (hers, logins)):
        answer = fed.credentials(identity_id, given)
        pools = client_of(house, "cognito-identity", answer)
        assert pools.describe_identity(IdentityId=identity_id)["IdentityId"] == identity_id
        code, message = refusal(pools.list_identity_pools, MaxResults=1)
        assert code == "AccessDeniedException"
        assert "CognitoIdentityCredentials is not authorized to perform" in message
        roles = client_of(house, "iam", answer)
        if given:
            assert roles.list_roles()["Roles"]
        else:
            code, message = refusal(roles.list_roles)
            assert code == "AccessDenied" and "because no session policy allows" in message


def _no_login(fed: Federation, mine: dict[str, str]) -> dict[str, str]:
    return {}


def _own_login(fed: Federation, mine: dict[str, str]) -> dict[str, str]:
    return mine


@pytest.mark.parametrize("as_whom", [_no_login, _own_login])
def test_only_the_diagonal_of_identities_and_roles_passes(
    house: TestHouse, as_whom: Callable[[Federation, dict[str, str]], dict[str, str]]
) -> None:
    """IDP-01: guest, user and another pool's user, by the enhanced flow, the enhanced flow with a
    role asked for, and the basic flow."""
    fed = federation(house, AllowClassicFlow=True)
    foreign = federation(house, fed.people, AllowClassicFlow=True)
    admit(house, fed)
    add_role(house, HIGH, trust(fed.pool_id, "authenticated"))
    logins = as_whom(fed, fed.people.logins(fed.people.user("alice")))
    given = {"Logins": logins} if logins else {}
    mine, other = (AUTH, GUEST) if logins else (GUEST, AUTH)

    here, there = fed.get_id(**given), foreign.get_id(**given)
    public = house.unsigned("sts")
    assert fed.credentials(here, logins)["IdentityId"] == here
    assert fed.credentials(here, logins, CustomRoleArn=mine)["IdentityId"] == here
    for arn in (other, HIGH):
        ask = {"identity_id": here, "logins": logins, "CustomRoleArn": arn}
        assert refusal(fed.credentials, **ask) == forbidden(here)
    # The other pool names the same roles, but they do not trust it.
    assert refusal(foreign.credentials, identity_id=there, logins=logins) == MISCONFIGURED

    denied = "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    able = {AUTH, HIGH} if logins else {GUEST}
    for pool, identity_id in ((fed, here), (foreign, there)):
        token = pool.public.get_open_id_token(IdentityId=identity_id, **given)["Token"]
        for arn in (AUTH, GUEST, HIGH, f"arn:aws:iam::{ACCOUNT}:role/nobodys"):
            ask = {"RoleArn": arn, "RoleSessionName": "web", "WebIdentityToken": token}
            if pool is fed and arn in able:
                answer = public.assume_role_with_web_identity(**ask)
                assert answer["SubjectFromWebIdentityToken"] == identity_id
                assert answer["Audience"] == fed.pool_id and answer["Provider"] == COGNITO
                name = arn.rpartition("/")[2]
                assert answer["AssumedRoleUser"]["Arn"].endswith(f"assumed-role/{name}/web")
                client_of(house, "sts", answer).get_caller_identity()
            else:
                assert refusal(public.assume_role_with_web_identity, **ask) == denied


def test_a_role_that_trusts_in_another_way_gives_no_credentials(house: TestHouse) -> None:
    """IDP-01"""
    fed = federation(house)
    statement = json.loads(trust(fed.pool_id, "authenticated"))["Statement"][0]
    names = (
        ({"Principal": {"Federated": "accounts.google.com"}}, "google"),
        ({"Action": "sts:AssumeRole"}, "another-action"),
        ({"Effect": "Deny"}, "deny"),
        ({"Condition": {"StringEquals": {f"{COGNITO}:sub": "us-east-1:0"}}}, "one-user"),
        ({"Condition": {"StringEquals": {f"{COGNITO}:aud": "us-east-1:0"}}}, "another-pool"),
    )
    logins = fed.people.logins(fed.people.user("alice"))
    hers = fed.get_id(Logins=logins)
    for change, name in names:
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        document = {"Version": "2012-10-17", "Statement": [{**statement, **change}]}
        add_role(house, arn, json.dumps(document))
        fed.admin.set_identity_pool_roles(IdentityPoolId=fed.pool_id, Roles={"authenticated": arn})
        assert refusal(fed.credentials, identity_id=hers, logins=logins) == MISCONFIGURED, name
    assert refusal(fed.credentials, identity_id=fed.get_id()) == MISCONFIGURED  # no role at all


def test_a_role_that_iam_does_not_know_gives_credentials_for_nothing(
    house: TestHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """Clients configured for AWS name roles that are not here."""
    fed = federation(house)
    logins = fed.people.logins(fed.people.user("alice"))
    hers = fed.get_id(Logins=logins)
    with caplog.at_level(logging.WARNING, "poolhouse.identitypools"):
        answer = fed.credentials(hers, logins)
    assert f"identity_pool={fed.pool_id} role={AUTH}" in caplog.text
    assert answer["Credentials"]["SecretKey"] not in caplog.text
    who = client_of(house, "sts", answer).get_caller_identity()
    assert who["Arn"].endswith("assumed-role/auth/CognitoIdentityCredentials")
    pools = client_of(house, "cognito-identity", answer)
    assert refusal(pools.list_identity_pools, MaxResults=1)[0] == "AccessDeniedException"

    def missing() -> list[tuple[str, str]]:
        with Unit(house.services.database) as unit:
            return unknown_roles(unit)

    assert missing() == [(fed.pool_id, AUTH), (fed.pool_id, GUEST)]
    add_role(house, AUTH, trust(fed.pool_id, "authenticated"))
    assert missing() == [(fed.pool_id, GUEST)]
    # Credentials of the time before do not come to life with the role.
    assert refusal(pools.list_identity_pools, MaxResults=1)[0] == "AccessDeniedException"


def test_credentials_end_with_their_role(house: TestHouse) -> None:
    """IDP-09"""
    fed = federation(house)
    admit(house, fed)
    logins = fed.people.logins(fed.people.user("alice"))
    hers = fed.get_id(Logins=logins)
    assert fed.session(hers, logins).expires_at <= house.clock.now() + 3600
    pools = client_of(house, "cognito-identity", fed.credentials(hers, logins))
    roles = house.client("iam")
    allowed = {"RoleName": "auth", "PolicyDocument": policy("cognito-identity:*")}
    roles.put_role_policy(PolicyName="p", **allowed)
    pools.list_identity_pools(MaxResults=1)
    roles.delete_role_policy(RoleName="auth", PolicyName="p")
    assert refusal(pools.list_identity_pools, MaxResults=1)[0] == "AccessDeniedException"
    roles.put_role_policy(PolicyName="q", **allowed)
    pools.list_identity_pools(MaxResults=1)
    roles.delete_role_policy(RoleName="auth", PolicyName="q")
    roles.delete_role(RoleName="auth")
    gone = ("UnrecognizedClientException", "AccessDeniedException")
    assert refusal(pools.list_identity_pools, MaxResults=1)[0] in gone
    # A role of the same name is another role.
    add_role(house, AUTH, trust(fed.pool_id, "authenticated"))
    roles.put_role_policy(PolicyName="r", **allowed)
    assert refusal(pools.list_identity_pools, MaxResults=1)[0] in gone
    fresh = client_of(house, "cognito-identity", fed.credentials(hers, logins))
    fresh.list_identity_pools(MaxResults=1)


def test_roles_are_set_by_those_who_may_pass_them(house: TestHouse) -> None:
    """ADM-01, ADM-04"""
    fed = federation(house)
    other = federation(house, fed.people)
    iam = house.client("iam")
    iam.create_user(UserName="keeper")
    key = iam.create_access_key(UserName="keeper")["AccessKey"]
    allowed = [
        {"Effect": "Allow", "Action": "cognito-identity:*",
         "Resource": f"arn:aws:cognito-identity:us-east-1:{ACCOUNT}:identitypool/{fed.pool_id}"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": AUTH},
    ]  # fmt: skip
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.put_user_policy(UserName="keeper", PolicyName="p", PolicyDocument=document)
    keeper = house.client(
        "cognito-identity",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    ask: dict[str, Any] = {"IdentityPoolId": fed.pool_id, "Roles": {"authenticated": AUTH}}
    keeper.set_identity_pool_roles(**ask)
    assert keeper.get_identity_pool_roles(IdentityPoolId=fed.pool_id)["Roles"] == ask["Roles"]
    rule = {"Claim": "c", "MatchType": "Equals", "Value": "x", "RoleARN": HIGH}
    mapping = {
        "Type": "Rules",
        "AmbiguousRoleResolution": "Deny",
        "RulesConfiguration": {"Rules": [rule]},
    }
    for wrong in (
        {**ask, "Roles": {"authenticated": HIGH}},
        {**ask, "RoleMappings": {f"{fed.people.provider}:c": mapping}},
        {**ask, "IdentityPoolId": other.pool_id},
    ):
        code, message = refusal(keeper.set_identity_pool_roles, **wrong)
        assert code == "AccessDeniedException" and "is not authorized to perform" in message
    assert keeper.get_identity_pool_roles(IdentityPoolId=fed.pool_id)["Roles"] == ask["Roles"]
    assert "RoleMappings" not in keeper.get_identity_pool_roles(IdentityPoolId=fed.pool_id)
    for wrong in ({"authenticated": "not a role's arn at all"}, {"neither": AUTH}):
        code, _ = refusal(
            fed.admin.set_identity_pool_roles, IdentityPoolId=fed.pool_id, Roles=wrong
        )
        assert code in ("InvalidParameterException", "ValidationException")
    unknown = {"IdentityPoolId": "us-east-1:00000000-0000-4000-8000-000000000000"}
    code, _ = refusal(fed.admin.set_identity_pool_roles, **unknown, Roles={})
    assert code == "ResourceNotFoundException"
