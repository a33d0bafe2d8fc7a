"""What signed-in users do with their own profile."""

from __future__ import annotations

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.users.store import Users
from tests.support.house import TestHouse
from tests.userpools.users.people import People, refused
from tests.userpools.users.pool import EMAIL, PHONE, client, given, pool, shown

NEW = "new@example.com"
UNAUTHORIZED = ("NotAuthorizedException", "A client attempted to write unauthorized attribute")
PROVED = {"email": EMAIL, "email_verified": "true"}


def test_users_see_what_the_client_may_read(house: TestHouse) -> None:
    of = pool()
    some = client(of, read_attributes=["email", "custom:role"])
    people = People(house, of, client(of), some)
    sub = people.join("ann", email=EMAIL, name="Ann", custom_role="x", dev_custom_plan="gold")
    seen = people.public.get_user(AccessToken=people.token("ann"))
    expected = {"sub", "email", "name", "custom:role", "dev:custom:plan"}
    assert set(shown(seen["UserAttributes"])) == expected
    assert seen["UserAttributes"][0] == {"Name": "sub", "Value": sub}
    assert set(seen) == {"Username", "UserAttributes", "ResponseMetadata"}
    less = people.public.get_user(AccessToken=people.token("ann", some))
    assert shown(less["UserAttributes"]) == {"sub": sub, "email": EMAIL, "custom:role": "x"}


WRITES = {
    "custom:role": "admin",
    "custom:tenant": "other",
    "custom:none": "x",
    "dev:custom:plan": "gold",
    "email_verified": "true",
    "phone_number_verified": "true",
    "sub": "00000000-0000-0000-0000-000000000000",
    "identities": "[]",
    "cognito:groups": "admins",
    "cognito:username": "root",
}


def test_no_privilege_comes_through_writable_attributes(house: TestHouse) -> None:
    """CGN-02, CGN-03: each attribute through a client that lists nothing, few, or every one."""
    of = pool()
    lists: list[list[str] | None] = [None, ["name"], [*of.schema]]
    clients = [client(of, write_attributes=listed) for listed in lists]
    people = People(house, of, *clients)
    people.join("ann", custom_role="reader", custom_tenant="acme", **PROVED)
    before = people.attributes("ann")
    volatile = {"jti", "origin_jti", "iat", "exp", "auth_time", "event_id"}
    for through, listed in zip(clients, lists, strict=True):
        was = {k: v for k, v in people.claims("ann", through).items() if k not in volatile}
        token = people.token("ann", through)
        for name, value in WRITES.items():
            if name == "custom:role" and (listed is None or name in listed):
                continue  # the developer let users write it
            asked = [{"Name": name, "Value": value}, {"Name": "name", "Value": "Eve"}]
            code, message = refused(
                people.public.update_user_attributes, AccessToken=token, UserAttributes=asked
            )
            lines = (
                "Cannot modify the non-mutable attribute sub",
                f"user.{name}: Attribute cannot be updated.\n",
                f"user.{name}: Attribute does not exist in the schema.\n",
            )
            assert (code, message) == UNAUTHORIZED or message in lines
            code, message = refused(
                people.public.delete_user_attributes, AccessToken=token, UserAttributeNames=[name]
            )
            assert code in ("NotAuthorizedException", "InvalidParameterException")
        now = {k: v for k, v in people.claims("ann", through).items() if k not in volatile}
        assert now == was
    assert people.attributes("ann") == before


def test_a_write_that_the_client_may_make_is_seen_in_the_next_token(house: TestHouse) -> None:
    """CGN-03"""
    of = pool()
    people = People(house, of, client(of, write_attributes=["name", "custom:note"]))
    people.join("ann")
    token = people.token("ann")
    assert people.update_own(token, name="Ann", custom_note="hi") == []
    assert people.claims("ann")["custom:note"] == "hi"
    for name in ("custom:role", "nickname"):
        asked = [{"Name": name, "Value": "x"}]
        told = refused(
            people.public.update_user_attributes, AccessToken=token, UserAttributes=asked
        )
        assert told == UNAUTHORIZED
    people.update_own(token, custom_note="")
    people.public.delete_user_attributes(AccessToken=token, UserAttributeNames=["name"])
    assert people.attributes("ann") == {}


def test_a_token_without_the_scope_writes_nothing(house: TestHouse) -> None:
    """CGN-03"""
    people = People(house)
    people.join("ann")
    found = people.tokens("ann")
    for token in (found.id_token, "x" + (found.access_token or ""), "none"):
        told = refused(
            people.public.update_user_attributes,
            AccessToken=token,
            UserAttributes=given(name="Eve"),
        )
        assert told[0] == "NotAuthorizedException"
    assert people.attributes("ann") == {}


