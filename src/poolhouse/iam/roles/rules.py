"""What a trust policy must be, and what it means."""

from __future__ import annotations

from poolhouse.access.policy.evaluate import trusts
from poolhouse.access.policy.principals import Principal
from poolhouse.contract import iam as api
from poolhouse.iam.policies.rules import TRUST_LIMIT, check, trust_policy

SHORTEST_MAX_SESSION = 3600
"""Seconds; also what a role has where nothing is said."""

_COGNITO = Principal("Federated", ("cognito-identity.amazonaws.com",))
_WEB = "sts:AssumeRoleWithWebIdentity"


def check_trust(document: str) -> None:
    """Raises MalformedPolicyDocument, and LimitExceeded beyond 2,048 characters."""
    try:
        check(document, "trust", TRUST_LIMIT)
    except api.LimitExceededException:
        raise api.LimitExceededException(
            f"Cannot exceed quota for ACLSizePerRole: {TRUST_LIMIT}"
        ) from None


def names_no_pool(trust: str) -> bool:
    """Whether it lets in the identities of whichever identity pool, guests among them. IAM stores
    no such policy any more; here it is stored and warned of, because programs of old bring it."""
    known = {"cognito-identity.amazonaws.com:amr": ["authenticated", "unauthenticated"]}
    return trusts(trust_policy(trust), action=_WEB, principal=_COGNITO, context=known)
