"""Which second factors a pool offers, a user has, and could have: pure.

Source: "MFA in user pools", developer guide.
"""

from __future__ import annotations

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import User

SMS, TOKEN, EMAIL = "SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"
PASSKEY = "WEB_AUTHN"
# In the order that sign-in lists them.
ALL = (SMS, TOKEN, EMAIL)
ADDRESSES = {SMS: "phone_number", EMAIL: "email"}
_RECOVERED_BY = {"verified_phone_number": SMS, "verified_email": EMAIL}


def factors_of(pool: Pool) -> frozenset[str]:
    """The second factors that the pool offers; none where its MFA is off."""
    mfa = pool.mfa
    token = mfa.software_token_mfa_configuration
    offered = {
        SMS: mfa.sms_mfa_configuration is not None,
        TOKEN: bool(token and token.enabled),
        EMAIL: mfa.email_mfa_configuration is not None,
    }
    return frozenset(name for name, has in offered.items() if has)


def enabled(pool: Pool, user: User) -> tuple[str, ...]:
    """The factors that the user has enabled, still can use, and the pool offers."""
    offered = factors_of(pool)
    return tuple(
        name for name in ALL if name in user.factors.enabled and name in offered and has(user, name)
    )


def usable(pool: Pool, user: User) -> tuple[str, ...]:
    """What a user who has enabled nothing can be asked for where MFA is demanded: a registered
    token, and codes to an address that is not the first choice of the pool's account recovery."""
    offered = factors_of(pool) - {_first_of_recovery(pool)}
    return tuple(name for name in ALL if name in offered and has(user, name))


def can_set_up(pool: Pool) -> tuple[str, ...]:
    """The factors that a user who can use none may set up."""
    offered = factors_of(pool) - {_first_of_recovery(pool)}
    return tuple(name for name in (TOKEN, EMAIL, SMS) if name in offered)


def has(user: User, factor: str) -> bool:
    """Whether the user has what the factor needs."""
    if factor == TOKEN:
        return user.factors.software_token
    return bool(user.attributes.get(ADDRESSES[factor]))


def media(pool: Pool, user: User) -> frozenset[str]:
    """The attributes that the user's second factor is sent to, so that recovery does not use
    them: the phone of SMS; the e-mail address where it is preferred, or all there is."""
    due = enabled(pool, user)
    if not due and pool.mfa.mfa_configuration == "ON":
        due = usable(pool, user)
    by_email = user.factors.preferred == EMAIL or due == (EMAIL,)
    return frozenset(ADDRESSES[name] for name in due if name == SMS or (name == EMAIL and by_email))


def refuse_unoffered(pool: Pool) -> None:
    """Raises SoftwareTokenMFANotFoundException where the pool offers no software tokens."""
    if TOKEN not in factors_of(pool):
        raise idp.SoftwareTokenMFANotFoundException(
            "Software Token MFA has not been enabled by the userPool"
        )


def _first_of_recovery(pool: Pool) -> str | None:
    """The factor of the pool's first recovery mechanism, where the pool names any."""
    setting = pool.settings.account_recovery_setting
    options = (setting.recovery_mechanisms if setting else None) or []
    first = min(options, key=lambda option: option.priority, default=None)
    return _RECOVERED_BY.get(first.name) if first else None
