"""What a pool wants of passkeys, who may register one, and what one counts for: pure.

Source: SetUserPoolMfaConfig and StartWebAuthnRegistration, API reference; RFC 8176 for `hwk` and
`swk`, which Cognito uses for roaming and platform passkeys.
"""

from __future__ import annotations

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.passkeys.rows import Passkey
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.rules.checks import passkeys_are_two
from poolhouse.userpools.users.rows import (
    CONFIRMED,
    EXTERNAL_PROVIDER,
    RESET_REQUIRED,
    User,
)

MOST = 20
"""Passkeys of a user."""
RECENT = 15 * 60
"""Seconds since the sign-in for which a passkey can be registered."""
CHALLENGE_LIFETIME = 5 * 60.0
CHALLENGE_OCTETS = 32
TIMEOUT = 60_000
"""Milliseconds that the browser is told to wait for the user."""
ES256, RS256 = -7, -257
ALGORITHMS = (ES256, RS256)

NAME = "WEB_AUTHN"
PLATFORM, ROAMING = "platform", "cross-platform"

# What makers of authenticators call them, by the AAGUID that they publish. A label, no proof.
_KNOWN = {
    "fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "iCloud Keychain",
    "dd4ec289-e01d-41c9-bb89-70fa845d4bf2": "iCloud Keychain",
    "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": "Google Password Manager",
    "adce0002-35bc-c60a-648b-0b25f1f05503": "Chrome on Mac",
    "08987058-cadc-4b81-b6e1-30de50dcbe96": "Windows Hello",
    "9ddd1817-af5a-4672-a2b9-3e3dd95000a9": "Windows Hello",
    "6028b017-b1d4-4c02-b4b3-afcdafc96bb2": "Windows Hello",
    "53414d53-554e-4700-0000-000000000000": "Samsung Pass",
    "bada5566-a7aa-401f-bd96-45619a55120d": "1Password",
    "d548826e-79b4-db40-a3d8-11116f7e8349": "Bitwarden",
    "531126d6-e717-415c-9320-3d9aa6981239": "Dashlane",
    "fdb141b2-5d84-443e-8a35-4698c205a502": "KeePassXC",
}


# what the pool wants --------------------------------------------------------------------
def offered(pool: Pool) -> bool:
    """Whether the pool lets users sign in with a passkey."""
    policies = pool.settings.policies
    policy = policies.sign_in_policy if policies else None
    return NAME in ((policy.allowed_first_auth_factors if policy else None) or ())


def refuse_unoffered(pool: Pool) -> None:
    """Raises WebAuthnNotEnabledException."""
    if not offered(pool):
        raise idp.WebAuthnNotEnabledException("Passkeys are not enabled for the user pool.")


def user_verification(pool: Pool) -> str:
    """What browsers are asked for and a new passkey has to show, `required` or `preferred`; a pool
    whose passkeys count for two factors requires it (WebAuthnFactorConfigurationType, API
    reference)."""
    return "required" if passkeys_are_two(pool.mfa) else user_verification_at_sign_in(pool)


def user_verification_at_sign_in(pool: Pool) -> str:
    """What an answer has to show. Where it need not, a touch is one factor, whatever the browser
    was asked for, and a second follows where one is due (WAN-10)."""
    configured = pool.mfa.web_authn_configuration
    return (configured.user_verification if configured else None) or "preferred"


def two_in_one(pool: Pool, user: User) -> bool:
    """Whether a passkey with user verification counts for two factors: the pool allows it, and
    the user has turned it on (WebAuthnMfaSettings)."""
    return passkeys_are_two(pool.mfa) and NAME in user.factors.enabled


# who may register -----------------------------------------------------------------------
def refuse_by_state(user: User) -> None:
    """Raises PasswordResetRequiredException, NotAuthorizedException."""
    if user.status == RESET_REQUIRED:
        raise idp.PasswordResetRequiredException("Password reset required for the user")
    if user.status == EXTERNAL_PROVIDER:
        raise idp.NotAuthorizedException("Users of an identity provider sign in there.")
    if user.status != CONFIRMED or not user.enabled:
        raise idp.NotAuthorizedException("User is not confirmed.")


def refuse_stale(age: float, amr: tuple[str, ...], *, second_factor: bool) -> None:
    """Who adds a passkey has signed in lately (`age` in seconds), and with two factors where the
    user has two: else a stolen token, or a password alone, could become a key of its own (WAN-08).

    Raises NotAuthorizedException.
    """
    if age > RECENT:
        raise idp.NotAuthorizedException("Sign in again to register a passkey.")
    if second_factor and "mfa" not in amr:
        raise idp.NotAuthorizedException("Sign in with a second factor to register a passkey.")


def refuse_too_many(count: int) -> None:
    """Raises LimitExceededException."""
    if count >= MOST:
        raise idp.LimitExceededException(f"A user can have at most {MOST} passkeys.")


def has_other_way(pool: Pool, user: User, *, password: bool) -> bool:
    """Whether the user could sign in without any passkey."""
    policies = pool.settings.policies
    policy = policies.sign_in_policy if policies else None
    allowed = (policy.allowed_first_auth_factors if policy else None) or ("PASSWORD",)
    return (
        (password and "PASSWORD" in allowed)
        or ("EMAIL_OTP" in allowed and bool(user.attributes.get("email")))
        or ("SMS_OTP" in allowed and bool(user.attributes.get("phone_number")))
    )


# what one counts for --------------------------------------------------------------------
def methods(pool: Pool, user: User, passkey: Passkey, *, user_verified: bool) -> tuple[str, ...]:
    """Authentication method references; `mfa` only where the user was verified and this counts
    for two (WAN-10)."""
    kind = "swk" if _on_platform(passkey) else "hwk"
    return (kind, "mfa") if user_verified and two_in_one(pool, user) else (kind,)


def _on_platform(passkey: Passkey) -> bool:
    if passkey.attachment is not None:
        return passkey.attachment == PLATFORM
    return passkey.backup_eligible or "internal" in passkey.transports


def friendly_name(aaguid: str, attachment: str | None) -> str:
    """As Cognito, which lets nobody choose: a known maker's, else the kind."""
    kind = "Platform passkey" if attachment == PLATFORM else "Roaming passkey"
    return _KNOWN.get(aaguid, kind)
