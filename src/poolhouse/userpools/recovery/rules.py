"""Where a reset code may go, and whose password may be reset.

Source: "Recovering forgotten passwords", developer guide: AccountRecoverySetting, and the medium
of a user's second factor is never that of recovery.
"""

from __future__ import annotations

from collections.abc import Collection

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.messages.rules import PHONE_FIRST
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import EXTERNAL_PROVIDER, FORCE_CHANGE_PASSWORD, User

_ADMIN_ONLY = "admin_only"
_ATTRIBUTES = {"verified_email": "email", "verified_phone_number": "phone_number"}
_NOT_RESETTABLE = frozenset([FORCE_CHANGE_PASSWORD, EXTERNAL_PROVIDER])


def _mechanisms(pool: Pool) -> list[str]:
    setting = pool.settings.account_recovery_setting
    listed = (setting.recovery_mechanisms if setting else None) or []
    return [option.name for option in sorted(listed, key=lambda option: option.priority)]


def refuse_admin_only(pool: Pool) -> None:
    """Raises NotAuthorizedException where users cannot recover by themselves."""
    if _ADMIN_ONLY in _mechanisms(pool):
        raise idp.NotAuthorizedException("Contact administrator to reset password.")


def possible(pool: Pool) -> list[str]:
    """Attributes that a reset code may be sent to, the preferred one first. Where the pool does
    not say: phone, then e-mail."""
    named = [_ATTRIBUTES[name] for name in _mechanisms(pool) if name in _ATTRIBUTES]
    return named or list(PHONE_FIRST)


def destination(pool: Pool, user: User, second_factors: Collection[str] = ()) -> str | None:
    """The attribute whose address gets the reset code: verified, and not one that the user's
    second factor is sent to (`second_factors`). None where there is none."""
    for attribute in possible(pool):
        if (
            user.verified(attribute)
            and user.attributes.get(attribute)
            and attribute not in second_factors
        ):
            return attribute
    return None


def resettable(user: User) -> bool:
    return user.enabled and user.status not in _NOT_RESETTABLE


def refuse_unresettable(user: User, *, disabled: str = "User is disabled.") -> None:
    """Raises NotAuthorizedException, saying why, where nothing is hidden."""
    if not user.enabled:
        raise idp.NotAuthorizedException(disabled)
    if user.status in _NOT_RESETTABLE:
        raise idp.NotAuthorizedException("User password cannot be reset in the current state.")


def no_destination() -> idp.InvalidParameterException:
    return idp.InvalidParameterException(
        "Cannot reset password for the user as there is no registered/verified email or "
        "phone_number"
    )


def unknown() -> idp.UserNotFoundException:
    return idp.UserNotFoundException("Username/client id combination not found.")
