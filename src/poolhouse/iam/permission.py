"""May the caller do this to that user, role or policy?

The operations of iam and sts ask it themselves, first thing (`open_to_all`): only they can know
the path in an ARN, or the boundary and tags that a condition may test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from poolhouse.contract.callers import Signed
from poolhouse.contract.shape import Refusal, Refused
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import AnyOperation

Given = Mapping[str, str | list[str]]


@runtime_checkable
class Conditional(Protocol):
    """An authority that can be told what only the operation knows."""

    def denies_given(self, action: str, resource: str, given: Given) -> str | None: ...


def permit(
    call: Call[Signed], operation: AnyOperation, resource: str, given: Given | None = None
) -> None:
    """Refuses a caller whose policies do not allow the operation on the ARN `resource`.

    `given` are condition keys besides those of the request: tags, boundary, policy ARN.

    Raises:
        Refused: ACCESS_DENIED, in AWS's words.
    """
    permit_action(call.caller, operation.action, resource, given)


def permit_action(caller: Signed, action: str, resource: str, given: Given | None = None) -> None:
    authority = caller.authority
    if isinstance(authority, Conditional):
        reason = authority.denies_given(action, resource, given or {})
    else:
        reason = authority.denies(action, resource)
    if reason is not None:
        raise Refused(
            Refusal.ACCESS_DENIED,
            f"User: {caller.arn} is not authorized to perform: {action} "
            f"on resource: {resource}{reason}",
        )


def of_request_tags(tags: Mapping[str, str]) -> dict[str, str | list[str]]:
    """Condition keys of tags that are asked for."""
    if not tags:
        return {}
    return {f"aws:RequestTag/{key}": value for key, value in tags.items()} | {
        "aws:TagKeys": list(tags)
    }


def of_holder(tags: Mapping[str, str], boundary_arn: str | None) -> dict[str, str | list[str]]:
    """Condition keys of the user or role that is acted on."""
    facts: dict[str, str | list[str]] = {}
    for key, value in tags.items():
        facts[f"aws:ResourceTag/{key}"] = value
        facts[f"iam:ResourceTag/{key}"] = value
    if boundary_arn:
        facts["iam:PermissionsBoundary"] = boundary_arn
    return facts
