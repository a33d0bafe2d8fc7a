"""What becomes of an identity when logins are brought, without a house."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poolhouse.contract import cognito_identity as cid
from poolhouse.identitypools.identities.rows import Identity
from poolhouse.identitypools.identities.rules import (
    Plan,
    check_guest,
    check_links,
    plan_for_developer,
    plan_for_identity,
    plan_for_logins,
)
from poolhouse.identitypools.logins.rules import Link

A, B, C = Link("p", "a"), Link("q", "b"), Link("r", "c")
DEV = Link("login.example", "dev-1", developer=True)
GUEST = Identity("guest", "pool", True, True, None, 1.0, 1.0)
KNOWN = Identity("known", "pool", True, False, None, 1.0, 1.0, (A,))
MERGED = replace(GUEST, enabled=False, merged_into="known")
UNLINKED = replace(KNOWN, enabled=False, links=())


def test_logins_alone_find_their_identity_or_make_a_new_one() -> None:
    assert plan_for_logins([A], {}) == Plan(None, (A,))
    assert plan_for_logins([A], {A: "known"}) == Plan("known", ())
    assert plan_for_logins([A], {A: "known"}).changes_nothing
    assert plan_for_logins([A, B], {A: "known"}) == Plan("known", (B,))
    assert plan_for_logins([A, B], {A: "known", B: "known"}).changes_nothing
    with pytest.raises(cid.ResourceConflictException):
        plan_for_logins([A, B, C], {A: "known", B: "other"})


def test_an_identity_of_a_login_is_used_and_takes_the_new_ones() -> None:
    assert plan_for_identity(KNOWN, [A], {A: "known"}).changes_nothing
    assert plan_for_identity(KNOWN, [B, A], {A: "known"}) == Plan("known", (B,))
    with pytest.raises(cid.ResourceConflictException):
        plan_for_identity(KNOWN, [A, B], {A: "known", B: "other"})


@pytest.mark.parametrize("owners", [{}, {B: "other"}])
def test_an_identity_without_its_login_is_not_for_the_bearer_of_another(
    owners: dict[Link, str],
) -> None:
    """IDP-03"""
    with pytest.raises(cid.NotAuthorizedException, match="Logins don't match"):
        plan_for_identity(KNOWN, [B], owners)


def test_a_guest_becomes_what_the_login_says() -> None:
    assert plan_for_identity(GUEST, [A, B], {}) == Plan("guest", (A, B))
    assert plan_for_identity(GUEST, [A, B], {A: "known"}) == Plan("known", (B,), "guest")
    with pytest.raises(cid.ResourceConflictException):
        plan_for_identity(GUEST, [A, B], {A: "known", B: "other"})


def test_a_disabled_identity_leads_on_only_to_the_one_it_was_merged_into() -> None:
    assert plan_for_identity(MERGED, [A], {A: "known"}).changes_nothing
    for identity, owners in (
        (MERGED, {}),
        (MERGED, {A: "other"}),
        (MERGED, {A: "known", B: "other"}),
        (UNLINKED, {}),
        (UNLINKED, {A: "other"}),
    ):
        with pytest.raises(cid.NotAuthorizedException, match="forbidden"):
            plan_for_identity(identity, [A, B], owners)


def test_a_developer_may_link_to_any_identity_but_not_steal_a_login() -> None:
    """IDP-08"""
    assert plan_for_developer(None, [DEV], {}) == Plan(None, (DEV,))
    assert plan_for_developer(None, [DEV], {DEV: "known"}).changes_nothing
    assert plan_for_developer(KNOWN, [DEV], {}) == Plan("known", (DEV,))
    assert plan_for_developer(GUEST, [DEV, A], {}) == Plan("guest", (DEV, A))
    with pytest.raises(cid.DeveloperUserAlreadyRegisteredException):
        plan_for_developer(KNOWN, [DEV], {DEV: "other"})
    with pytest.raises(cid.ResourceConflictException):
        plan_for_developer(KNOWN, [DEV, B], {B: "other"})
    with pytest.raises(cid.NotAuthorizedException):
        plan_for_developer(UNLINKED, [DEV], {})


def test_one_user_of_each_public_provider_and_twenty_logins_in_all() -> None:
    check_links([A, B, DEV, replace(DEV, subject="dev-2")])
    with pytest.raises(cid.ResourceConflictException):
        check_links([A, B, replace(A, subject="z")])
    many = [replace(DEV, subject=f"dev-{number}") for number in range(21)]
    check_links(many[:20])
    with pytest.raises(cid.ResourceConflictException):
        check_links(many)


def test_only_an_enabled_guest_goes_without_a_login_and_only_where_guests_may() -> None:
    """IDP-02"""
    check_guest(GUEST, admits_guests=True)
    with pytest.raises(cid.NotAuthorizedException, match="Unauthenticated access"):
        check_guest(GUEST, admits_guests=False)
    for identity in (KNOWN, MERGED, UNLINKED):
        for admits in (True, False):
            with pytest.raises(cid.NotAuthorizedException, match="is forbidden"):
                check_guest(identity, admits_guests=admits)
