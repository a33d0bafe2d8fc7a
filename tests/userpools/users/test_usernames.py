from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.users import rows
from poolhouse.userpools.users.naming import fold, key_of, search_key
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.usernames import check_username, sign_in_names
from tests.userpools.users.pool import EMAIL, PHONE, pool

PLAIN, SENSITIVE = pool(), pool(sensitive=True)

NAMES = st.text(st.characters(categories=["L", "M", "S", "N", "P"]), min_size=1, max_size=128)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bob", "BOB"),
        ("bob", "ｂｏｂ"),
        ("bob", "𝐛𝐨𝐛"),
        ("ﬁn", "fin"),
        ("straße", "STRASSE"),
        ("é", "e\u0301"),
        ("ΑΣ", "ας"),
        ("bob", "b\u200bob"),
        ("bob", "bob\ufe0f"),
        ("bob", "b\u034fob"),
        ("bob", "bob\u3164"),
        ("bob", "bob\uffa0"),
        ("K", "\u212a"),
    ],
)
def test_names_that_look_alike_are_one_name(one: str, other: str) -> None:
    """CGN-08"""
    assert key_of(PLAIN, one) == key_of(PLAIN, other)


def test_case_counts_where_the_pool_says_so_and_compatibility_forms_never_do() -> None:
    """CGN-08"""
    assert key_of(SENSITIVE, "Bob") != key_of(SENSITIVE, "bob")
    assert key_of(SENSITIVE, "bob") == key_of(SENSITIVE, "ｂｏｂ\ufe0f")
    assert key_of(PLAIN, "ı") != key_of(PLAIN, "i")


@given(NAMES)
@example("\u0345\u03b1\u0345")
@example("İ")
@example("¨" * 20)
def test_the_canonical_form_is_its_own_canonical_form(name: str) -> None:
    """CGN-08"""
    assert fold(fold(name)) == fold(name)
    assert key_of(SENSITIVE, key_of(SENSITIVE, name)) == key_of(SENSITIVE, name)
    assert fold(name.lower()) == fold(name)


@given(NAMES)
def test_a_name_that_is_accepted_fits_an_index_of_either_database(name: str) -> None:
    """REL-26"""
    for of in (PLAIN, SENSITIVE):
        try:
            naming = check_username(of, name, {})
        except idp.InvalidParameterException:
            continue
        assert 0 < len(key_of(of, naming.username).encode()) <= 2048
        assert key_of(of, naming.username) == key_of(of, name)


@pytest.mark.parametrize("name", ["\u3164", "\ufe0f\u034f", "\ufdfa" * 128])
def test_a_name_of_nothing_or_of_too_much_is_refused(name: str) -> None:
    """CGN-08, REL-26"""
    with pytest.raises(idp.InvalidParameterException):
        check_username(PLAIN, name, {})


def test_the_stored_name_is_lower_case_where_case_does_not_count() -> None:
    assert check_username(PLAIN, "Ann", {}).username == "ann"
    assert check_username(SENSITIVE, "Ann", {}).username == "Ann"


@pytest.mark.parametrize("name", [EMAIL, "ａnn@example.com", "ANN@Example.COM", "ann\ufe0f@x.com"])
@pytest.mark.parametrize("sensitive", [True, False])
def test_no_name_passes_for_an_address_where_e_mail_is_an_alias(name: str, sensitive: bool) -> None:
    """CGN-07"""
    of = pool(alias_attributes=["email"], sensitive=sensitive)
    with pytest.raises(idp.InvalidParameterException) as refused:
        check_username(of, name, {})
    assert refused.value.message == (
        "Username cannot be of email format, since user pool is configured for email alias."
    )
    assert check_username(of, PHONE, {}).username == PHONE
    assert check_username(PLAIN, EMAIL, {}).username == EMAIL


@pytest.mark.parametrize("name", [PHONE, "＋１２０６５５５０１００"])
def test_no_name_passes_for_a_number_where_that_is_an_alias(name: str) -> None:
    """CGN-07"""
    of = pool(alias_attributes=["phone_number"])
    with pytest.raises(idp.InvalidParameterException, match="cannot be of phone number format"):
        check_username(of, name, {})
    assert check_username(of, EMAIL, {}).username == EMAIL


@pytest.mark.parametrize(
    ("kinds", "name", "message"),
    [
        (["email"], "ann", "Username should be an email."),
        (["email"], PHONE, "Username should be an email."),
        (["phone_number"], EMAIL, "Username should be a phone number."),
        (
            ["email", "phone_number"],
            "ann",
            "Username should be either an email or a phone number.",
        ),
        (["email"], "ａnn@example.com", "Username should be an email."),
    ],
)
def test_a_sign_in_name_has_the_shape_that_the_pool_asks_for(
    kinds: list[str], name: str, message: str
) -> None:
    with pytest.raises(idp.InvalidParameterException) as refused:
        check_username(pool(username_attributes=kinds), name, {})
    assert refused.value.message == message


def test_a_sign_in_name_becomes_the_attribute_and_the_user_name_a_new_sub() -> None:
    of = pool(username_attributes=["email", "phone_number"])
    naming = check_username(of, EMAIL, {"name": "Ann"})
    assert naming.username == naming.sub
    assert naming.attributes == {"name": "Ann", "email": EMAIL}
    assert check_username(of, PHONE, {}).attributes == {"phone_number": PHONE}
    assert check_username(of, EMAIL, {}).sub != naming.sub
    with pytest.raises(idp.InvalidParameterException, match="do not match"):
        check_username(of, EMAIL, {"email": "other@example.com"})
    assert check_username(of, EMAIL, {"email": EMAIL.upper()}).attributes["email"] == EMAIL


USER = User("p", "s", "ann", rows.CONFIRMED, True, {}, 1.0, 1.0)


def named(status: str = rows.CONFIRMED, **attributes: str) -> User:
    return replace(USER, status=status, attributes=attributes)


def test_an_address_is_a_sign_in_name_once_it_is_verified() -> None:
    """CGN-05"""
    of = pool(alias_attributes=["email", "phone_number"])
    assert sign_in_names(of, named(email=EMAIL, phone_number=PHONE)) == frozenset()
    proved = named(email="Ann@Example.com", email_verified="true", phone_number=PHONE)
    assert sign_in_names(of, proved) == {("email", EMAIL)}


def test_a_preferred_name_counts_once_confirmed_and_the_user_name_is_reserved_with_it() -> None:
    of = pool(alias_attributes=["preferred_username"])
    waiting = named(rows.UNCONFIRMED, preferred_username="annie")
    assert sign_in_names(of, waiting) == {("preferred_username", "ann")}
    for status in (rows.CONFIRMED, rows.FORCE_CHANGE_PASSWORD):
        assert sign_in_names(of, named(status, preferred_username="Annie")) == {
            ("preferred_username", "ann"),
            ("preferred_username", "annie"),
        }


def test_a_sign_in_attribute_counts_without_proof() -> None:
    of = pool(username_attributes=["email", "phone_number"])
    both = named(rows.UNCONFIRMED, email=EMAIL, phone_number=PHONE, email_verified="false")
    assert sign_in_names(of, both) == {("email", EMAIL), ("phone_number", PHONE)}


@given(st.text(max_size=2048))
def test_a_search_key_fits_an_index_of_either_database(value: str) -> None:
    """REL-26"""
    try:
        value.encode()
    except UnicodeEncodeError:
        return
    assert len(search_key(value).encode()) <= 2048
