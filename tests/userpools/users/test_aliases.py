"""One owner for every name that people sign in with."""

from __future__ import annotations

import functools
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Delete, Executable, Insert, select

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.users.changing import change_attributes
from poolhouse.userpools.users.naming import fold
from poolhouse.userpools.users.rows import UNCONFIRMED, user_aliases
from poolhouse.userpools.users.store import Users
from tests.support.house import TestHouse
from tests.userpools.users.people import PASSWORD, People, in_parallel, outcome, refused
from tests.userpools.users.pool import EMAIL, PHONE, pool, shown

TAKEN = ("AliasExistsException", "An account with the email already exists.")


def owners(people: People) -> list[tuple[str, str, str]]:
    """Who has which alias: user name, kind, key."""
    with Unit(people.house.services.database) as unit:
        users = Users(unit, people.pool)
        found = []
        for row in unit.all(select(user_aliases)):
            user = users.by_sub(row.sub)
            found.append((user.username if user else "", row.kind, row.alias_key))
    return sorted(found)


def test_a_verified_address_has_one_owner_on_every_path(house: TestHouse) -> None:
    """CGN-06"""
    people = People(house, alias_attributes=["email"])
    people.create("ann", email=EMAIL, email_verified="true")
    shouted = EMAIL.upper()
    assert refused(people.create, "eve", email=shouted, email_verified="true") == TAKEN
    assert refused(people.look, "eve")[0] == "UserNotFoundException"
    people.create("bob", email=EMAIL)
    assert refused(people.update, "bob", email_verified="true") == TAKEN
    assert refused(people.update, "bob", email=shouted, email_verified="true") == TAKEN
    with pytest.raises(idp.AliasExistsException):
        people.prove("bob", "email", EMAIL)
    assert people.attributes("bob") == {"email": EMAIL}
    assert people.look(EMAIL)["Username"] == "ann"
    assert owners(people) == [("ann", "email", EMAIL)]


def test_only_force_moves_an_alias_and_the_loser_is_unverified_with_it(house: TestHouse) -> None:
    """CGN-06"""
    people = People(house, alias_attributes=["email", "phone_number"])
    people.create("ann", email=EMAIL, email_verified="true", phone_number=PHONE)
    people.ask_to_create("bob", email=EMAIL, email_verified="true", ForceAliasCreation=True)
    assert people.look(EMAIL)["Username"] == "bob"
    assert people.attributes("ann")["email_verified"] == "false"
    people.prove("ann", "email", EMAIL, force=True)
    assert people.look(EMAIL)["Username"] == "ann"
    assert people.attributes("bob")["email_verified"] == "false"
    told = refused(people.ask_to_create, "bob", email=EMAIL, ForceAliasCreation=True)
    assert told[0] == "UsernameExistsException"
    assert people.attributes("ann")["email_verified"] == "true"
    assert owners(people) == [("ann", "email", EMAIL)]


def test_force_does_not_take_a_sign_in_name(house: TestHouse) -> None:
    """CGN-06"""
    people = People(house, username_attributes=["email"])
    sub = people.create(EMAIL)["Username"]
    told = refused(people.ask_to_create, EMAIL, email_verified="true", ForceAliasCreation=True)
    assert told[0] == "UsernameExistsException"
    people.create("bob@example.com")
    told = refused(people.update, "bob@example.com", email=EMAIL, email_verified="true")
    assert told[0] == "AliasExistsException"
    assert people.look(EMAIL)["Username"] == sub
    assert people.look("bob@example.com")


@pytest.mark.parametrize("force", [False, True])
def test_of_parallel_proofs_of_one_address_one_owner_comes_out(
    house: TestHouse, force: bool
) -> None:
    """CGN-06, REL-03"""
    people = People(house, alias_attributes=["email"])
    names = [f"user{number}" for number in range(6)]
    for name in names:
        people.create(name)
    for turn in range(4):
        address = f"a{turn}@example.com"
        for name in names:
            people.update(name, email=address)
        tasks = [
            functools.partial(outcome, people.prove, name, "email", address, force=force)
            for name in names
        ]
        outcomes = in_parallel(*tasks)
        if force:
            assert outcomes.count("ok") >= 1
            assert set(outcomes) <= {"ok", "AliasExistsException"}
        else:
            assert outcomes == ["AliasExistsException"] * 5 + ["ok"]
        verified = [n for n in names if people.attributes(n)["email_verified"] == "true"]
        assert owners(people) == [(verified[0], "email", address)]
        assert len(verified) == 1
        assert people.look(address)["Username"] == verified[0]


