"""How a user is shown, who needs no password, and what a Session is told that is none of theirs."""

from __future__ import annotations

from collections.abc import Collection

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import User

RECENT = 15 * 60
"""Seconds after a sign-in for which its tokens may change how the user signs in (AUT-10)."""

_SECOND_FACTORS = ("SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP")
_CODE_FACTORS = {"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}


def bad_session() -> idp.NotAuthorizedException:
    """For a Session of a sign-in that is not this one, or no more."""
    return idp.NotAuthorizedException("Invalid session for the user.")


def attribute_list(user: User, only: Collection[str] | None = None) -> list[idp.AttributeType]:
    """`sub` first, then the rest; `only` keeps the named ones."""
    every = {"sub": user.sub, **user.attributes}
    return [
        idp.AttributeType(name=name, value=value)
        for name, value in every.items()
        if only is None or name in only
    ]


def as_user_type(user: User, only: Collection[str] | None = None) -> idp.UserType:
    """A user as lists and AdminCreateUser show it."""
    return idp.UserType(
        username=user.username,
        attributes=attribute_list(user, only),
        mfa_options=mfa_options(user),
        user_create_date=user.created_at,
        user_last_modified_date=user.modified_at,
        enabled=user.enabled,
        user_status=user.status,
    )


def mfa_settings(user: User) -> list[str] | None:
    """UserMFASettingList; absent where the user has enabled no second factor. Passkeys that count
    for two are none of its values (API reference)."""
    return [name for name in user.factors.enabled if name in _SECOND_FACTORS] or None


def mfa_options(user: User) -> list[idp.MFAOptionType] | None:
    """MFAOptions, which know of SMS only."""
    if "SMS_MFA" not in user.factors.enabled:
        return None
    return [idp.MFAOptionType(delivery_medium="SMS", attribute_name="phone_number")]


def without_password(pool: Pool, attributes: dict[str, str]) -> bool:
    """Whether a user with these attributes can sign in by a code alone (AllowedFirstAuthFactors),
    so that a password may be left out."""
    policies = pool.settings.policies
    policy = policies.sign_in_policy if policies else None
    allowed = (policy.allowed_first_auth_factors if policy else None) or []
    return any(attributes.get(_CODE_FACTORS[f]) for f in allowed if f in _CODE_FACTORS)
