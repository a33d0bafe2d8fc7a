"""What an asker narrows its new session with, checked: policies and tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from poolhouse.contract import sts as api
from poolhouse.contract.shape import Refusal, Refused
from poolhouse.iam.credentials.issue import Issued
from poolhouse.iam.policies.store import ManagedPolicies
from poolhouse.iam.sts.rules import MOST_POLICY_ARNS, check_session_policy
from poolhouse.kernel.unit import Unit


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Texts and ARNs of session policies. With none of either, nothing is narrowed."""

    policies: tuple[str, ...]
    policy_arns: tuple[str, ...]

    @property
    def is_any(self) -> bool:
        return bool(self.policies or self.policy_arns)


def narrowing(
    unit: Unit, policy: str | None, arns: Sequence[api.PolicyDescriptorType] | None
) -> Narrowing:
    """Raises MalformedPolicyDocument, PackedPolicyTooLarge, Refused(INVALID) for an ARN that is
    no managed policy: its session would permit nothing, which its asker cannot have meant."""
    if policy is not None:
        check_session_policy(policy)
    named = tuple(dict.fromkeys(item.arn for item in arns or () if item.arn is not None))
    if len(named) > MOST_POLICY_ARNS:
        raise Refused(Refusal.INVALID, f"At most {MOST_POLICY_ARNS} PolicyArns can be given.")
    if named and len(ManagedPolicies(unit).documents(named)) != len(named):
        raise Refused(Refusal.INVALID, "A policy of PolicyArns does not exist.")
    return Narrowing(() if policy is None else (policy,), named)


def as_credentials(issued: Issued) -> api.Credentials:
    return api.Credentials(
        access_key_id=issued.access_key_id,
        secret_access_key=issued.secret_access_key,
        session_token=issued.session_token,
        expiration=issued.expires_at,
    )


def packed_size(issued: Issued, narrowed: Narrowing, tags: Mapping[str, str]) -> int | None:
    return issued.packed if narrowed.is_any or tags else None
