"""What a user's groups mean."""

from __future__ import annotations

import pytest

from poolhouse.userpools.groups.rows import Group
from poolhouse.userpools.groups.rules import claims, in_order, preferred_role

ADMIN, READER = "arn:aws:iam::000000000000:role/admin", "arn:aws:iam::000000000000:role/reader"


def group(name: str, precedence: int | None = None, role: str | None = None) -> Group:
    return Group("us-east-1_x", name, None, role, precedence, 0.0, 0.0)


def test_groups_are_in_order_of_precedence_then_name() -> None:
    found = in_order([group("none"), group("b", 5), group("a", 5), group("first", 0)])
    assert [g.name for g in found] == ["first", "a", "b", "none"]


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([], None),
        ([group("a")], None),
        ([group("a", 1, ADMIN), group("b", 2, READER)], ADMIN),
        ([group("a", 2, ADMIN), group("b", 1, READER)], READER),
        ([group("a", 1, ADMIN), group("b", 1, READER)], None),
        ([group("a", 1, ADMIN), group("b", 1, ADMIN), group("c", 2, READER)], ADMIN),
        ([group("a", None, ADMIN)], ADMIN),
        ([group("a", None, ADMIN), group("b", None, READER)], None),
        ([group("a", None, ADMIN), group("b", 9, READER)], READER),
        ([group("best", 0), group("b", 3, READER)], READER),
        ([group("zero", 0, ADMIN), group("b", 1, READER)], ADMIN),
    ],
)
def test_the_preferred_role_is_the_best_ones_unless_it_is_a_tie(
    groups: list[Group], expected: str | None
) -> None:
    """CGN-23"""
    assert preferred_role(groups) == expected


def test_roles_are_named_once_and_absent_claims_are_empty() -> None:
    found = claims([group("a", 1, ADMIN), group("b", 2, ADMIN), group("c")])
    assert found.groups == ("a", "b", "c")
    assert found.roles == (ADMIN,)
    assert claims([]).groups == () and claims([]).preferred_role is None
