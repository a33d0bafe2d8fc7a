"""What users and roles alike do with policies: put, attach, bound, let go."""

from __future__ import annotations

from typing import Literal

from poolhouse.contract import iam as api
from poolhouse.iam.policies import rules
from poolhouse.iam.policies.store import HeldPolicies, ManagedPolicies
from poolhouse.kernel.unit import Unit

HolderKind = Literal["user", "role"]


def put_inline(held: HeldPolicies, kind: HolderKind, holder: str, name: str, document: str) -> None:
    """Raises MalformedPolicyDocument, and LimitExceeded beyond the holder's quota."""
    limit = rules.INLINE_LIMITS[kind]
    rules.check(document, "identity", limit)
    others = [text for known, text in held.inline().items() if known != name]
    if sum(map(rules.weight, [*others, document])) > limit:
        raise api.LimitExceededException(
            f"Maximum policy size of {limit} bytes exceeded for {kind} {holder}"
        )
    held.put_inline(name, document)


def inline_document(held: HeldPolicies, kind: HolderKind, name: str) -> str:
    """The document as IAM answers it. Raises NoSuchEntity."""
    document = held.find_inline(name)
    if document is None:
        raise missing_inline(kind, name)
    return rules.url_encoded(document)


def remove_inline(held: HeldPolicies, kind: HolderKind, name: str) -> None:
    if not held.remove_inline(name):
        raise missing_inline(kind, name)


def attach(unit: Unit, held: HeldPolicies, kind: HolderKind, arn: str) -> None:
    """Raises NoSuchEntity, and LimitExceeded beyond ten."""
    try:
        ManagedPolicies(unit).lock(arn)
    except api.NoSuchEntityException:
        raise api.NoSuchEntityException(
            f"Policy {arn} does not exist or is not attachable."
        ) from None
    held.attach(arn)
    if held.count_attached() > rules.MOST_ATTACHED:
        quota = f"Policies{'PerUser' if kind == 'user' else 'PerRole'}"
        raise api.LimitExceededException(f"Cannot exceed quota for {quota}: {rules.MOST_ATTACHED}")


def detach(held: HeldPolicies, arn: str) -> None:
    if not held.detach(arn):
        raise api.NoSuchEntityException(f"Policy {arn} was not found.")


def check_boundary(unit: Unit, arn: str | None) -> None:
    """A boundary is a managed policy of this account, and stays as long as it bounds."""
    if arn is None:
        return
    try:
        ManagedPolicies(unit).lock(arn)
    except api.NoSuchEntityException:
        raise api.NoSuchEntityException(
            f"Scope ARN: {arn} does not exist or is not attachable."
        ) from None


def check_bare(held: HeldPolicies) -> None:
    """Raises DeleteConflict while a holder has policies."""
    if held.inline_names("", 1):
        raise api.DeleteConflictException("Cannot delete entity, must delete policies first.")
    if held.count_attached():
        raise api.DeleteConflictException("Cannot delete entity, must detach all policies first.")


def missing_inline(kind: HolderKind, name: str) -> api.NoSuchEntityException:
    return api.NoSuchEntityException(f"The {kind} policy with name {name} cannot be found.")


def as_boundary(arn: str | None) -> api.AttachedPermissionsBoundary | None:
    if arn is None:
        return None
    return api.AttachedPermissionsBoundary(
        permissions_boundary_arn=arn, permissions_boundary_type="PermissionsBoundaryPolicy"
    )
