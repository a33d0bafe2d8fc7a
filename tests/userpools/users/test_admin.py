"""What administrators do with users that exist."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.groups.rows import Group
from poolhouse.userpools.groups.store import Groups
from tests.support.house import TestHouse
from tests.userpools.users.people import PASSWORD, People, in_parallel, outcome, refused
from tests.userpools.users.pool import EMAIL, PHONE, given, shown

UNKNOWN = ("UserNotFoundException", "User does not exist.")


def verbs(people: People, pool_id: str, name: str) -> dict[str, Any]:
    """Every operation on one user, ready to be asked."""
    admin, where = people.admin, {"UserPoolId": pool_id, "Username": name}
    return {
        "get": functools.partial(admin.admin_get_user, **where),
        "update": functools.partial(
            admin.admin_update_user_attributes, **where, UserAttributes=given(name="Eve")
        ),
        "delete attributes": functools.partial(
            admin.admin_delete_user_attributes, **where, UserAttributeNames=["name"]
        ),
        "disable": functools.partial(admin.admin_disable_user, **where),
        "enable": functools.partial(admin.admin_enable_user, **where),
        "password": functools.partial(
            admin.admin_set_user_password, **where, Password=PASSWORD, Permanent=True
        ),
        "invite": functools.partial(admin.admin_create_user, **where, MessageAction="RESEND"),
        "delete": functools.partial(admin.admin_delete_user, **where),
    }


def test_nothing_of_one_pool_is_reached_through_another(house: TestHouse) -> None:
    """ADM-01"""
    kinds = ["email", "preferred_username"]
    here, there = (People(house, alias_attributes=kinds) for _ in range(2))
    there.create("ann", email=EMAIL, email_verified="true", name="Ann", preferred_username="a")
    before = there.look("ann")
    sub = shown(before["UserAttributes"])["sub"]
    for name in ("ann", EMAIL, "a", sub):
        for verb in verbs(here, here.id, name).values():
            assert refused(verb) == UNKNOWN
    unknown = "us-east-1_000000000"
    for verb in verbs(here, unknown, "ann").values():
        told = refused(verb)
        assert told == ("ResourceNotFoundException", f"User pool {unknown} does not exist.")
    assert here.admin.list_users(UserPoolId=here.id)["Users"] == []
    after = there.look("ann")
    assert {k: after[k] for k in before if k != "ResponseMetadata"} == {
        k: before[k] for k in before if k != "ResponseMetadata"
    }
    here.create("ann", email=EMAIL, email_verified="true")
    assert there.look(EMAIL)["UserAttributes"] == before["UserAttributes"]


def test_attributes_change_one_by_one(house: TestHouse) -> None:
    people = People(house)
    people.create("ann", name="Ann", nickname="A", custom_role="reader")
    people.update("ann", nickname="", custom_role="writer", dev_custom_plan="gold")
    changed = {"name": "Ann", "custom:role": "writer", "dev:custom:plan": "gold"}
    assert people.attributes("ann") == changed
    people.admin.admin_delete_user_attributes(
        UserPoolId=people.id, Username="ann", UserAttributeNames=["custom:role", "nickname"]
    )
    assert people.attributes("ann") == {"name": "Ann", "dev:custom:plan": "gold"}
    told = refused(people.update, "ann", custom_tenant="x")
    assert told[1] == "user.custom:tenant: Attribute cannot be updated.\n"


def test_a_new_address_gets_a_code_unless_the_administrator_vouches(house: TestHouse) -> None:
    """CGN-04, CGN-05"""
    people = People(house, auto_verified_attributes=["email"], alias_attributes=["email"])
    people.create("ann", email=EMAIL, email_verified="true")
    people.update("ann", email="new@example.com")
    assert people.attributes("ann") == {"email": "new@example.com", "email_verified": "false"}
    assert [letter.recipient for letter in people.letters()] == ["new@example.com"]
    for address in (EMAIL, "new@example.com"):
        assert refused(people.look, address) == UNKNOWN
    people.update("ann", email="own@example.com", email_verified="true")
    assert people.look("own@example.com")["Username"] == "ann"
    assert len(people.letters()) == 1
    people.update("ann", email_verified="false")
    assert refused(people.look, "own@example.com") == UNKNOWN
    people.create("bob", email="own@example.com", email_verified="true")


def test_a_disabled_user_loses_all_sessions_for_good(house: TestHouse) -> None:
    people = People(house)
    people.join("ann")
    token = people.token("ann")
    where = {"UserPoolId": people.id, "Username": "ann"}
    for _ in range(2):
        people.admin.admin_disable_user(**where)
    assert people.look("ann")["Enabled"] is False
    assert refused(people.public.get_user, AccessToken=token)[0] == "NotAuthorizedException"
    with pytest.raises(idp.NotAuthorizedException):
        people.tokens("ann")
    people.admin.admin_enable_user(**where)
    assert people.look("ann")["Enabled"] is True
    told = refused(people.public.get_user, AccessToken=token)
    assert told == ("NotAuthorizedException", "Access Token has been revoked")
    assert people.public.get_user(AccessToken=people.token("ann"))["Username"] == "ann"


@pytest.mark.parametrize("own", [True, False])
def test_a_deleted_user_leaves_nothing_to_whoever_has_the_name_next(
    house: TestHouse, own: bool
) -> None:
    """CGN-22"""
    people = People(house, alias_attributes=["email", "preferred_username"])
    detail = {"email": EMAIL, "email_verified": "true", "name": "Ann", "preferred_username": "a"}
    sub = people.join("ann", **detail)
    with Unit(house.services.database) as unit:
        Groups(unit, people.pool).add(Group(people.id, "staff", None, None, None, 1.0, 1.0))
        Groups(unit, people.pool).join("staff", sub, 1.0)
    token = people.token("ann")
    tables = {"users", "user_aliases", "user_search", "passwords", "sessions", "group_members"}
    assert set(people.rows_of(sub)) == tables
    if own:
        people.public.delete_user(AccessToken=token)
    else:
        people.admin.admin_delete_user(UserPoolId=people.id, Username=EMAIL)
    assert people.rows_of(sub) == {}
    for name in ("ann", EMAIL, "a", sub):
        assert refused(people.look, name) == UNKNOWN
    again = people.join("ann", **detail)
    assert again != sub
    assert people.look(EMAIL)["Username"] == "ann"
    for verb in (people.public.get_user, people.public.delete_user):
        assert refused(verb, AccessToken=token) == UNKNOWN
    assert people.rows_of(again) == people.rows_of(again) | {"users": 1}
    assert "group_members" not in people.rows_of(again)
    assert "cognito:groups" not in people.claims("ann")


def test_of_parallel_deletions_one_wins(house: TestHouse) -> None:
    people = People(house)
    people.create("ann")
    delete = functools.partial(people.admin.admin_delete_user, UserPoolId=people.id, Username="ann")
    outcomes = in_parallel(*[functools.partial(outcome, delete)] * 5)
    assert outcomes == ["UserNotFoundException"] * 4 + ["ok"]


def test_parallel_changes_of_one_user_all_stay(house: TestHouse) -> None:
    """REL-05"""
    people = People(house)
    people.create("ann", nickname="old")
    names = ["name", "given_name", "family_name", "profile", "website", "gender", "locale"]
    tasks = [
        functools.partial(outcome, people.update, "ann", **{name: f"{name} {turn}"})
        for name in names
        for turn in range(2)
    ]
    delete = functools.partial(
        people.admin.admin_delete_user_attributes,
        UserPoolId=people.id,
        Username="ann",
        UserAttributeNames=["nickname"],
    )
    assert set(in_parallel(functools.partial(outcome, delete), *tasks)) == {"ok"}
    found = people.attributes("ann")
    assert set(found) == set(names)
    assert all(found[name] in (f"{name} 0", f"{name} 1") for name in names)


def test_a_user_changed_while_being_deleted_is_no_fault(house: TestHouse) -> None:
    """REL-05"""
    people = People(house, alias_attributes=["email"])
    for turn in range(4):
        people.create("ann")
        delete = functools.partial(
            people.admin.admin_delete_user, UserPoolId=people.id, Username="ann"
        )
        address = {"email": f"a{turn}@x.com", "email_verified": "true"}
        outcomes = in_parallel(
            functools.partial(outcome, delete),
            *[functools.partial(outcome, people.update, "ann", **address)] * 3,
        )
        assert set(outcomes) <= {"ok", "UserNotFoundException"}
        assert refused(people.look, "ann") == UNKNOWN
        assert refused(people.look, address["email"]) == UNKNOWN


VALUES = [
    "😀👩‍👩‍👧‍👦",
    "שלום עולם",
    "e\u0301 é ﬁ ß İ",
    "\u202eevil",
    "a\tb\nc",
    "x" * 2048,
    "😀" * 2048,
    "ﷺ" * 2048,
    "".join(chr(0x20000 + number * 7) for number in range(2048)),
    "\U0010ffff\ufffe\ud7ff\ue000",
    "%_'\"\\;--",
]


def test_every_text_is_kept_as_it_is_on_both_databases(house: TestHouse) -> None:
    """REL-26"""
    people = People(house)
    for number, value in enumerate(VALUES):
        user = f"user{number}"
        people.create(user, name=value, nickname=value)
        assert people.attributes(user) == {"name": value, "nickname": value}
        people.update(user, name=value[::-1], nickname="")
        assert people.attributes(user) == {"name": value[::-1]}


def test_what_is_no_text_is_refused(house: TestHouse) -> None:
    """REL-26"""
    people = People(house)
    people.create("ann")
    for value in ("a\u0000b", "\ud800", "a\udfffb"):
        for ask in (
            functools.partial(people.update, "ann", name=value),
            functools.partial(people.create, "bob", name=value),
            functools.partial(people.look, f"ann{value}"),
        ):
            assert refused(ask)[0] == "SerializationException"
    assert people.attributes("ann") == {}


def test_a_value_over_the_limit_is_refused_by_characters(house: TestHouse) -> None:
    """REL-26"""
    people = People(house)
    people.create("ann", phone_number=PHONE)
    told = refused(people.update, "ann", name="😀" * 2049)
    assert told[0] == "InvalidParameterException"
    assert told[1].endswith("Member must have length less than or equal to 2048")
