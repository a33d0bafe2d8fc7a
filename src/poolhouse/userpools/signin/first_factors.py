"""Which first factors a user may choose from: pure, from facts to names.

Source: "Sign-in policy" and "USER_AUTH", developer guide: the pool's AllowedFirstAuthFactors, what
the user has, and no one-time codes for whom a second factor is due.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from poolhouse.userpools.messages.nobody import apparent, seeming
from poolhouse.userpools.mfa import rules as mfa
from poolhouse.userpools.passkeys import ceremonies
from poolhouse.userpools.passkeys.rules import two_in_one
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.rules.checks import passkeys_are_two
from poolhouse.userpools.signin.claimant import Claimant
from poolhouse.userpools.signin.entrance import Entrance
from poolhouse.userpools.users.rows import FORCE_CHANGE_PASSWORD, User

_PASSWORDS = ("PASSWORD_SRP", "PASSWORD")
_CODES = {"email": "EMAIL_OTP", "phone_number": "SMS_OTP"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides. `allowed` is the pool's list, `addresses` the attributes that codes can go
    to, `second_factor` whether one is due after a password, `two_in_one` whether a passkey
    with user verification is taken for both."""

    allowed: Collection[str]
    password: bool
    addresses: Collection[str]
    passkey: bool
    second_factor: bool
    two_in_one: bool
    must_change: bool


def choices(standing: Standing) -> tuple[str, ...]:
    """As Cognito lists them: passwords first."""
    if standing.must_change:
        return _PASSWORDS
    found: list[str] = []
    if standing.password and "PASSWORD" in standing.allowed:
        found += _PASSWORDS
    if not standing.second_factor:
        if "EMAIL_OTP" in standing.allowed and "email" in standing.addresses:
            found.append("EMAIL_OTP")
        if "SMS_OTP" in standing.allowed and "phone_number" in standing.addresses:
            found.append("SMS_OTP")
    open_to_passkeys = not standing.second_factor or standing.two_in_one
    if standing.passkey and "WEB_AUTHN" in standing.allowed and open_to_passkeys:
        found.append("WEB_AUTHN")
    return tuple(found)


def allowed(pool: Pool) -> tuple[str, ...]:
    """AllowedFirstAuthFactors of the pool's sign-in policy; a password where it says nothing."""
    policies = pool.settings.policies
    policy = policies.sign_in_policy if policies else None
    return tuple((policy.allowed_first_auth_factors if policy else None) or ("PASSWORD",))


def standing_of(entrance: Entrance, claimant: Claimant, name: str) -> Standing:
    """A user's own, or what a name that nobody has would seem to have."""
    user = claimant.user
    if user is None:
        return _standing_of_nobody(entrance, name)
    call, pool, listed = entrance.call, entrance.pool, allowed(entrance.pool)
    addresses = [name for name in ("email", "phone_number") if user.attributes.get(name)]
    if entrance.hides_users:
        # As for nobody, who is offered it always: a code is asked for, and none is sent.
        addresses.append("email")
    return Standing(
        allowed=listed,
        password=claimant.password is not None,
        addresses=addresses,
        passkey="WEB_AUTHN" in listed and ceremonies.has_passkeys(call, pool, user),
        second_factor=second_factor_due(pool, user),
        two_in_one=two_in_one(pool, user),
        must_change=user.status == FORCE_CHANGE_PASSWORD and not entrance.hides_users,
    )


def _standing_of_nobody(entrance: Entrance, name: str) -> Standing:
    """Without a password only where a code can take its place: users are made no other way."""
    call, pool, listed = entrance.call, entrance.pool, allowed(entrance.pool)
    nobody, seems = apparent(call, pool, name, None), seeming(call, pool, name)
    by_code = {_CODES[address] for address in seems.addresses} & set(listed)
    return Standing(
        allowed=listed,
        password=not (seems.passwordless and by_code),
        addresses=seems.addresses,
        passkey="WEB_AUTHN" in listed and ceremonies.seems_to_have(call, pool, name, nobody),
        second_factor=seems.second_factor,
        two_in_one=passkeys_are_two(pool.mfa),
        must_change=False,
    )


def second_factor_due(pool: Pool, user: User) -> bool:
    """Whether something is asked for after the user's password."""
    mfa_configuration = pool.settings.mfa_configuration or "OFF"
    return mfa_configuration == "ON" or bool(mfa.enabled(pool, user))
