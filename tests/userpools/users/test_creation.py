"""AdminCreateUser and AdminSetUserPassword."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.users.changing import set_status
from poolhouse.userpools.users.rows import EXTERNAL_PROVIDER
from tests.support.house import TestHouse
from tests.userpools.users.people import PASSWORD, People, in_parallel, outcome, refused
from tests.userpools.users.pool import EMAIL, PHONE, pool, shown

DAY = 86_400
OTHER = "Battery-Staple-2!"


def test_a_created_user_must_change_the_password_and_is_told_it(house: TestHouse) -> None:
    """AUT-21"""
    people = People(house)
    made = people.ask_to_create(
        "Ann", email=EMAIL, email_verified="True", DesiredDeliveryMediums=["EMAIL"]
    )
    assert made["Username"] == "ann"
    assert (made["UserStatus"], made["Enabled"]) == ("FORCE_CHANGE_PASSWORD", True)
    assert made["UserCreateDate"] == made["UserLastModifiedDate"]
    attributes = shown(made["Attributes"])
    assert next(iter(attributes)) == "sub"
    assert attributes == {"sub": attributes["sub"], "email": EMAIL, "email_verified": "true"}
    (letter,) = people.letters()
    assert letter.recipient == EMAIL
    told = letter.text.split("temporary password is ")[1].strip().rstrip(".")
    kept = people.kept_password("ann")
    assert kept.temporary
    assert kept.expires_at == pytest.approx(kept.set_at + 7 * DAY)
    assert house.services.hasher.verify(told, kept.hash).ok
    found = people.look("ann")
    assert {k: found[k] for k in ("Username", "Enabled", "UserStatus", "UserCreateDate")} == {
        k: made[k] for k in ("Username", "Enabled", "UserStatus", "UserCreateDate")
    }
    assert found["UserAttributes"] == made["Attributes"]


def test_a_given_temporary_password_must_please_the_policy(house: TestHouse) -> None:
    """AUT-21"""
    people = People(house)
    for weak, trouble in (
        ("short1!", "Password not long enough"),
        ("nouppercase1!", "Password must have uppercase characters"),
    ):
        told = refused(people.ask_to_create, "ann", TemporaryPassword=weak)
        expected = f"Password did not conform with policy: {trouble}"
        assert told == ("InvalidPasswordException", expected)
    assert refused(people.look, "ann")[0] == "UserNotFoundException"
    people.ask_to_create("ann", TemporaryPassword=PASSWORD, MessageAction="SUPPRESS")
    kept = people.kept_password("ann")
    assert house.services.hasher.verify(PASSWORD, kept.hash).ok
    assert people.letters() == []


def test_a_name_is_taken_in_every_spelling(house: TestHouse) -> None:
    """CGN-08"""
    people = People(house)
    people.create("straße")
    for spelling in ("straße", "STRASSE", "Ｓtraße", "strasse\ufe0f"):
        told = refused(people.create, spelling)
        assert told == ("UsernameExistsException", "User account already exists")
    assert people.look("STRASSE")["Username"] == "straße"


def test_a_name_that_is_anothers_sub_is_taken(house: TestHouse) -> None:
    """CGN-07: look-ups take a `sub` too, and the user name is tried before it."""
    people = People(house, sensitive=True)
    sub = shown(people.create("ann")["Attributes"])["sub"]
    fullwidth = "".join(chr(ord(c) + 0xFEE0) for c in sub)
    for name in (sub, fullwidth):
        assert refused(people.create, name)[0] == "UsernameExistsException"
    assert people.look(sub)["Username"] == "ann"


def test_where_e_mail_is_the_name_the_user_name_is_the_sub(house: TestHouse) -> None:
    people = People(house, username_attributes=["email", "phone_number"])
    made = people.create(EMAIL, phone_number=PHONE)
    assert made["Username"] == shown(made["Attributes"])["sub"]
    for name in (EMAIL, EMAIL.upper(), PHONE, made["Username"]):
        assert people.look(name)["Username"] == made["Username"]
    for name, kind in ((EMAIL, "email"), (EMAIL.title(), "email"), (PHONE, "phone_number")):
        told = refused(people.create, name)
        expected = f"An account with the given {kind} already exists."
        assert told == ("UsernameExistsException", expected)
    told = refused(people.create, "ann")
    expected = "Username should be either an email or a phone number."
    assert told == ("InvalidParameterException", expected)


def test_an_invitation_needs_an_address_for_each_medium_asked_for(house: TestHouse) -> None:
    people = People(house)
    no_email = "No email provided but desired delivery medium was Email"
    no_number = "No phone number provided but desired delivery medium was SMS"
    for has, mediums, told in (
        ({}, ["EMAIL"], no_email),
        ({"phone_number": PHONE}, ["SMS", "EMAIL"], no_email),
        ({"email": EMAIL}, ["SMS"], no_number),
    ):
        asked: dict[str, Any] = {**has, "DesiredDeliveryMediums": mediums}
        assert refused(people.ask_to_create, "ann", **asked) == ("InvalidParameterException", told)
    assert refused(people.look, "ann")[0] == "UserNotFoundException"
    people.ask_to_create("ann", MessageAction="SUPPRESS", DesiredDeliveryMediums=["EMAIL"])
    people.ask_to_create("bob", email=EMAIL)
    assert len(people.letters()) == 1


def test_a_resent_invitation_carries_a_new_password_and_a_fresh_term(house: TestHouse) -> None:
    people = People(house)
    people.ask_to_create("ann", email=EMAIL, DesiredDeliveryMediums=["EMAIL"])
    first = people.kept_password("ann")
    house.clock.step(200)
    again = people.ask_to_create("ann", MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"])
    assert again["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert (again["UserLastModifiedDate"] - again["UserCreateDate"]).total_seconds() >= 200
    second = people.kept_password("ann")
    assert second.hash != first.hash
    assert (second.expires_at or 0) - (first.expires_at or 0) == pytest.approx(200, abs=60)
    assert len(people.letters()) == 2
    unknown = refused(people.ask_to_create, "bob", MessageAction="RESEND")
    assert unknown == ("UserNotFoundException", "User does not exist.")
    people.join("cid")
    settled = refused(people.ask_to_create, "cid", MessageAction="RESEND")
    expected = "Resend not possible. cid status is not FORCE_CHANGE_PASSWORD"
    assert settled == ("UnsupportedUserStateException", expected)


def test_a_user_who_signs_in_by_codes_needs_no_password_but_all_attributes(
    house: TestHouse,
) -> None:
    factors = idp.SignInPolicyType(allowed_first_auth_factors=["PASSWORD", "EMAIL_OTP"])
    policies = idp.UserPoolPolicyType(sign_in_policy=factors)
    people = People(house, pool("name", policies=policies))
    told = refused(people.create, "ann", email=EMAIL)
    expected = "Attributes did not conform to the schema: name: The attribute is required"
    assert told == ("InvalidParameterException", expected)
    made = people.create("ann", email=EMAIL, email_verified="true", name="Ann")
    assert made["UserStatus"] == "CONFIRMED"
    assert people.password("ann") is None
    assert people.create("bob")["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    blank = people.ask_to_create("dan", email="d@x.com", name="Dan", TemporaryPassword="")
    assert (blank["UserStatus"], people.password("dan")) == ("CONFIRMED", None)
    given = people.ask_to_create("cid", email="c@x.com", TemporaryPassword=PASSWORD)
    assert given["UserStatus"] == "FORCE_CHANGE_PASSWORD"


def test_a_flag_that_no_administrator_set_is_not_there_and_its_claim_is_false(
    house: TestHouse,
) -> None:
    people = People(house)
    made = people.create("ann", email=EMAIL, phone_number="+15555550100")
    assert set(shown(made["Attributes"])) == {"sub", "email", "phone_number"}
    assert people.attributes("ann") == {"email": EMAIL, "phone_number": "+15555550100"}
    people.join("cid", email=EMAIL, phone_number="+15555550100")
    claims = people.claims("cid")
    assert (claims["email_verified"], claims["phone_number_verified"]) == (False, False)
    told = refused(people.create, "bob", email_verified="true")
    assert told == (
        "InvalidParameterException",
        "email is required if email_verified is set.",
    )


def test_developer_only_attributes_are_an_administrators(house: TestHouse) -> None:
    """CGN-02"""
    people = People(house)
    people.create("ann", dev_custom_plan="gold", custom_tenant="acme")
    assert people.attributes("ann") == {"dev:custom:plan": "gold", "custom:tenant": "acme"}
    told = refused(people.create, "bob", custom_none="x")
    assert told[0] == "InvalidParameterException"
    assert told[1].endswith("schema: custom:none: Attribute does not exist in the schema.\n")


def test_setting_a_password_for_good_or_until_the_next_sign_in(house: TestHouse) -> None:
    """AUT-20, AUT-21"""
    people = People(house)
    people.create("ann")
    long = "Aa1!" + "ﬁ" * 96
    verify = house.services.hasher.verify
    for password, permanent, status in (
        (long, True, "CONFIRMED"),
        (OTHER, False, "FORCE_CHANGE_PASSWORD"),
        ("Aa1!" * 64, True, "CONFIRMED"),
    ):
        people.admin.admin_set_user_password(
            UserPoolId=people.id, Username="ann", Password=password, Permanent=permanent
        )
        assert people.look("ann")["UserStatus"] == status
        kept = people.kept_password("ann")
        assert (kept.temporary, kept.expires_at is None) == (not permanent, permanent)
        assert verify(password, kept.hash).ok
        assert not verify(password[:72], kept.hash).ok or len(password) <= 72
        assert not verify(password.swapcase(), kept.hash).ok
    told = refused(
        people.admin.admin_set_user_password,
        UserPoolId=people.id,
        Username="ann",
        Password="weak",
        Permanent=True,
    )
    assert told[0] == "InvalidPasswordException"
    assert people.look("ann")["UserStatus"] == "CONFIRMED"
    assert verify("Aa1!" * 64, people.kept_password("ann").hash).ok


def test_a_federated_user_with_a_password_is_confirmed(house: TestHouse) -> None:
    people = People(house)
    people.create("ann")
    with Unit(house.services.database) as unit:
        set_status(people.call(unit), people.pool, people.user("ann"), EXTERNAL_PROVIDER)
    people.admin.admin_set_user_password(
        UserPoolId=people.id, Username="ann", Password=PASSWORD, Permanent=True
    )
    assert people.look("ann")["UserStatus"] == "CONFIRMED"
    assert house.services.hasher.verify(PASSWORD, people.kept_password("ann").hash).ok


def test_setting_a_password_leaves_sessions_but_a_temporary_one_stops_tokens(
    house: TestHouse,
) -> None:
    """AUT-18: the reset paths revoke; this is the administrator's, who has a verb for that."""
    people = People(house)
    people.join("ann")
    token = people.token("ann")
    set_password = functools.partial(
        people.admin.admin_set_user_password, UserPoolId=people.id, Username="ann", Password=OTHER
    )
    set_password(Permanent=True)
    assert people.public.get_user(AccessToken=token)["Username"] == "ann"
    set_password(Permanent=False)
    with pytest.raises(idp.NotAuthorizedException):
        people.tokens("ann")


@pytest.mark.parametrize("kinds", [None, ["email"]])
def test_of_parallel_creations_of_one_name_one_wins(
    house: TestHouse, kinds: list[str] | None
) -> None:
    """REL-03, CGN-08"""
    people = People(house, username_attributes=kinds)
    for turn in range(5):
        spellings = [f"ann{turn}@x.com", f"ANN{turn}@x.com", f"Ann{turn}@X.com"] * 3
        create = functools.partial(
            people.ask_to_create, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
        )
        outcomes = in_parallel(*(functools.partial(outcome, create, name) for name in spellings))
        assert outcomes == ["UsernameExistsException"] * 8 + ["ok"]
    assert len(people.admin.list_users(UserPoolId=people.id)["Users"]) == 5
