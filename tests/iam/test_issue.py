"""Session tokens as they are made and read back, and who may be let in by somebody else's token."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from poolhouse.contract import sts
from poolhouse.contract.shape import Refused
from poolhouse.iam.credentials.issue import issue
from poolhouse.iam.credentials.session import Session, session_of
from poolhouse.iam.roles.rows import Role
from poolhouse.iam.sts.federated import WebIdentity, refused_action
from poolhouse.iam.sts.rules import check_session_policy, lifetime_of_role
from tests.iam.people import ROLE, Keys, allow, denied, document, refused, role, trust
from tests.support.house import ACCOUNT, TestHouse

POOL = "us-east-1:11111111-2222-3333-4444-555555555555"
WEB = "sts:AssumeRoleWithWebIdentity"
COGNITO = "cognito-identity.amazonaws.com"
PRINCIPAL = {"Federated": COGNITO}


def keys_of(house: TestHouse, arn: str, role_id: str | None, **more: object) -> Keys:
    made = issue(
        house.services,
        role_arn=arn,
        role_id=role_id,
        session_name="CognitoIdentityCredentials",
        lifetime=3600,
        now=house.clock.now(),
        **more,  # type: ignore[arg-type]
    )
    return {
        "aws_access_key_id": made.access_key_id,
        "aws_secret_access_key": made.secret_access_key,
        "aws_session_token": made.session_token,
    }


def test_a_role_that_iam_does_not_know_permits_nothing_but_a_name(house: TestHouse) -> None:
    keys = keys_of(house, f"{ROLE}elsewhere", None)
    who = house.client("sts", **keys).get_caller_identity()
    assert who["Arn"] == (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/elsewhere/CognitoIdentityCredentials"
    )
    assert who["UserId"].startswith("AROA")
    assert keys_of(house, f"{ROLE}elsewhere", None) != keys
    assert house.client("sts", **keys).get_caller_identity()["UserId"] == who["UserId"]
    with refused("AccessDeniedException", "because no identity-based policy allows"):
        house.client("cognito-idp", **keys).list_user_pools(MaxResults=1)
    role(house, "elsewhere", trust(PRINCIPAL, WEB), allow("*"))
    with refused("AccessDeniedException"):
        house.client("cognito-idp", **keys).list_user_pools(MaxResults=1)


def test_the_facts_of_the_sign_in_last_as_long_as_the_session(house: TestHouse) -> None:
    """IAM-06"""
    condition: dict[str, Any] = {
        "StringEquals": {
            f"{COGNITO}:sub": "identity-1",
            "aws:FederatedProvider": COGNITO,
            "aws:PrincipalTag/team": "a",
        },
        "ForAnyValue:StringLike": {f"{COGNITO}:amr": "authenticated"},
        "Null": {"aws:MultiFactorAuthPresent": "true"},
    }
    own = allow("iam:ListUsers", **condition)
    arn = role(house, "r", trust(PRINCIPAL, WEB), own)
    role_id = house.client("iam").get_role(RoleName="r")["Role"]["RoleId"]

    def lists(subject: str, tags: dict[str, str]) -> bool:
        context = {
            f"{COGNITO}:sub": subject,
            f"{COGNITO}:amr": ["authenticated", "x"],
            "aws:FederatedProvider": COGNITO,
        }
        keys = keys_of(house, arn, role_id, context=context, tags=tags)
        return not denied(house.client("iam", **keys).list_users)

    assert lists("identity-1", {"team": "a"})
    assert not lists("identity-2", {"team": "a"})
    assert not lists("identity-1", {"team": "*"})
    assert not lists("identity-1", {})


def test_a_token_is_sealed_whole(sqlite_house: TestHouse) -> None:
    """SIG-08"""
    services = sqlite_house.services
    made = issue(
        services,
        role_arn=f"{ROLE}r",
        role_id="AROA1",
        session_name="name",
        lifetime=900,
        now=1000.5,
        session_policies=[document(allow("*"))],
        tags={"a": "b"},
    )
    session = session_of(services.sealer, made.session_token)
    assert session is not None
    assert (session.access_key_id, session.expires_at) == (made.access_key_id, 1900.0)
    assert made.secret_access_key not in base64.b64decode(made.session_token).decode("latin-1")
    for shown in (repr(made), repr(session), str(session), f"{session!r:>5}"):
        assert made.secret_access_key not in shown
        assert made.session_token not in shown
    octets = base64.b64decode(made.session_token)
    for place in range(0, len(octets), 7):
        altered = bytearray(octets)
        altered[place] ^= 1
        assert session_of(services.sealer, base64.b64encode(bytes(altered)).decode()) is None
    elsewhere = services.sealer.seal(b"\x90", "challenge session")
    given = ("", "é", "IQoJb3JpZ2lu", base64.b64encode(b"!\n\torigin" + elsewhere).decode())
    for token in given:
        assert session_of(services.sealer, token) is None
    assert "secret" in Session.__struct_fields__


def test_what_no_token_can_hold_is_refused(sqlite_house: TestHouse) -> None:
    """IDP-10"""
    tags = {f"{n}{'k' * 100}": "v" * 256 for n in range(50)}
    with pytest.raises(sts.PackedPolicyTooLargeException):
        keys_of(sqlite_house, f"{ROLE}r", "AROA1", tags=tags)


AUD = {"StringEquals": {f"{COGNITO}:aud": POOL}}
AUTHENTICATED = {**AUD, "ForAnyValue:StringLike": {f"{COGNITO}:amr": "authenticated"}}
PERSON = WebIdentity(
    COGNITO, "identity-1", POOL,
    {f"{COGNITO}:aud": POOL, f"{COGNITO}:sub": "identity-1",
     f"{COGNITO}:amr": ["authenticated", "cognito-idp"]},
)  # fmt: skip
GUEST = replace(PERSON, context={**PERSON.context, f"{COGNITO}:amr": ["unauthenticated"]})
OTHERS = replace(PERSON, context={**PERSON.context, f"{COGNITO}:aud": "us-east-1:other"})
TAGGED = replace(PERSON, tags={"team": "a"})

LET_IN: dict[str, tuple[str, WebIdentity, str | None]] = {
    "a person": (trust(PRINCIPAL, WEB, **AUTHENTICATED), PERSON, None),
    "a guest": (trust(PRINCIPAL, WEB, **AUTHENTICATED), GUEST, WEB),
    "another pool's person": (trust(PRINCIPAL, WEB, **AUTHENTICATED), OTHERS, WEB),
    "a guest where guests may": (trust(PRINCIPAL, WEB, **AUD), GUEST, None),
    "a person by another provider": (trust({"Federated": "accounts.google.com"}, WEB), PERSON, WEB),
    "a person where AWS principals may": (trust({"AWS": "*"}, WEB), PERSON, WEB),
    "a person for another verb": (trust(PRINCIPAL, "sts:AssumeRole"), PERSON, WEB),
    "a person with tags": (trust(PRINCIPAL, [WEB, "sts:TagSession"], **AUD), TAGGED, None),
    "a person with tags that are not let in": (trust(PRINCIPAL, WEB), TAGGED, "sts:TagSession"),
    "a person with a wrong tag": (
        trust(
            PRINCIPAL, [WEB, "sts:TagSession"], StringEquals={"aws:RequestTag/team": "b"}
        ), TAGGED, WEB,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LET_IN)
def test_the_trust_policy_lets_in(name: str) -> None:
    """IDP-01"""
    trusted, identity, expected = LET_IN[name]
    asked = Role("AROA1", "r", "/", f"{ROLE}r", trusted, None, 3600, None, {}, 0.0)
    assert refused_action(asked, identity, "name", {}) == expected


def test_lifetimes_have_their_limits() -> None:
    """IDP-09"""
    assert lifetime_of_role(None, 43_200, chained=True) == 3600
    assert lifetime_of_role(43_200, 43_200, chained=False) == 43_200
    for asked, most, chained in ((3601, 3600, False), (3601, 43_200, True)):
        with pytest.raises(Refused):
            lifetime_of_role(asked, most, chained=chained)


def test_white_space_counts_in_a_session_policy() -> None:
    """IDP-10"""
    text = document(allow("*"))
    check_session_policy(text + " " * (2048 - len(text)))
    with pytest.raises(sts.PackedPolicyTooLargeException):
        check_session_policy(text + " " * (2049 - len(text)))
    with pytest.raises(sts.MalformedPolicyDocumentException):
        check_session_policy("[]")
