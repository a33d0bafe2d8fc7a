"""What a signed caller may do: its policies as they stand, on facts that only the server knows."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from tests.iam.people import (
    POLICY,
    ROOT,
    USER,
    Keys,
    admin,
    allow,
    assume,
    denied,
    deny,
    document,
    permit,
    refused,
    role,
    trust,
    user,
)
from tests.iam.signing import Signing, query
from tests.support.house import ACCOUNT, TestHouse, furnished

READS = "iam:ListUsers"
ALLOWS, DENIES, SILENT = document(allow(READS)), document(deny(READS)), document(allow("sts:*"))
TRUSTS_ALL = trust({"AWS": ROOT})


def managed(house: TestHouse, name: str, text: str) -> str:
    made = admin(house).create_policy(PolicyName=name, PolicyDocument=text)
    return str(made["Policy"]["Arn"])


def assumed(house: TestHouse, keys: Keys, arn: str, name: str, **more: str) -> Keys:
    """As `assume`, without the price of a client of the SDK for each session."""
    wanted = Signing(keys, house.clock.now(), "sts")
    answer = query(wanted, "AssumeRole", RoleArn=arn, RoleSessionName=name, **more).send(house)
    given = {item.tag.partition("}")[2]: item.text or "" for item in fromstring(answer.body).iter()}
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def lists(house: TestHouse, keys: Keys) -> bool:
    return not denied(house.client("iam", **keys).list_users)


def test_deny_wins_and_every_layer_must_allow(house: TestHouse) -> None:
    """IAM-01: every combination of user policy, attached policy, boundary, role and session."""
    texts = {"allows": ALLOWS, "denies": DENIES, "silent": SILENT}
    boundaries = {name: managed(house, f"b-{name}", text) for name, text in texts.items()}
    keys = user(house, "ann", allow("sts:AssumeRole"))
    arn = role(house, "r", TRUSTS_ALL)
    iam = admin(house)
    for of_role, text in texts.items():
        iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=text)
        for bounds in (None, *texts):
            if bounds is None:
                if of_role != "allows":
                    continue
            else:
                iam.put_role_permissions_boundary(
                    RoleName="r", PermissionsBoundary=boundaries[bounds]
                )
            for narrows in (None, *texts):
                more = {"Policy": texts[narrows]} if narrows else {}
                name = f"{of_role}-{bounds}-{narrows}"
                session = assumed(house, keys, arn, name, **more)
                layers = [layer for layer in (of_role, bounds, narrows) if layer is not None]
                expected = all(layer == "allows" for layer in layers)
                wire = query(Signing(session, house.clock.now(), "iam"), "ListUsers")
                assert (wire.send(house).status == 200) == expected, name


def test_inline_and_attached_policies_of_a_user_are_one_layer(house: TestHouse) -> None:
    """IAM-01"""
    keys = user(house, "ann")
    iam, mine = admin(house), house.client("iam", **keys)
    because = "because no identity-based policy allows the iam:ListUsers action"
    with refused("AccessDenied", because, 403):
        mine.list_users()
    iam.attach_user_policy(UserName="ann", PolicyArn=managed(house, "a", ALLOWS))
    mine.list_users()
    permit(house, "ann", allow("iam:*"))
    mine.list_users()
    iam.attach_user_policy(UserName="ann", PolicyArn=managed(house, "d", DENIES))
    with refused("AccessDenied", "with an explicit deny in an identity-based policy"):
        mine.list_users()
    iam.detach_user_policy(UserName="ann", PolicyArn=f"{POLICY}d")
    mine.list_users()
    bound = managed(house, "s", SILENT)
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=bound)
    with refused("AccessDenied", "because no permissions boundary allows the iam:ListUsers"):
        mine.list_users()


def test_every_change_counts_from_the_next_request_on_in_every_process(house: TestHouse) -> None:
    """IAM-12"""
    keys = user(house, "ann", allow(READS), allow("sts:AssumeRole"))
    arn = role(house, "r", TRUSTS_ALL, allow(READS))
    session = assume(house, keys, arn)
    iam, attached = admin(house), managed(house, "a", ALLOWS)
    with furnished(house.settings) as other:
        anns, roles = other.client("iam", **keys), other.client("iam", **session)
        anns.list_users()
        roles.list_users()
        iam.delete_user_policy(UserName="ann", PolicyName="inline")
        iam.delete_role_policy(RoleName="r", PolicyName="inline")
        assert denied(anns.list_users)
        assert denied(roles.list_users)
        iam.attach_user_policy(UserName="ann", PolicyArn=attached)
        iam.attach_role_policy(RoleName="r", PolicyArn=attached)
        anns.list_users()
        roles.list_users()
        iam.detach_user_policy(UserName="ann", PolicyArn=attached)
        iam.detach_role_policy(RoleName="r", PolicyArn=attached)
        assert denied(anns.list_users)
        assert denied(roles.list_users)


def test_a_role_that_is_deleted_permits_nothing_even_if_its_name_returns(
    house: TestHouse,
) -> None:
    """IDP-09"""
    keys = user(house, "ann", allow("sts:AssumeRole"))
    session = assume(house, keys, role(house, "r", TRUSTS_ALL, allow(READS)))
    iam, theirs = admin(house), house.client("iam", **session)
    theirs.list_users()
    iam.delete_role_policy(RoleName="r", PolicyName="inline")
    iam.delete_role(RoleName="r")
    assert denied(theirs.list_users)
    role(house, "r", TRUSTS_ALL, allow("*"))
    assert denied(theirs.list_users)
    arn = house.client("sts", **session).get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/r/session"


def test_sessions_older_than_a_revocation_are_denied(house: TestHouse) -> None:
    """IDP-09: the policy that AWS's console attaches to revoke sessions."""
    keys = user(house, "ann", allow("sts:AssumeRole"))
    arn = role(house, "r", TRUSTS_ALL, allow(READS))
    older = house.client("iam", **assume(house, keys, arn, "older"))
    older.list_users()
    now = "2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
    for moment, revoked in zip(now, (False, True), strict=True):
        revocation = deny("*", DateLessThan={"aws:TokenIssueTime": moment})
        admin(house).put_role_policy(
            RoleName="r", PolicyName="revoke", PolicyDocument=document(revocation)
        )
        assert denied(older.list_users) == revoked


