from __future__ import annotations

from typing import Any, Literal

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.attributes import accepted, missing_required, readable, removable
from tests.userpools.users.pool import client, pool

UNAUTHORIZED = "A client attempted to write unauthorized attribute"
IMMUTABLE_SUB = "Cannot modify the non-mutable attribute sub"
SCHEMA = "Attributes did not conform to the schema: "
PLAIN = pool()


def ask(*pairs: tuple[str, str | None]) -> list[idp.AttributeType]:
    return [idp.AttributeType(name=name, value=value) for name, value in pairs]


def take(
    name: str,
    value: str | None,
    *,
    by: Literal["user", "admin"] = "admin",
    creating: bool = True,
    of: Pool = PLAIN,
    **settings: Any,
) -> dict[str, str]:
    through = client(of, **settings) if by == "user" else None
    return accepted(of, ask((name, value)), by=by, client=through, creating=creating)


@pytest.mark.parametrize(
    ("name", "value", "trouble"),
    [
        ("custom:note", "123456", "custom:note: String must be no longer than 5 characters"),
        ("birthdate", "1999", "birthdate: String must be no shorter than 10 characters"),
        ("custom:age", "0", "custom:age: Number must not be less than 1"),
        ("custom:age", "150.5", "custom:age: Number must not be greater than 150"),
        ("custom:age", "NaN", "custom:age: Number is not valid"),
        ("custom:age", "١٢", "custom:age: Number is not valid"),
        ("custom:age", "1_0", "custom:age: Number is not valid"),
        ("custom:age", " 10", "custom:age: Number is not valid"),
        ("updated_at", "-1", "updated_at: Number must not be less than 0"),
        ("custom:vip", "yes", "custom:vip: Boolean must be true or false"),
        ("email_verified", "1", "email_verified: Boolean must be true or false"),
        ("custom:since", "yesterday", "custom:since: DateTime is not valid"),
        ("custom:none", "x", "custom:none: Attribute does not exist in the schema."),
        ("dev:custom:none", "x", "dev:custom:none: Attribute does not exist in the schema."),
    ],
)
def test_a_value_that_the_schema_forbids_is_refused_by_name(
    name: str, value: str, trouble: str
) -> None:
    """Each line ends with a break, and of a user who exists it begins with `user.`, as recorded."""
    for creating, start in ((True, SCHEMA), (False, "user.")):
        with pytest.raises(idp.InvalidParameterException) as refused:
            take(name, value, creating=creating)
        assert refused.value.message == f"{start}{trouble}\n"


def test_a_name_that_no_pool_has_is_refused() -> None:
    with pytest.raises(idp.InvalidParameterException) as refused:
        take("role", "x")
    assert refused.value.message == SCHEMA + "Type for attribute {role} could not be determined"
    with pytest.raises(idp.InvalidParameterException) as refused:
        take("role", "x", creating=False)
    assert refused.value.message == "user.role: Attribute does not exist in the schema.\n"


def test_an_attribute_without_a_value_is_refused() -> None:
    for creating in (True, False):
        with pytest.raises(idp.InvalidParameterException) as refused:
            accepted(PLAIN, ask(("name", None)), by="admin", client=None, creating=creating)
        assert refused.value.message == "Attribute value for name must not be null"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("custom:note", "😀😀😀😀😀", "😀😀😀😀😀"),
        ("custom:age", "41.5", "41.5"),
        ("custom:vip", "True", "true"),
        ("email_verified", "TRUE", "true"),
        ("custom:since", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z"),
        ("custom:since", "1700000000", "1700000000"),
        ("name", "שלום\nعالم", "שלום\nعالم"),
        ("profile", "x" * 2048, "x" * 2048),
        ("dev:custom:plan", "gold", "gold"),
    ],
)
def test_a_value_that_fits_is_kept(name: str, value: str, kept: str) -> None:
    assert take(name, value) == {name: kept}


def test_all_custom_attributes_that_the_pool_lacks_are_named() -> None:
    """In Cognito's words, as they were recorded of SignUp and UpdateUserAttributes."""
    given = ask(("custom:one", "x"), ("name", "Ann"), ("custom:two", "x"))
    for creating, start, whose in ((True, SCHEMA, ""), (False, "", "user.")):
        with pytest.raises(idp.InvalidParameterException) as refused:
            accepted(PLAIN, given, by="admin", client=None, creating=creating)
        assert refused.value.message == (
            f"{start}{whose}custom:one: Attribute does not exist in the schema.\n"
            f"{whose}custom:two: Attribute does not exist in the schema.\n"
        )


