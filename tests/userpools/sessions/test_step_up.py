"""Levels of step-up: what reaches them, and when an earlier sign-in still counts."""

from __future__ import annotations

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.sessions.step_up import (
    Target,
    level,
    max_age_of,
    met,
    satisfies,
    targets,
)

NOW = 1_700_000_000.0
LOA = "urn:cognito:loa:"
POOL = idp.UserPoolType(user_pool_tier="ESSENTIALS")


@pytest.mark.parametrize(
    ("amr", "reached"),
    [
        ((), 0),
        (("unheard of",), 0),
        (("pwd",), 1),
        (("fed",), 1),
        (("sms",), 2),
        (("email_otp",), 2),
        (("swk",), 3),
        (("hwk",), 3),
        (("pwd", "sms", "mfa"), 3),
        (("pwd", "email_otp", "mfa"), 3),
        (("pwd", "otp", "mfa"), 4),
        (("otp",), 1),
        (("mfa",), 0),
    ],
)
def test_a_level_is_reached_by_what_was_shown(amr: tuple[str, ...], reached: int) -> None:
    assert level(amr) == reached
    assert level(amr[::-1]) == reached


def test_more_methods_never_reach_less() -> None:
    every = ("pwd", "sms", "email_otp", "otp", "swk", "hwk", "fed", "mfa")
    for mask in range(1 << len(every)):
        shown = [name for place, name in enumerate(every) if mask >> place & 1]
        for more in every:
            assert level([*shown, more]) >= level(shown)


def test_values_are_read_in_their_order_and_unknown_ones_ignored() -> None:
    assert targets(POOL, f"{LOA}4 urn:x {LOA}2 {LOA}4") == (
        Target(4, f"{LOA}4"),
        Target(2, f"{LOA}2"),
    )
    for bad in ("", " ", "urn:x", f"{LOA}5", f"{LOA}1,{LOA}2"):
        with pytest.raises(idp.InvalidParameterException):
            targets(POOL, bad)


def test_a_pool_names_its_levels() -> None:
    own = idp.UserPoolType(
        acr_configuration={"Level3": idp.AcrLevelConfigType(acr_value="urn:mine:strong")}
    )
    assert targets(own, "urn:mine:strong") == (Target(3, "urn:mine:strong"),)
    with pytest.raises(idp.InvalidParameterException):
        targets(own, f"{LOA}3")


def test_the_lite_plan_has_no_step_up() -> None:
    with pytest.raises(idp.FeatureUnavailableInTierException):
        targets(idp.UserPoolType(user_pool_tier="LITE"), f"{LOA}1")


def test_the_first_level_that_is_reached_is_met() -> None:
    asked = targets(POOL, f"{LOA}4 {LOA}2")
    assert met(asked, ("pwd", "otp")) == asked[0]
    assert met(asked, ("pwd", "sms")) == asked[1]
    assert met(asked, ("pwd",)) is None


def test_an_earlier_sign_in_counts_until_it_is_too_old() -> None:
    """SES-17"""
    asked = targets(POOL, f"{LOA}3")
    strong, weak = ("pwd", "sms"), ("pwd",)
    at = int(NOW) - 300
    assert satisfies(asked, strong, at, None, NOW) == asked[0]
    assert satisfies(asked, strong, at, 300, NOW) == asked[0]
    assert satisfies(asked, strong, at, 299, NOW) is None
    assert satisfies(asked, strong, at, 0, NOW) is None
    assert satisfies(asked, weak, int(NOW), 300, NOW) is None, "fresh, but not strong"


def test_max_age_is_a_whole_number_of_seconds() -> None:
    assert max_age_of("0") == 0
    assert max_age_of("3600") == 3600
    for bad in ("", "-1", "1.5", "1e3", "٣", "9" * 10, " 1"):
        with pytest.raises(idp.InvalidParameterException):
            max_age_of(bad)
