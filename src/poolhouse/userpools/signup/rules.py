"""Who may sign up, and who can be confirmed. Source: SignUp and ConfirmSignUp, API pages."""

from __future__ import annotations

from msgspec.structs import replace

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.codes.rows import Code
from poolhouse.userpools.messages.rules import sign_up_attribute
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.triggers.answers import SignUpSay
from poolhouse.userpools.users.creating import with_flags
from poolhouse.userpools.users.rows import CONFIRMED, UNCONFIRMED, User
from poolhouse.userpools.users.usernames import Naming

_WITHOUT_PASSWORD = frozenset(["EMAIL_OTP", "SMS_OTP"])


def refuse_closed(pool: Pool) -> None:
    """Raises NotAuthorizedException where only administrators create users."""
    config = pool.settings.admin_create_user_config
    if config is not None and config.allow_admin_create_user_only:
        raise idp.NotAuthorizedException("SignUp is not permitted for this user pool")


def password_of(pool: Pool, given: str | None) -> str | None:
    """The password to set; None for a user who will sign in with one-time codes alone.

    Raises InvalidParameterException where the pool demands one.
    """
    if given:
        return given
    policies = pool.settings.policies
    sign_in = policies.sign_in_policy if policies else None
    factors = (sign_in.allowed_first_auth_factors if sign_in else None) or []
    if _WITHOUT_PASSWORD.isdisjoint(factors):
        raise idp.InvalidParameterException(
            "1 validation error detected: Value null at 'password' failed to satisfy "
            "constraint: Member must not be null"
        )
    return None


def as_said(naming: Naming, say: SignUpSay) -> Naming:
    """The attributes with what PreSignUp vouches for, and that nobody has verified the rest.

    Raises InvalidParameterException where it vouches for an address that was not given.
    """
    vouched = {"email": say.verify_email, "phone_number": say.verify_phone}
    flags = {f"{name}_verified": "true" for name, good in vouched.items() if good}
    for name, good in vouched.items():
        if good and not naming.attributes.get(name):
            raise idp.InvalidParameterException(f"User has no {name} to be verified.")
    return replace(naming, attributes=with_flags({**naming.attributes, **flags}))


def expected(pool: Pool, naming: Naming, now: float, *, confirmed: bool) -> User:
    """The user as they will be."""
    status = CONFIRMED if confirmed else UNCONFIRMED
    return User(pool.id, naming.sub, naming.username, status, True, naming.attributes, now, now)


def to_be_proved(pool: Pool, user: User) -> str | None:
    """The attribute whose address gets a code: none for whom, or for an address that, a function
    has vouched."""
    attribute = sign_up_attribute(pool, user)
    if attribute is None or user.status == CONFIRMED or user.verified(attribute):
        return None
    return attribute


def confirmable(user: User | None) -> bool:
    return user is not None and user.enabled and user.status == UNCONFIRMED


def refuse_unconfirmable(user: User) -> None:
    """Raises NotAuthorizedException, saying why, where the client hides nothing."""
    if user.status != UNCONFIRMED:
        raise idp.NotAuthorizedException(
            f"User cannot be confirmed. Current status is {user.status}"
        )
    if not user.enabled:
        raise idp.NotAuthorizedException("User is disabled.")


def refuse_unresendable(user: User) -> None:
    """The same for another code."""
    if user.status != UNCONFIRMED:
        raise idp.InvalidParameterException("User is already confirmed.")
    if not user.enabled:
        raise idp.NotAuthorizedException("User is disabled.")


def once_verified(user: User, code: Code) -> User:
    """The user as the code makes them."""
    proved = {code.attribute: code.value, f"{code.attribute}_verified": "true"}
    return replace(user, attributes={**user.attributes, **proved})


def cannot_resend() -> idp.InvalidParameterException:
    return idp.InvalidParameterException("Cannot resend codes. Auto verification not turned on.")