def test_a_user_that_is_gone_takes_its_sessions_along(house: TestHouse) -> None:
    """IDP-09"""
    keys = user(house, "ann", allow("sts:*"))
    made = house.client("sts", **keys).get_session_token()["Credentials"]
    session = house.client(
        "sts",
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
        aws_session_token=made["SessionToken"],
    )
    session.get_caller_identity()
    iam = admin(house)
    iam.delete_access_key(UserName="ann", AccessKeyId=keys["aws_access_key_id"])
    session.get_caller_identity()
    iam.delete_user_policy(UserName="ann", PolicyName="inline")
    iam.delete_user(UserName="ann")
    with refused("InvalidClientTokenId", status=403):
        session.get_caller_identity()


FACTS: dict[str, tuple[dict[str, Any], bool]] = {
    "its name": ({"StringEquals": {"aws:username": "ann"}}, True),
    "another name": ({"StringEquals": {"aws:username": "bob"}}, False),
    "its type": ({"StringEquals": {"aws:PrincipalType": "User"}}, True),
    "its ARN": ({"ArnEquals": {"aws:PrincipalArn": f"{USER}ann"}}, True),
    "its account": ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, True),
    "its tag": ({"StringEquals": {"aws:PrincipalTag/team": "a"}}, True),
    "a tag it lacks": ({"StringEquals": {"aws:PrincipalTag/other": "a"}}, False),
    "its region": ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
    "the peer": ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
    "another address": ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
    "no TLS": ({"Bool": {"aws:SecureTransport": "false"}}, True),
    "TLS": ({"Bool": {"aws:SecureTransport": "true"}}, False),
    "later than a day": ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
    "later than a second": ({"NumericGreaterThan": {"aws:EpochTime": "1700000000"}}, True),
    "in the past": ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
    "a session's time": ({"Null": {"aws:TokenIssueTime": "true"}}, True),
    "MFA": ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
    "an identity": ({"StringLike": {"cognito-identity.amazonaws.com:sub": "*"}}, False),
}