def test_everything_wrong_with_values_is_said_at_once() -> None:
    wrong = ask(("custom:note", "123456"), ("custom:age", "x"))
    with pytest.raises(idp.InvalidParameterException) as refused:
        accepted(PLAIN, wrong, by="admin", client=None, creating=True)
    assert refused.value.message == (
        SCHEMA
        + "custom:note: String must be no longer than 5 characters\n"
        + "custom:age: Number is not valid\n"
    )


@pytest.mark.parametrize(
    "address",
    """
    ann ann@ @example.com ann@@example.com a..b@example.com .a@example.com a.@example.com
    ann@-x.com ann@x-.com ann@x..com ann@.com ann@x.com. ann@[127.0.0.1] "ann"@x.com ann@x_y.com
    ann@x.com,bob@x.com <ann@x.com> ann(c)@x.com аnn@example.com ann@bücher.example ａnn@x.com
    """.split()
    + [f"ann{c}@x.com" for c in "\x00\r\n\t \x7f\u200b\u00a0"]
    + [f"ann@x.com{c}Bcc: b@x.com" for c in "\r\n\x0b\x0c\u2028"]
    + ["ann@x.com\n", "\nann@x.com", "a" * 65 + "@x.com", "a@" + "b" * 63 + ".c" * 100],
)
def test_what_is_not_one_plain_address_is_refused(address: str) -> None:
    """EXT-05"""
    with pytest.raises(idp.InvalidParameterException) as refused:
        take("email", address)
    assert refused.value.message == "Invalid email address format."


@pytest.mark.parametrize(
    "address",
    ["ann@example.com", "A.n+n%0a@sub.example.com", "a@localhost", "o'hara@xn--bcher-kva.example"],
)
def test_one_plain_address_is_kept_as_it_is(address: str) -> None:
    assert take("email", address) == {"email": address}


@pytest.mark.parametrize(
    "number",
    ["12065550100", "+", "+0123", "+1 206", "+1-206", "+1206555\n", "+1" * 9, "+١٢٣٤", "＋1234"],
)
def test_what_is_not_e164_is_refused(number: str) -> None:
    with pytest.raises(idp.InvalidParameterException) as refused:
        take("phone_number", number)
    assert refused.value.message == "Invalid phone number format."


@pytest.mark.parametrize("creating", [True, False])
@pytest.mark.parametrize(
    "name",
    ["email_verified", "phone_number_verified", "sub", "identities", "dev:custom:plan", "dev:x"],
)
def test_no_user_writes_what_proves_or_belongs_to_the_developer(name: str, creating: bool) -> None:
    """CGN-02, CGN-03, CGN-04"""
    immutable = name == "sub" and not creating
    error = idp.InvalidParameterException if immutable else idp.NotAuthorizedException
    for listed in (None, [name]):
        for value in ("true", ""):
            with pytest.raises(error) as refused:
                take(name, value, by="user", creating=creating, write_attributes=listed)
            assert refused.value.message == (IMMUTABLE_SUB if immutable else UNAUTHORIZED)


def test_a_user_writes_exactly_what_the_client_may_write() -> None:
    """CGN-02, CGN-03"""
    writable = ["name", "custom:note"]
    for name in PLAIN.schema.keys() - {"sub"}:
        value = {"custom:age": "20", "email": "a@b.cd", "phone_number": "+1206"}.get(name, "x")
        if name in writable:
            found = take(name, value, by="user", creating=False, write_attributes=writable)
            assert found == {name: value}
            continue
        with pytest.raises(idp.NotAuthorizedException) as refused:
            take(name, value, by="user", creating=False, write_attributes=writable)
        assert refused.value.message == UNAUTHORIZED


def test_a_client_without_a_list_writes_what_users_may_write() -> None:
    assert take("custom:role", "x", by="user", creating=False) == {"custom:role": "x"}
    with pytest.raises(idp.NotAuthorizedException):
        take("custom:role", "x", by="user", creating=False, write_attributes=[])


