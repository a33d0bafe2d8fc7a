"""May the caller do this to that user, role or policy?

The operations of iam and sts ask it themselves, first thing (`open_to_all`): only they can know
the path in an ARN, or the boundary and tags that a condition may test.
"""

from __future__ import annotations

from collections.abc import Mapping

from poolhouse.contract.callers import NOTHING_GIVEN, Given, Signed
from poolhouse.kernel.call import Call, require
from poolhouse.kernel.catalogue import AnyOperation


def permit(
    call: Call[Signed], operation: AnyOperation, resource: str, given: Given = NOTHING_GIVEN
) -> None:
    """Refuses a caller whose policies do not allow the operation on the ARN `resource`.

    `given` are condition keys besides those of the request: tags, boundary, policy ARN.

    Raises:
        Refused: ACCESS_DENIED, in AWS's words.
    """
    require(call.caller, operation.action, resource, given)


def of_holder(tags: Mapping[str, str], boundary_arn: str | None) -> dict[str, str | list[str]]:
    """Condition keys of the user or role that is acted on."""
    facts: dict[str, str | list[str]] = {}
    for key, value in tags.items():
        facts[f"aws:ResourceTag/{key}"] = value
        facts[f"iam:ResourceTag/{key}"] = value
    if boundary_arn:
        facts["iam:PermissionsBoundary"] = boundary_arn
    return facts