def test_of_parallel_creations_of_one_alias_one_owner_comes_out(house: TestHouse) -> None:
    """CGN-06, REL-03"""
    people = People(house, alias_attributes=["email", "phone_number"])
    create = functools.partial(people.create, email=EMAIL, email_verified="true")
    tasks = [functools.partial(outcome, create, f"user{number}") for number in range(8)]
    assert in_parallel(*tasks) == ["AliasExistsException"] * 7 + ["ok"]
    (listed,) = people.admin.list_users(UserPoolId=people.id)["Users"]
    assert owners(people) == [(listed["Username"], "email", EMAIL)]


def test_two_users_who_swap_addresses_at_once_do_not_wait_for_each_other(house: TestHouse) -> None:
    """CGN-06, REL-05"""
    people = People(house, alias_attributes=["email", "phone_number"])
    first = {"email": "a@x.com", "phone_number": "+12065550101"}
    second = {"email": "b@x.com", "phone_number": "+12065550102"}
    proved = {"email_verified": "true", "phone_number_verified": "true"}
    people.create("ann", **first, **proved)
    people.create("bob", **second, **proved)
    free = {"email": "c@x.com", "phone_number": "+12065550103"}
    for _ in range(4):
        outcomes = in_parallel(
            functools.partial(outcome, people.update, "ann", **second, **proved),
            functools.partial(outcome, people.update, "bob", **first, **proved),
            functools.partial(outcome, people.update, "ann", **free, **proved),
            functools.partial(outcome, people.update, "bob", **second, **proved),
        )
        assert set(outcomes) <= {"ok", "AliasExistsException"}
        taken = {(name, kind, people.attributes(name)[kind]) for name, kind, _ in owners(people)}
        assert taken == set(owners(people))
        assert len(taken) == 4


class Recorded(Unit):
    """A unit that remembers what happens to aliases."""

    order: ClassVar[list[tuple[str, str]]] = []

    def write(self, statement: Executable, **values: Any) -> int:
        if isinstance(statement, Insert | Delete) and statement.table is user_aliases:
            verb = "claims" if isinstance(statement, Insert) else "releases"
            self.order.append((verb, values["kind"]))
        return super().write(statement, **values)


def test_all_claims_come_before_all_releases(sqlite_house: TestHouse) -> None:
    """REL-03: so no change that waits for a name holds up a change that could wait for it."""
    people = People(sqlite_house, alias_attributes=["email", "phone_number"])
    proved = {"email_verified": "true", "phone_number_verified": "true"}
    people.create("ann", email="a@x.com", phone_number="+12065550101", **proved)
    new = {"phone_number": "+12065550102", "email": "b@x.com", **proved}
    with Recorded(sqlite_house.services.database) as unit:
        user = Users(unit, people.pool).get("ann")
        change_attributes(people.call(unit), people.pool, user, new, set())
    kinds = ["email", "phone_number"]
    expected = [(verb, kind) for verb in ("claims", "releases") for kind in kinds]
    assert Recorded.order == expected
    assert owners(people) == [("ann", "email", "b@x.com"), ("ann", "phone_number", "+12065550102")]


def test_a_name_shaped_like_an_address_is_refused_and_the_owner_is_found(house: TestHouse) -> None:
    """CGN-07"""
    people = People(house, alias_attributes=["email", "phone_number"])
    people.create("ann", email=EMAIL, email_verified="true")
    for name in (EMAIL, EMAIL.upper(), "ａnn@example.com", "ann\ufe0f@example.com", PHONE):
        code, message = refused(people.create, name)
        assert code == "InvalidParameterException"
        assert message.startswith("Username cannot be of ")
    assert people.look(EMAIL)["Username"] == "ann"


