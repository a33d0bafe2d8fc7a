from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.planning import ToVerify, planned
from tests.userpools.users.pool import EMAIL, PHONE, pool

OLD = "old@example.com"
PROVED = {"email": OLD, "email_verified": "true", "name": "Ann"}


def keeping(*attributes: str, **settings: Any) -> Pool:
    listed = idp.UserAttributeUpdateSettingsType(
        attributes_require_verification_before_update=list(attributes)
    )
    return pool(
        auto_verified_attributes=list(attributes), user_attribute_update_settings=listed, **settings
    )


def test_a_new_address_is_unverified_at_once_and_a_code_is_due() -> None:
    """CGN-04, CGN-05"""
    of = pool(auto_verified_attributes=["email"])
    after, due = planned(of, PROVED, {"email": EMAIL}, set())
    assert after == {"name": "Ann", "email": EMAIL, "email_verified": "false"}
    assert due == [ToVerify("email")]


def test_no_code_is_due_where_the_pool_does_not_verify() -> None:
    """CGN-04"""
    after, due = planned(pool(), PROVED, {"email": EMAIL}, set())
    assert (after["email_verified"], due) == ("false", [])


def test_the_old_address_stays_where_proof_comes_first() -> None:
    """CGN-05"""
    after, due = planned(keeping("email"), PROVED, {"email": EMAIL, "name": "Bea"}, set())
    assert after == PROVED | {"name": "Bea"}
    assert due == [ToVerify("email", EMAIL)]


def test_an_administrators_word_is_proof() -> None:
    new = {"email": EMAIL, "email_verified": "true"}
    assert planned(keeping("email"), PROVED, new, set()) == (PROVED | new, [])


def test_a_first_address_has_nothing_to_wait_behind() -> None:
    of = keeping("email", "phone_number")
    after, due = planned(of, PROVED, {"phone_number": PHONE}, set())
    assert after == PROVED | {"phone_number": PHONE, "phone_number_verified": "false"}
    assert due == [ToVerify("phone_number")]


@pytest.mark.parametrize("of", [pool(auto_verified_attributes=["email"]), keeping("email")])
def test_the_same_address_again_changes_nothing(of: Pool) -> None:
    assert planned(of, PROVED, {"email": OLD}, set()) == (PROVED, [])


def test_an_address_in_another_case_is_another_address() -> None:
    """CGN-04"""
    after, _ = planned(pool(), PROVED, {"email": OLD.upper()}, set())
    assert after["email_verified"] == "false"


def test_the_flag_alone_can_be_set_and_taken_back() -> None:
    after, _ = planned(pool(), PROVED, {"email_verified": "false"}, set())
    assert after == PROVED | {"email_verified": "false"}
    assert planned(pool(), after, {"email_verified": "true"}, set())[0] == PROVED


def test_a_flag_without_an_address_is_refused() -> None:
    with pytest.raises(idp.InvalidParameterException):
        planned(pool(), {}, {"phone_number_verified": "true"}, set())


@pytest.mark.parametrize(("new", "removed"), [({"email": ""}, set()), ({}, {"email"})])
def test_an_address_that_goes_takes_its_flag_along(new: dict[str, str], removed: set[str]) -> None:
    """CGN-04"""
    after, due = planned(keeping("email"), PROVED, new, removed)
    assert (after, due) == ({"name": "Ann"}, [])


def test_the_last_sign_in_name_stays() -> None:
    of = pool(username_attributes=["email", "phone_number"])
    with pytest.raises(idp.InvalidParameterException):
        planned(of, {"email": EMAIL}, {}, {"email"})
    both = {"email": EMAIL, "phone_number": PHONE}
    assert planned(of, both, {}, {"email"})[0] == {"phone_number": PHONE}


ADDRESSES = st.sampled_from(["a@x.com", "b@x.com", ""])
CHANGES = st.lists(
    st.tuples(
        st.fixed_dictionaries({}, optional={"email": ADDRESSES, "name": st.just("x")}),
        st.sets(st.sampled_from(["email", "name"])),
    ),
    max_size=6,
)


@given(
    st.sampled_from([pool(), pool(auto_verified_attributes=["email"]), keeping("email")]), CHANGES
)
def test_no_chain_of_a_users_changes_makes_an_address_verified(
    of: Pool, changes: list[tuple[dict[str, str], set[str]]]
) -> None:
    """CGN-04: without a code, only the address proved in the beginning is ever verified."""
    held: dict[str, str] = dict(PROVED)
    for new, removed in changes:
        before = held
        held, due = planned(of, held, new, removed)
        if held.get("email_verified") == "true":
            assert held["email"] == before["email"] == OLD
        assert "email_verified" not in held or "email" in held
        for one in due:
            assert one.value is None or one.value == new["email"]
