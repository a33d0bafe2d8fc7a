"""What a pool offers and a user can use: pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import msgspec
import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.mfa.rules import can_set_up, enabled, factors_of, media, usable
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.recovery.rules import destination
from poolhouse.userpools.users.rows import Factors, User

SMS, TOKEN, EMAIL = "SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"
ADDRESSES = {"phone_number": "+12065550100", "email": "ann@example.com"}


def pool(mode: str, *factors: str, recovery: tuple[str, ...] = ()) -> Pool:
    options = [idp.RecoveryOptionType(name=n, priority=i) for i, n in enumerate(recovery, 1)]
    settings = idp.UserPoolType(
        mfa_configuration=mode,
        sms_configuration=idp.SmsConfigurationType(sns_caller_arn="arn:x"),
        account_recovery_setting=idp.AccountRecoverySettingType(recovery_mechanisms=options[::-1])
        if options
        else None,
    )
    chosen = idp.GetUserPoolMfaConfigResponse(
        sms_mfa_configuration=idp.SmsMfaConfigType() if SMS in factors else None,
        software_token_mfa_configuration=idp.SoftwareTokenMfaConfigType(enabled=TOKEN in factors),
        email_mfa_configuration=idp.EmailMfaConfigType() if EMAIL in factors else None,
    )
    return Pool("p_1", "p", "p", settings, 1, 1.0, 1.0, chosen_mfa=chosen)


def user(
    *on: str, prefer: str | None = None, token: bool = False, at: Mapping[str, str] = {}
) -> User:
    factors = Factors(on, prefer, token or TOKEN in on)
    proofs = {f"{name}_verified": "true" for name in at}
    return User("p_1", "s", "ann", "CONFIRMED", True, {**at, **proofs}, 1.0, 1.0, factors)


ann = user(SMS, TOKEN, EMAIL, at=ADDRESSES)


def test_a_pool_offers_what_was_chosen_unless_mfa_is_off() -> None:
    assert factors_of(pool("ON", TOKEN, EMAIL)) == {TOKEN, EMAIL}
    assert factors_of(pool("OPTIONAL", SMS)) == {SMS}
    assert factors_of(pool("ON")) == {SMS}, "where nothing was chosen, SMS if it can be sent"
    assert factors_of(pool("OFF", SMS, TOKEN, EMAIL)) == frozenset()
    without = pool("ON", SMS, TOKEN)
    without.__dict__["settings"] = msgspec.structs.replace(without.settings, sms_configuration=None)
    assert factors_of(without) == {TOKEN}


def test_an_enabled_factor_counts_where_the_pool_offers_it_and_the_user_still_has_it() -> None:
    assert enabled(pool("OPTIONAL", SMS, TOKEN, EMAIL), ann) == (SMS, TOKEN, EMAIL)
    assert enabled(pool("OPTIONAL", EMAIL), ann) == (EMAIL,)
    assert enabled(pool("OFF", SMS, TOKEN, EMAIL), ann) == ()
    assert enabled(pool("OPTIONAL", SMS, TOKEN, EMAIL), user(SMS, EMAIL)) == ()
    assert enabled(pool("OPTIONAL", TOKEN), user(token=True)) == ()


@pytest.mark.parametrize(
    ("recovery", "who", "expected"),
    [
        ((), user(at=ADDRESSES), (SMS, EMAIL)),
        ((), user(), ()),
        ((), user(token=True), (TOKEN,)),
        (("verified_email",), user(at=ADDRESSES), (SMS,)),
        (("verified_phone_number", "verified_email"), user(at=ADDRESSES), (EMAIL,)),
        (("verified_email",), user(at={"email": "ann@example.com"}), ()),
        (("admin_only",), user(at=ADDRESSES), (SMS, EMAIL)),
    ],
)
def test_the_first_choice_of_recovery_is_no_second_factor(
    recovery: tuple[str, ...], who: User, expected: tuple[str, ...]
) -> None:
    assert usable(pool("ON", SMS, TOKEN, EMAIL, recovery=recovery), who) == expected


def test_what_can_be_set_up_is_what_is_offered_and_not_for_recovery() -> None:
    assert can_set_up(pool("ON", SMS, TOKEN, EMAIL)) == (TOKEN, EMAIL, SMS)
    assert can_set_up(pool("ON", TOKEN, EMAIL, recovery=("verified_email",))) == (TOKEN,)


@pytest.mark.parametrize(
    ("on", "prefer", "expected"),
    [
        ((), None, set()),
        ((TOKEN,), None, set()),
        ((SMS,), None, {"phone_number"}),
        ((SMS, TOKEN), TOKEN, {"phone_number"}),
        ((EMAIL,), None, {"email"}),
        ((EMAIL, TOKEN), TOKEN, set()),
        ((EMAIL, TOKEN), EMAIL, {"email"}),
        ((SMS, EMAIL), EMAIL, {"phone_number", "email"}),
    ],
)
def test_the_medium_of_the_second_factor(
    on: tuple[str, ...], prefer: str | None, expected: set[str]
) -> None:
    who = user(*on, prefer=prefer, at=ADDRESSES)
    assert media(pool("OPTIONAL", SMS, TOKEN, EMAIL), who) == expected
    assert media(pool("OFF", SMS, TOKEN, EMAIL), who) == set()


RECOVERIES: tuple[tuple[str, ...], ...] = (
    (),
    ("verified_email",),
    ("verified_phone_number",),
    ("verified_email", "verified_phone_number"),
    ("verified_phone_number", "verified_email"),
)


def test_a_reset_code_never_goes_where_the_second_factor_goes() -> None:
    """AUT-17: verified addresses x factors x preference x recovery, and every mode."""
    kept = [
        {},
        {"email": ADDRESSES["email"]},
        {"phone_number": ADDRESSES["phone_number"]},
        ADDRESSES,
    ]
    for mode, recovery, attributes, on in product(
        ("OFF", "OPTIONAL", "ON"), RECOVERIES, kept, ((), (SMS,), (EMAIL,), (TOKEN,), (SMS, TOKEN))
    ):
        where = pool(mode, SMS, TOKEN, EMAIL, recovery=recovery)
        who = user(*on, at=attributes)
        due = enabled(where, who)
        to = destination(where, who, media(where, who))
        assert to is None or who.attributes[to]
        assert not (to == "phone_number" and SMS in due)
        assert not (to == "email" and due == (EMAIL,))
        if not due and mode != "ON":
            assert to == destination(where, who)
