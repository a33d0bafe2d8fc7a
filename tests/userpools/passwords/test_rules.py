from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.passwords.generating import generated
from poolhouse.userpools.passwords.rules import check, temporary_until
from poolhouse.userpools.pools.rows import Pool

DAY = 86_400
SYMBOLS = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-"


def pool(**policy: object) -> Pool:
    policies = idp.UserPoolPolicyType(password_policy=idp.PasswordPolicyType(**policy))  # type: ignore[arg-type]
    return Pool("p", "us-east-1", "p", idp.UserPoolType(policies=policies), 1, 1.0, 1.0)


USUAL = Pool("p", "us-east-1", "p", idp.UserPoolType(), 1, 1.0, 1.0)


@pytest.mark.parametrize(
    ("password", "trouble"),
    [
        ("aB1!", "Password not long enough"),
        ("", "Password not long enough"),
        ("aB1!" * 65, "Password too long"),
        (" aB1!aB1!", "Password must not begin or end with a space"),
        ("aB1!aB1! ", "Password must not begin or end with a space"),
        ("lower123!", "Password must have uppercase characters"),
        ("UPPER123!", "Password must have lowercase characters"),
        ("UpperLower!", "Password must have numeric characters"),
        ("UpperLower1", "Password must have symbol characters"),
        ("aaaaaaaa", "Password must have uppercase characters"),
        ("ÀÉÎÕÜÑàé1!", "Password must have uppercase characters"),
        ("Aa!١٢٣٤٥٦", "Password must have numeric characters"),
        ("Aa1£€¥§¶•", "Password must have symbol characters"),
    ],
)
def test_the_usual_policy_names_the_first_thing_missing(password: str, trouble: str) -> None:
    """AUT-21"""
    with pytest.raises(idp.InvalidPasswordException) as refused:
        check(USUAL, password)
    assert refused.value.message == f"Password did not conform with policy: {trouble}"


@pytest.mark.parametrize("symbol", [*SYMBOLS, " "])
def test_every_symbol_of_cognitos_list_counts(symbol: str) -> None:
    check(USUAL, f"aB1{symbol}aB1x")


@pytest.mark.parametrize(
    "password", ["aB1!aB1!", "aB1!" * 64, "Пароль-aB1!-длинный", "密码aB1!密码密码"]
)
def test_a_password_that_has_everything_passes_whatever_else_it_has(password: str) -> None:
    check(USUAL, password)


def test_a_policy_demands_only_what_it_says() -> None:
    check(pool(minimum_length=6), "aaaaaa")
    check(pool(minimum_length=6, require_numbers=True), "111111")
    with pytest.raises(idp.InvalidPasswordException, match="not long enough"):
        check(pool(minimum_length=12), "aB1!aB1!aB1")


def test_lengths_count_characters_and_not_octets() -> None:
    """AUT-20, REL-26"""
    check(pool(minimum_length=6), "😀" * 256)
    with pytest.raises(idp.InvalidPasswordException, match="not long enough"):
        check(pool(minimum_length=6), "😀" * 5)


@given(
    st.builds(
        pool,
        minimum_length=st.integers(6, 99),
        require_uppercase=st.booleans(),
        require_lowercase=st.booleans(),
        require_numbers=st.booleans(),
        require_symbols=st.booleans(),
    )
)
def test_a_generated_password_pleases_its_policy_and_no_two_are_alike(of: Pool) -> None:
    first, second = generated(of), generated(of)
    check(of, first)
    check(USUAL, first + "aB1!")
    assert first != second
    assert len(first) >= 16
    assert not set(first) & set("0O1lI<>&\"' ")


@pytest.mark.parametrize(
    ("days", "unused", "expected"),
    [(None, None, 7), (0, None, 7), (1, None, 1), (365, 2, 365), (None, 30, 30)],
)
def test_a_temporary_password_lasts_as_long_as_the_policy_says(
    days: int | None, unused: int | None, expected: int
) -> None:
    of = pool(temporary_password_validity_days=days)
    of.settings.admin_create_user_config = idp.AdminCreateUserConfigType(
        unused_account_validity_days=unused
    )
    assert temporary_until(of, 1000.0) == 1000.0 + expected * DAY
