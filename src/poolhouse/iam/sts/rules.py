"""For how long credentials last, and what may narrow them."""

from __future__ import annotations

from poolhouse.access.policy.document import parse_policy
from poolhouse.access.policy.malformed import MalformedPolicy
from poolhouse.contract import sts as api
from poolhouse.contract.shape import Refusal, Refused

USUAL = 3600
CHAINED = 3600
"""Seconds; a role assumed by a role lasts an hour at most, whatever the role says."""

LONGEST_SESSION_POLICY = 2048
MOST_POLICY_ARNS = 10
_USERS_USUAL, _ROOTS_LONGEST = 43_200, 3600


def lifetime_of_role(asked: int | None, max_session: int, *, chained: bool) -> int:
    """Seconds. Raises Refused(INVALID) beyond what the role, or chaining, allows."""
    wanted = USUAL if asked is None else asked
    if wanted > max_session:
        raise Refused(
            Refusal.INVALID,
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    if chained and wanted > CHAINED:
        raise Refused(
            Refusal.INVALID,
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed "
            "by role chaining",
        )
    return wanted


def lifetime_of_session_token(asked: int | None, *, root: bool) -> int:
    """Seconds. The root's is cut to an hour without an error, as AWS does."""
    wanted = _USERS_USUAL if asked is None else asked
    return min(wanted, _ROOTS_LONGEST) if root else wanted


def check_session_policy(document: str) -> None:
    """Raises MalformedPolicyDocument; PackedPolicyTooLarge beyond 2,048 characters."""
    if len(document) > LONGEST_SESSION_POLICY:
        raise api.PackedPolicyTooLargeException(
            f"The session policy is longer than {LONGEST_SESSION_POLICY} characters."
        )
    try:
        parse_policy(document, kind="identity", limit=LONGEST_SESSION_POLICY)
    except MalformedPolicy as error:
        raise api.MalformedPolicyDocumentException(error.message) from None