def test_a_preferred_name_and_a_user_name_are_never_two_peoples(house: TestHouse) -> None:
    """CGN-07"""
    people = People(house, alias_attributes=["preferred_username"])
    people.create("ann", preferred_username="annie")
    sub = shown(people.create("bob")["Attributes"])["sub"]
    told = refused(people.create, "Annie")
    assert told == ("UsernameExistsException", "User account already exists")
    expected = "An account with the preferred_username already exists."
    for value in ("ann", "ＡＮＮＩＥ", "annie"):
        assert refused(people.update, "bob", preferred_username=value)[1] == expected
    people.create("cid")
    assert refused(people.update, "cid", preferred_username=sub)[1] == expected
    assert refused(people.create, "dan", preferred_username="bob")[1] == expected
    people.update("bob", preferred_username="BOB")
    people.update("bob", preferred_username="robert")
    people.update("ann", preferred_username="")
    assert people.create("annie")["Username"] == "annie"
    assert people.look("Robert")["Username"] == "bob"
    assert people.look("bob")["Username"] == "bob"


def test_of_a_user_name_and_the_same_preferred_name_at_once_one_wins(house: TestHouse) -> None:
    """CGN-07, REL-03"""
    people = People(house, alias_attributes=["preferred_username"])
    people.create("ann")
    for turn in range(5):
        name = f"name{turn}"
        create = functools.partial(people.ask_to_create, TemporaryPassword=PASSWORD)
        outcomes = in_parallel(
            functools.partial(outcome, create, name, MessageAction="SUPPRESS"),
            functools.partial(outcome, people.update, "ann", preferred_username=name),
        )
        assert outcomes in (["UsernameExistsException", "ok"], ["AliasExistsException", "ok"])


def test_a_preferred_name_is_claimed_when_the_user_is_confirmed(house: TestHouse) -> None:
    people = People(house, alias_attributes=["preferred_username"])
    people.create("ann", preferred_username="annie")
    people.create("bob")
    with Unit(house.services.database) as unit:
        users = Users(unit, people.pool)
        user = users.get("bob")
        waiting = type(user)(
            user.pool_id, user.sub, "bob", UNCONFIRMED, True, {}, user.created_at, 1.0
        )
        users.change(user, waiting)
    people.update("bob", preferred_username="annie")
    with pytest.raises(idp.AliasExistsException):
        people.confirm("bob")
    assert people.look("bob")["UserStatus"] == UNCONFIRMED
    people.update("bob", preferred_username="bobby")
    assert refused(people.look, "bobby")[0] == "UserNotFoundException"
    assert in_parallel(*[functools.partial(outcome, people.confirm, "bob")] * 4) == [
        *["NotAuthorizedException"] * 3,
        "ok",
    ]
    assert people.look("Bobby")["Username"] == "bob"
    with pytest.raises(idp.NotAuthorizedException) as again:
        people.confirm("bob")
    assert again.value.message == "User cannot be confirmed. Current status is CONFIRMED"


LETTERS = st.sampled_from("aAbBkKsS\u212aſßẞıIiİéeé\u0301ﬁfi①1Ａａ\ufe0f\u034f\u3164ΣσςKk")
NAMES = st.text(LETTERS, min_size=1, max_size=6)
WITHOUT_PASSWORDS = idp.UserPoolPolicyType(
    sign_in_policy=idp.SignInPolicyType(allowed_first_auth_factors=["EMAIL_OTP"])
)
_known: WeakKeyDictionary[TestHouse, People] = WeakKeyDictionary()


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(NAMES, NAMES)
@example("straße", "STRASSE")
@example("ｂob\ufe0f", "Bob")
def test_names_of_one_canonical_form_are_one_account(
    house: TestHouse, one: str, other: str
) -> None:
    """CGN-08: whatever is accepted, equal forms are one user and different forms are two."""
    people = _known.get(house) or _known.setdefault(house, People(house))
    people.move(pool(policies=WITHOUT_PASSWORDS))
    create = functools.partial(people.create, email=EMAIL)
    first, second = outcome(create, one), outcome(create, other)
    if not fold(one):
        assert first == "InvalidParameterException"
    elif fold(one) == fold(other):
        assert (first, second) == ("ok", "UsernameExistsException")
        assert people.look(other)["Username"] == one.lower()
    else:
        expected = "ok" if fold(other) else "InvalidParameterException"
        assert (first, second) == ("ok", expected)


def test_a_name_with_control_or_format_characters_is_refused(house: TestHouse) -> None:
    """CGN-08"""
    people = People(house)
    for name in ("bob\u200b", "b\u00adob", "bob\u202e", " bob", "bob\t", "bob ", "b\u2060ob"):
        assert refused(people.create, name)[0] == "InvalidParameterException"
    assert refused(people.create, "b\u0000")[0] == "SerializationException"
    assert people.admin.list_users(UserPoolId=people.id)["Users"] == []
