"""A user or role that the caller may act on, and the user that the caller is."""

from __future__ import annotations

from poolhouse import arns
from poolhouse.contract.callers import NOTHING_GIVEN, Given, Signed
from poolhouse.contract.shape import Refusal, Refused
from poolhouse.iam.credentials.authority import actor_of
from poolhouse.iam.permission import of_holder, permit
from poolhouse.iam.roles.rows import Role
from poolhouse.iam.roles.store import Roles
from poolhouse.iam.roles.store import missing as missing_role
from poolhouse.iam.users.rows import User
from poolhouse.iam.users.store import Users
from poolhouse.iam.users.store import missing as missing_user
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import AnyOperation


def permitted_user(
    call: Call[Signed],
    operation: AnyOperation,
    name: str,
    given: Given = NOTHING_GIVEN,
    *,
    lock: bool = False,
) -> User:
    """The user, locked where `lock`. Whether the caller may comes before whether it exists.

    Raises:
        Refused: ACCESS_DENIED.
        NoSuchEntityException: there is no such user.
    """
    users = Users(call.unit)
    user = users.lock(name) if lock else users.find(name)
    if user is None:
        permit(call, operation, arns.user(call.account, "/", name), given)
        raise missing_user(name)
    facts = of_holder(user.tags, user.boundary_arn)
    permit(call, operation, user.arn, {**facts, **given})
    return user


def permitted_role(
    call: Call[Signed],
    operation: AnyOperation,
    name: str,
    given: Given = NOTHING_GIVEN,
    *,
    lock: bool = False,
) -> Role:
    """The role, locked where `lock`. Whether the caller may comes before whether it exists.

    Raises:
        Refused: ACCESS_DENIED.
        NoSuchEntityException: there is no such role.
    """
    roles = Roles(call.unit)
    role = roles.lock(name) if lock else roles.find(name)
    if role is None:
        permit(call, operation, arns.role(call.account, "/", name), given)
        raise missing_role(name)
    facts = of_holder(role.tags, role.boundary_arn)
    permit(call, operation, role.arn, {**facts, **given})
    return role


def own_name(call: Call[Signed]) -> str:
    """The name of the user who asks. Raises Refused where it is not a user."""
    actor = actor_of(call.caller)
    if actor is None or actor.kind != "user":
        raise Refused(
            Refusal.INVALID, "Must specify userName when calling with non-User credentials"
        )
    return actor.name
