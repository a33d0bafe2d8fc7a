"""What an operation is given besides what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from poolhouse.access.resources import of_request_tags
from poolhouse.contract.callers import NOTHING_GIVEN, Caller, Given, Signed, Tags, no_tags
from poolhouse.contract.shape import Operation, Refusal, Refused, Service
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit
from poolhouse.values import Value

CallerT = TypeVar("CallerT", bound=Caller)


class Origin(Value, frozen=True):
    """Where a request came from, as the server itself saw it: the peer's address, or what a
    trusted proxy says of it."""

    request_id: str
    source_ip: str = ""
    user_agent: str = ""


class Call(Value, Generic[CallerT], frozen=True):
    """One ask on its way. `caller` says what was proved; `now` is the moment it arrived
    (epoch seconds); `region` is the one signed for, or the server's own."""

    caller: CallerT
    unit: Unit
    services: Services
    origin: Origin
    region: str
    now: float

    @property
    def account(self) -> str:
        return self.services.settings.account_id


def require(
    caller: Signed,
    action: str,
    resource: str,
    given: Given = NOTHING_GIVEN,
    tags: Tags = no_tags,
) -> None:
    """Refuses a caller whose policies do not allow `action` on the ARN `resource`.

    `given` are condition keys besides those of the request, `tags` those of the resource.

    Raises:
        Refused: ACCESS_DENIED, in AWS's words.
    """
    reason = caller.authority.denies(action, resource, given, tags)
    if reason is not None:
        raise Refused(
            Refusal.ACCESS_DENIED,
            f"User: {caller.arn} is not authorized to perform: {action} "
            f"on resource: {resource}{reason}",
        )


def require_to_pass(caller: Signed, role: str, service: Service) -> None:
    """Refuses a caller who may not hand the role to the service.

    Raises:
        Refused: ACCESS_DENIED, in AWS's words.
    """
    principal = f"{service.name}.amazonaws.com"
    require(caller, "iam:PassRole", role, {"iam:PassedToService": principal})


def require_to_tag(
    caller: Signed, tagging: Operation[Any, Any, Any], tags: Mapping[str, str] | None
) -> None:
    """Refuses a caller who may not give a new pool these tags. AWS asks so for all resources
    (seen: aws-samples/aws-saas-factory-bootcamp issue 58).

    Raises:
        Refused: ACCESS_DENIED, in AWS's words.
    """
    if tags:
        require(caller, tagging.action, "*", of_request_tags(tags))
