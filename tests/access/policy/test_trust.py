from __future__ import annotations

from typing import Any

import pytest

from poolhouse.access.policy.document import parse_policy
from poolhouse.access.policy.evaluate import trusts
from poolhouse.access.policy.principals import Principal
from tests.access.policy.documents import Facts, text

ACCOUNT, OTHER_ACCOUNT = "123456789012", "210987654321"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/reader"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/ann"
ROLE_ID = "AROAEXAMPLEEXAMPLEID"
WEB = "sts:AssumeRoleWithWebIdentity"
ASSUME = "sts:AssumeRole"

READER = Principal("AWS", (SESSION, ROLE, ROLE_ID), ACCOUNT)
USER = Principal("AWS", (f"arn:aws:iam::{OTHER_ACCOUNT}:user/bob",), OTHER_ACCOUNT)
COGNITO = Principal("Federated", ("cognito-identity.amazonaws.com",))
OIDC_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com/pool"
OIDC = Principal("Federated", (OIDC_ARN,), ACCOUNT)
SERVICE = Principal("Service", ("lambda.amazonaws.com",))
EVERYBODY = [READER, USER, COGNITO, OIDC, SERVICE]


def trusted(
    *statements: dict[str, Any],
    by: Principal,
    action: str = ASSUME,
    context: Facts | None = None,
) -> bool:
    policy = parse_policy(text(*statements), kind="trust")
    return trusts(policy, action=action, principal=by, context=context or {})


def rule(effect: str = "Allow", action: object = "sts:*", **elements: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, **elements}


@pytest.mark.parametrize(
    ("element", "named"),
    [
        ("*", EVERYBODY),
        ({"AWS": "*"}, [READER, USER]),
        ({"AWS": ACCOUNT}, [READER]),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, [READER]),
        ({"AWS": ROLE}, [READER]),
        ({"AWS": SESSION}, [READER]),
        ({"AWS": ROLE_ID}, [READER]),
        ({"AWS": ROLE.upper().replace("ARN:AWS:IAM", "arn:aws:iam").replace("ROLE", "role")}, []),
        ({"AWS": ROLE + "s"}, []),
        ({"AWS": ROLE[:-1]}, []),
        ({"AWS": [OTHER_ACCOUNT, ROLE]}, [READER, USER]),
        ({"Federated": "cognito-identity.amazonaws.com"}, [COGNITO]),
        ({"Federated": OIDC_ARN}, [OIDC]),
        ({"Federated": OIDC_ARN + "/x"}, []),
        ({"Service": "lambda.amazonaws.com"}, [SERVICE]),
        ({"Service": "cognito-identity.amazonaws.com"}, []),
        ({"Federated": "lambda.amazonaws.com"}, []),
        (
            {"AWS": ROLE, "Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]},
            [READER, SERVICE],
        ),
    ],
    ids=str,
)
def test_a_principal_is_trusted_where_it_is_named(element: object, named: list[Principal]) -> None:
    """IAM-03"""
    allowed = [by for by in EVERYBODY if trusted(rule(Principal=element), by=by)]
    assert allowed == named
    allowing = rule(Principal="*")
    denied = [
        by for by in EVERYBODY if not trusted(allowing, rule("Deny", Principal=element), by=by)
    ]
    # A Deny takes {"AWS": "*"} as everyone, as AWS does; an Allow keeps to the kind it names.
    assert denied == (EVERYBODY if element == {"AWS": "*"} else named)


@pytest.mark.parametrize(
    ("element", "spared"),
    [
        ("*", EVERYBODY),
        ({"AWS": ROLE}, [READER]),
        ({"AWS": ROLE + "s"}, []),
        ({"Federated": "cognito-identity.amazonaws.com"}, [COGNITO]),
        ({"AWS": ROLE, "Service": "lambda.amazonaws.com"}, [READER, SERVICE]),
        # The example of AWS's guide: the account stands beside the one user of it that is spared.
        ({"AWS": [f"arn:aws:iam::{OTHER_ACCOUNT}:user/bob", OTHER_ACCOUNT]}, [USER]),
        ({"AWS": [f"arn:aws:iam::{ACCOUNT}:user/ann", f"arn:aws:iam::{ACCOUNT}:root"]}, []),
        ({"AWS": ACCOUNT}, []),
    ],
    ids=str,
)
def test_a_not_principal_spares_whom_it_names_and_not_their_account(
    element: object, spared: list[Principal]
) -> None:
    """IAM-03"""
    statements = rule(Principal="*"), rule("Deny", NotPrincipal=element)
    assert [by for by in EVERYBODY if trusted(*statements, by=by)] == spared


def test_only_the_named_actions_are_trusted() -> None:
    statement = rule(action=[WEB, "sts:Tag*"], Principal="*")
    assert trusted(statement, by=COGNITO, action=WEB)
    assert trusted(statement, by=COGNITO, action="sts:tagsession")
    assert not trusted(statement, by=COGNITO, action=ASSUME)
    inverted = {"Effect": "Allow", "Principal": "*", "NotAction": ASSUME}
    assert trusted(inverted, by=COGNITO, action=WEB)
    assert not trusted(inverted, by=COGNITO, action=ASSUME)


def test_an_explicit_deny_wins() -> None:
    """IAM-01"""
    allow, deny = rule(Principal="*"), rule("Deny", Principal={"AWS": ROLE})
    assert not trusted(allow, deny, by=READER)
    assert not trusted(deny, allow, by=READER)
    assert trusted(deny, allow, by=USER)


POOL = "eu-west-1:11111111-2222-3333-4444-555555555555"
AUD, AMR = "cognito-identity.amazonaws.com:aud", "cognito-identity.amazonaws.com:amr"
GUARDED = rule(
    action=WEB,
    Principal={"Federated": "cognito-identity.amazonaws.com"},
    Condition={
        "StringEquals": {AUD: POOL},
        "ForAnyValue:StringLike": {AMR: "authenticated"},
    },
)


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({AUD: POOL, AMR: ["authenticated", "idp.example.com"]}, True),
        ({AUD: POOL, AMR: ["authenticated"]}, True),
        ({AUD: POOL, AMR: ["unauthenticated"]}, False),
        ({AUD: POOL}, False),
        ({AUD: POOL, AMR: []}, False),
        ({AMR: ["authenticated"]}, False),
        ({AUD: POOL + "0", AMR: ["authenticated"]}, False),
        ({}, False),
    ],
)
def test_the_usual_trust_policy_of_an_identity_pool(context: Facts, expected: bool) -> None:
    assert trusted(GUARDED, by=COGNITO, action=WEB, context=context) is expected


def test_an_identity_policy_trusts_nobody() -> None:
    """IAM-01"""
    policy = parse_policy(
        text({"Effect": "Allow", "Action": "*", "Resource": "*"}), kind="identity"
    )
    for by in EVERYBODY:
        assert not trusts(policy, action=ASSUME, principal=by, context={})
