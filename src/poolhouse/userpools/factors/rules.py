"""Which factors a user has, by the names of GetUserAuthFactors.

Source: GetUserAuthFactors, API reference.
"""

from __future__ import annotations

from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.rules.checks import passkeys_are_two
from poolhouse.userpools.users.rows import User


def configured(pool: Pool, user: User, *, password: bool, passkey: bool) -> list[str]:
    """Every factor that the user could be asked for: as first factor where the pool allows it,
    as second where the user has enabled it; of a passkey the pool has to say so too."""
    first, second, two = _first_factors(pool), user.factors.enabled, passkeys_are_two(pool.mfa)
    found = {
        "PASSWORD": password and "PASSWORD" in first,
        "EMAIL_OTP": ("EMAIL_OTP" in first and user.verified("email")) or "EMAIL_OTP" in second,
        "SMS_OTP": ("SMS_OTP" in first and user.verified("phone_number")) or "SMS_MFA" in second,
        "WEB_AUTHN": passkey and ("WEB_AUTHN" in first or ("WEB_AUTHN" in second and two)),
        "SOFTWARE_TOKEN": user.factors.software_token,
    }
    return [name for name, has in found.items() if has]


def _first_factors(pool: Pool) -> frozenset[str]:
    policies = pool.settings.policies
    policy = policies.sign_in_policy if policies else None
    allowed = policy.allowed_first_auth_factors if policy else None
    return frozenset(allowed or ["PASSWORD"])