@pytest.mark.parametrize("by", ["user", "admin"])
def test_an_immutable_attribute_is_set_at_creation_only(by: Literal["user", "admin"]) -> None:
    """CGN-03"""
    assert take("custom:tenant", "a", by=by) == {"custom:tenant": "a"}
    for value in ("b", ""):
        with pytest.raises(idp.InvalidParameterException) as refused:
            take("custom:tenant", value, by=by, creating=False)
        assert refused.value.message == "user.custom:tenant: Attribute cannot be updated.\n"


@pytest.mark.parametrize("creating", [True, False])
@pytest.mark.parametrize("name", ["sub", "identities"])
def test_not_even_an_administrator_writes_sub_and_identities(name: str, creating: bool) -> None:
    with pytest.raises(idp.InvalidParameterException) as refused:
        take(name, "x", creating=creating)
    told = IMMUTABLE_SUB if name == "sub" else f"user.{name}: Attribute cannot be updated.\n"
    assert refused.value.message == told


def test_an_attribute_given_twice_is_refused() -> None:
    twice = ask(("name", "a"), ("name", "b"))
    with pytest.raises(idp.InvalidParameterException, match="more than once"):
        accepted(PLAIN, twice, by="admin", client=None, creating=True)


def test_an_empty_value_is_left_out_at_creation_and_asks_for_removal_later() -> None:
    empty = ask(("name", ""), ("custom:note", ""))
    assert accepted(PLAIN, empty, by="admin", client=None, creating=True) == {}
    found = accepted(PLAIN, empty, by="admin", client=None, creating=False)
    assert found == {"name": "", "custom:note": ""}


def test_a_required_attribute_can_neither_be_absent_nor_taken_away() -> None:
    of = pool("email", "name")
    with pytest.raises(idp.InvalidParameterException) as absent:
        missing_required(of, {"nickname": "x"})
    assert absent.value.message == (
        SCHEMA + "name: The attribute is required\nemail: The attribute is required"
    )
    missing_required(of, {"name": "x", "email": "a@b.cd"})
    with pytest.raises(idp.InvalidParameterException) as emptied:
        take("name", "", creating=False, of=of)
    assert emptied.value.message == "user.name: Required attribute cannot be deleted."
    with pytest.raises(idp.InvalidParameterException, match="Required attribute cannot be"):
        removable(of, ["name"], by="admin", client=None)


def test_removing_needs_the_same_rights_as_writing() -> None:
    """CGN-03"""
    through = client(PLAIN, write_attributes=["name"])
    assert removable(PLAIN, ["name", "name"], by="user", client=through) == {"name"}
    for name in ("custom:role", "email_verified", "identities", "dev:custom:plan"):
        with pytest.raises(idp.NotAuthorizedException) as refused:
            removable(PLAIN, [name], by="user", client=through)
        assert refused.value.message == UNAUTHORIZED


def test_users_read_what_their_client_may_read_and_sub_always() -> None:
    """What only developers write is among it."""
    every, some = client(PLAIN), client(PLAIN, read_attributes=["email"])
    assert readable(every, "custom:role")
    assert readable(every, "dev:custom:plan") and not readable(some, "dev:custom:plan")
    assert [name for name in ("sub", "email", "name") if readable(some, name)] == ["sub", "email"]


ALIASES = pool(alias_attributes=["email", "phone_number", "preferred_username"])


@pytest.mark.parametrize(
    "value", ["ann@example.com", "ａnn@example.com", "+1206", "has space", "x" * 129, "ㅤ", "¨" * 300]
)
def test_a_preferred_user_name_that_is_an_alias_must_be_a_user_name(value: str) -> None:
    """CGN-07"""
    with pytest.raises(idp.InvalidParameterException):
        take("preferred_username", value, of=ALIASES)
    assert take("preferred_username", value) == {"preferred_username": value}


def test_a_preferred_user_name_that_is_an_alias_is_not_for_sign_up() -> None:
    for creating in (True, False):
        assert take("preferred_username", "ann", of=ALIASES, creating=creating)
    assert take("preferred_username", "ann", by="user", creating=False, of=ALIASES)
    with pytest.raises(idp.InvalidParameterException, match="not confirmed"):
        take("preferred_username", "ann", by="user", of=ALIASES)
