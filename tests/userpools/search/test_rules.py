from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.search.rules import (
    EVERYBODY,
    Filter,
    Keys,
    after_prefix,
    check_attributes,
    keys_of,
    parsed,
)
from tests.userpools.users.pool import pool


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('email = "x"', Filter("email", False, "x")),
        ('email="x"', Filter("email", False, "x")),
        ('email^="x"', Filter("email", True, "x")),
        ('  email\t^=\n"x"  ', Filter("email", True, "x")),
        ('cognito:user_status = "CONFIRMED"', Filter("cognito:user_status", False, "CONFIRMED")),
        ('name = "say \\"hi\\""', Filter("name", False, 'say "hi"')),
        ('name = "back\\\\slash"', Filter("name", False, "back\\slash")),
        ('name = "back\\slash"', Filter("name", False, "back\\slash")),
        ('name = ""', Filter("name", False, "")),
        ('name ^= "a = \\"b\\" OR 1"', Filter("name", True, 'a = "b" OR 1')),
        ('name = "שלום 😀"', Filter("name", False, "שלום 😀")),
    ],
)
def test_a_clause_is_read(text: str, expected: Filter) -> None:
    assert parsed(text) == expected


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_filter_is_everybody(text: str | None) -> None:
    assert parsed(text) is None
    assert keys_of(None) == EVERYBODY


CORPUS = [
    "email",
    "email =",
    "email x",
    "email = x",
    "email = 'x'",
    '= "x"',
    '"email" = "x"',
    'email == "x"',
    'email != "x"',
    'email >= "x"',
    'email ^ = "x"',
    'email = "x',
    'email = "x\\"',
    'email = x"',
    'email = "x" "y"',
    'email = "x" and name = "y"',
    'email = "x"; DROP TABLE users;--',
    'email = "x" OR "1"="1"',
    'email = "x"" OR ""="',
    "' OR '1'='1",
    'email = "x" --',
    'email = "x"/**/',
    'email = "a" UNION SELECT 1',
    '(email = "x")',
    'email\u00a0name = "x"',
]


@pytest.mark.parametrize("text", CORPUS)
def test_what_is_not_one_clause_is_refused(text: str) -> None:
    """ADM-08"""
    with pytest.raises(idp.InvalidParameterException) as refused:
        parsed(text)
    assert refused.value.message == "Error while parsing filter."


@pytest.mark.parametrize(
    "name", ["custom:foo", "dev:custom:x", "Email", "enabled", "attributes", "1", "users.sub", "--"]
)
def test_a_name_that_cannot_be_searched_is_refused(name: str) -> None:
    """ADM-08"""
    with pytest.raises(idp.InvalidParameterException) as refused:
        parsed(f'{name} = "x"')
    assert refused.value.message == f"Invalid search attribute: {name}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('email = "ANN@X"', Keys("email", "ann@x", exact=True)),
        ('email ^= "ANN"', Keys("email", "ann", "ano")),
        ('username = "Ann"', Keys("username", "Ann", exact=True)),
        ('username ^= "Ann"', Keys("username", "Ann", "Ano")),
        ('cognito:user_status = "confirmed"', Keys("status", "CONFIRMED", exact=True)),
        ('cognito:user_status ^= "con"', Keys("status", "CON", "COO")),
        ('status = "Enabled"', Keys("enabled", True, exact=True)),
        ('status = "Disabled"', Keys("enabled", False, exact=True)),
        ('status ^= "Dis"', Keys("enabled", False, exact=True)),
        ('status = "enabled"', None),
        ('status = ""', None),
        ('status ^= ""', EVERYBODY),
        ('sub ^= "a1"', Keys("sub", "a1", "a2")),
        ('name ^= ""', Keys("name", "", None)),
    ],
)
def test_a_clause_means_a_range_of_keys(text: str, expected: Keys | None) -> None:
    assert keys_of(parsed(text)) == expected


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(max_size=5))
def test_the_end_of_a_prefix_is_right_after_all_that_begin_with_it(prefix: str, other: str) -> None:
    """REL-26: in the order of UTF-8, which both databases keep."""
    end = after_prefix(prefix)
    for text in (prefix, prefix + other, prefix + "\U0010ffff" * 3, other):
        try:
            octets = text.encode()
        except UnicodeEncodeError:
            continue
        inside = prefix.encode() <= octets and (end is None or octets < end.encode())
        assert inside == text.startswith(prefix)


def test_an_end_is_never_a_surrogate() -> None:
    assert after_prefix("a\ud7ff") == "a\ue000"
    assert after_prefix("a\U0010ffff") == "b"
    assert after_prefix("\U0010ffff") is None
    assert after_prefix("") is None


def test_attributes_to_get_must_be_in_the_schema() -> None:
    check_attributes(pool(), ["sub", "email", "custom:role"])
    with pytest.raises(idp.InvalidParameterException):
        check_attributes(pool(), ["email", "password"])