@pytest.mark.parametrize("name", FACTS)
def test_conditions_read_the_servers_facts(sqlite_house: TestHouse, name: str) -> None:
    """IAM-06"""
    condition, expected = FACTS[name]
    tags = [{"Key": "team", "Value": "a"}]
    keys = user(sqlite_house, "ann", allow(READS, **condition), Tags=tags)
    assert lists(sqlite_house, keys) == expected


def test_a_header_cannot_set_a_fact(sqlite_house: TestHouse) -> None:
    """IAM-06: the same decision whatever a client says of itself."""
    inside: dict[str, Any] = {"IpAddress": {"aws:SourceIp": "203.0.113.7/32"}}
    tagged = {"StringEquals": {"aws:PrincipalTag/team": "a"}}
    safe = {"Bool": {"aws:SecureTransport": "true", "aws:MultiFactorAuthPresent": "true"}}
    known = {"StringLike": {"cognito-identity.amazonaws.com:sub": "*"}}
    conditions = (inside, tagged, safe, known)
    keys = user(sqlite_house, "ann", *(allow(READS, **condition) for condition in conditions))
    client = sqlite_house.client("iam", **keys)
    spoofed = {
        "x-forwarded-for": "203.0.113.7",
        "x-real-ip": "203.0.113.7",
        "forwarded": "for=203.0.113.7;proto=https",
        "x-forwarded-proto": "https",
        "aws-principaltag-team": "a",
        "x-amz-principal-tag-team": "a",
        "aws-multifactorauthpresent": "true",
        "cognito-identity.amazonaws.com-sub": "x",
    }

    def spoof(request: Any, **_: Any) -> None:
        for name, value in spoofed.items():
            request.headers[name] = value

    client.meta.events.register("before-sign.iam", spoof)
    with refused("AccessDenied", "because no identity-based policy"):
        client.list_users()


def test_the_forwarded_address_counts_where_a_trusted_proxy_says_it(
    sqlite_house: TestHouse,
) -> None:
    """IAM-06"""
    inside: dict[str, Any] = {"IpAddress": {"aws:SourceIp": "203.0.113.7/32"}}
    keys = user(sqlite_house, "ann", allow(READS, **inside))
    behind = sqlite_house.settings.model_copy(update={"trusted_proxies": ("127.0.0.1",)})
    with furnished(behind) as other:
        client = other.client("iam", **keys)
        for address, expected in (("203.0.113.7", True), ("203.0.113.7, 10.0.0.9", False)):
            client.meta.events.register(
                "before-sign.iam",
                lambda request, address=address, **_: request.headers.add_header(
                    "X-Forwarded-For", address
                ),
                unique_id="forwarded",
            )
            assert denied(client.list_users) != expected
            client.meta.events.unregister("before-sign.iam", unique_id="forwarded")


def test_a_variable_stands_for_the_callers_own_name(sqlite_house: TestHouse) -> None:
    """IAM-07"""
    own = allow("iam:GetUser", f"{USER}${{aws:username}}")
    keys = user(sqlite_house, "ann", own)
    user(sqlite_house, "anna", own)
    mine = sqlite_house.client("iam", **keys)
    mine.get_user(UserName="ann")
    assert denied(lambda: mine.get_user(UserName="anna"))


def test_credentials_of_get_session_token_have_no_iam_and_little_of_sts(
    house: TestHouse,
) -> None:
    keys = user(house, "ann", allow("*"))
    arn = role(house, "r", trust({"AWS": f"{USER}ann"}))
    for signer in (keys, None):
        made = house.client("sts", **(signer or {})).get_session_token()["Credentials"]
        session: Keys = {
            "aws_access_key_id": made["AccessKeyId"],
            "aws_secret_access_key": made["SecretAccessKey"],
            "aws_session_token": made["SessionToken"],
        }
        sts = house.client("sts", **session)
        before = house.client("sts", **(signer or {})).get_caller_identity()
        assert sts.get_caller_identity()["Arn"] == before["Arn"]
        house.client("cognito-idp", **session).list_user_pools(MaxResults=1)
        iam = house.client("iam", **session)
        for call in (iam.list_users, iam.get_user, iam.list_access_keys):
            assert denied(call)
        with refused("AccessDenied", "with session credentials", 403):
            sts.get_session_token()
        if signer:
            sts.assume_role(RoleArn=arn, RoleSessionName="from-session")
