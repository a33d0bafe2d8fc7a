"""What a user's groups mean: their order, and the roles they lend."""

from __future__ import annotations

from collections.abc import Iterable

from poolhouse.userpools.groups.rows import Group
from poolhouse.values import Value

MOST_GROUPS_OF_A_USER = 100
MOST_GROUPS_OF_A_POOL = 10_000


class GroupClaims(Value, frozen=True):
    """`cognito:groups`, `cognito:roles` and `cognito:preferred_role`; empty ones are left out."""

    groups: tuple[str, ...]
    roles: tuple[str, ...]
    preferred_role: str | None


def in_order(groups: Iterable[Group]) -> list[Group]:
    """Highest precedence (lowest number) first, none last, then by name."""
    return sorted(groups, key=lambda g: (g.precedence is None, g.precedence or 0, g.name))


def claims(groups: Iterable[Group]) -> GroupClaims:
    """The claims of a user in these groups."""
    ordered = in_order(groups)
    roles = tuple(dict.fromkeys(group.role_arn for group in ordered if group.role_arn))
    return GroupClaims(tuple(group.name for group in ordered), roles, preferred_role(ordered))


def preferred_role(groups: Iterable[Group]) -> str | None:
    """The role of the group with the best precedence. Where several groups share the best
    precedence with different roles there is none; where there is one role at all, that one."""
    with_role = [group for group in groups if group.role_arn]
    if not with_role:
        return None
    best = min(_rank(group) for group in with_role)
    roles = {group.role_arn for group in with_role if _rank(group) == best}
    return roles.pop() if len(roles) == 1 else None


def _rank(group: Group) -> tuple[bool, int]:
    return group.precedence is None, group.precedence or 0