def test_changing_the_address_ends_its_proof_in_the_very_next_token(house: TestHouse) -> None:
    """CGN-04, CGN-05"""
    people = People(house, alias_attributes=["email"], auto_verified_attributes=["email"])
    people.join("ann", **PROVED)
    people.join("eve", email="eve@example.com", email_verified="true")
    sent = people.update_own(people.token("eve"), email=NEW)
    assert sent == [
        {"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "n***@e***"}
    ]
    assert people.letters()[-1].recipient == NEW
    claims = people.claims("eve")
    assert (claims["email"], claims["email_verified"]) == (NEW, False)
    for address in (NEW, "eve@example.com"):
        assert refused(people.look, address)[0] == "UserNotFoundException"
    people.update_own(people.token("eve"), email=EMAIL)
    assert people.claims("eve")["email_verified"] is False
    assert people.look(EMAIL)["Username"] == "ann"
    with pytest.raises(idp.AliasExistsException):
        people.prove("eve", "email", EMAIL)


def test_the_old_address_stays_in_force_until_the_new_one_is_proved(house: TestHouse) -> None:
    """CGN-04, CGN-05"""
    keeping = idp.UserAttributeUpdateSettingsType(
        attributes_require_verification_before_update=["email"]
    )
    people = People(
        house,
        alias_attributes=["email"],
        auto_verified_attributes=["email"],
        user_attribute_update_settings=keeping,
    )
    people.join("ann", **PROVED)
    sent = people.update_own(people.token("ann"), email=NEW, name="Ann")
    assert sent[0]["Destination"] == "n***@e***"
    assert people.letters()[-1].recipient == NEW
    claims = people.claims("ann")
    assert (claims["email"], claims["email_verified"], claims["name"]) == (EMAIL, True, "Ann")
    assert people.look(EMAIL)["Username"] == "ann"
    assert refused(people.look, NEW)[0] == "UserNotFoundException"
    people.prove("ann", "email", NEW)
    claims = people.claims("ann")
    assert (claims["email"], claims["email_verified"]) == (NEW, True)
    assert people.look(NEW)["Username"] == "ann"
    assert refused(people.look, EMAIL)[0] == "UserNotFoundException"


def test_where_e_mail_is_the_name_changing_it_changes_the_name(house: TestHouse) -> None:
    people = People(house, username_attributes=["email"], auto_verified_attributes=["email"])
    people.join(EMAIL)
    people.join("bob@example.com")
    token = people.token(EMAIL)
    told = refused(
        people.public.update_user_attributes,
        AccessToken=token,
        UserAttributes=given(email="BOB@example.com"),
    )
    assert told == ("AliasExistsException", "An account with the given email already exists.")
    people.update_own(token, email=NEW)
    assert people.look(NEW)["Username"] == people.public.get_user(AccessToken=token)["Username"]
    assert refused(people.look, EMAIL)[0] == "UserNotFoundException"
    told = refused(
        people.public.delete_user_attributes, AccessToken=token, UserAttributeNames=["email"]
    )
    assert told[0] == "InvalidParameterException"
    people.create(EMAIL)


def test_a_required_attribute_cannot_be_deleted(house: TestHouse) -> None:
    people = People(house, pool("name"))
    people.join("ann", name="Ann")
    token = people.token("ann")
    told = refused(
        people.public.delete_user_attributes, AccessToken=token, UserAttributeNames=["name"]
    )
    assert told == (
        "InvalidParameterException",
        "user.name: Required attribute cannot be deleted.",
    )


def test_an_address_that_is_taken_away_and_given_back_is_unproved(house: TestHouse) -> None:
    """CGN-04"""
    people = People(house)
    people.join("ann", phone_number=PHONE, phone_number_verified="true", **PROVED)
    token = people.token("ann")
    people.public.delete_user_attributes(AccessToken=token, UserAttributeNames=["email"])
    people.update_own(token, email=EMAIL, phone_number="")
    people.update_own(token, phone_number=PHONE)
    assert people.attributes("ann") == {
        "email": EMAIL,
        "email_verified": "false",
        "phone_number": PHONE,
        "phone_number_verified": "false",
    }


def test_an_address_that_is_not_one_plain_address_reaches_no_message(house: TestHouse) -> None:
    """EXT-05"""
    people = People(house, auto_verified_attributes=["email"])
    people.join("ann")
    token = people.token("ann")
    expected = ("InvalidParameterException", "Invalid email address format.")
    for address in ("a@x.com\r\nBcc: b@x.com", "a@x.com,b@x.com", "a@x\u200b.com", "a@x.com\0"):
        told = refused(people.update_own, token, email=address)
        assert told == expected or (told[0] == "SerializationException" and "\0" in address)
        assert refused(people.create, "bob", email=address) == told
    assert people.letters() == []


def test_the_bearer_of_a_token_is_found_by_sub_in_the_tokens_own_pool(house: TestHouse) -> None:
    """ADM-01"""
    here, there = People(house), People(house)
    here.join("ann", name="here")
    there.join("ann", name="there")
    for people, name in ((here, "here"), (there, "there")):
        seen = people.public.get_user(AccessToken=people.token("ann"))
        assert shown(seen["UserAttributes"])["name"] == name
    here.public.delete_user(AccessToken=here.token("ann"))
    with Unit(house.services.database) as unit:
        assert Users(unit, here.pool).find("ann") is None
        assert Users(unit, there.pool).find("ann") is not None
