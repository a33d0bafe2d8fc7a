"""What a pool demands of a password."""

from __future__ import annotations

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rows import Pool

MOST_CHARACTERS = 256
USUAL_LENGTH = 8
USUAL_DAYS = 7
_DAY = 86400.0
_SYMBOLS = frozenset("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-")
_USUAL = idp.PasswordPolicyType(
    minimum_length=USUAL_LENGTH,
    require_uppercase=True,
    require_lowercase=True,
    require_numbers=True,
    require_symbols=True,
    temporary_password_validity_days=USUAL_DAYS,
)


def policy_of(pool: Pool) -> idp.PasswordPolicyType:
    """The pool's policy; Cognito's own where it was made without one."""
    policies = pool.settings.policies
    return (policies.password_policy if policies else None) or _USUAL


def check(pool: Pool, password: str) -> None:
    """Raises InvalidPasswordException with the first thing that the policy misses. Letters and
    digits are those of Basic Latin, as in Cognito; all others are welcome but count for
    nothing."""
    trouble = _trouble(policy_of(pool), password)
    if trouble:
        raise idp.InvalidPasswordException(f"Password did not conform with policy: {trouble}")


def temporary_until(pool: Pool, now: float) -> float:
    """When a temporary password set now stops working, epoch seconds. Zero days read as the
    default."""
    days = policy_of(pool).temporary_password_validity_days
    if days is None:
        config = pool.settings.admin_create_user_config
        days = config.unused_account_validity_days if config else None
    return now + (days or USUAL_DAYS) * _DAY


def _trouble(policy: idp.PasswordPolicyType, password: str) -> str | None:
    if len(password) < (policy.minimum_length or USUAL_LENGTH):
        return "Password not long enough"
    if len(password) > MOST_CHARACTERS:
        return "Password too long"
    if password != password.strip():
        return "Password must not begin or end with a space"
    demands = (
        (policy.require_uppercase, any("A" <= c <= "Z" for c in password), "uppercase"),
        (policy.require_lowercase, any("a" <= c <= "z" for c in password), "lowercase"),
        (policy.require_numbers, any("0" <= c <= "9" for c in password), "numeric"),
        (policy.require_symbols, any(c in _SYMBOLS or c == " " for c in password), "symbol"),
    )
    for required, there, kind in demands:
        if required and not there:
            return f"Password must have {kind} characters"
    return None
