"""What comes after a proved factor: pure, from facts to a step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.users.rows import (
    FORCE_CHANGE_PASSWORD,
    RESET_REQUIRED,
    UNCONFIRMED,
    User,
)


class Step(Enum):
    TOKENS = auto()
    NEW_PASSWORD = auto()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known once a password has been proved."""

    user: User
    password_expires_at: float | None
    mfa: str
    now: float


def next_step(facts: Facts) -> Step:
    """The step that follows a right password.

    Raises what refuses the user: disabled, unconfirmed, reset required, expired password.
    """
    refuse_by_state(facts.user)
    if facts.user.status == FORCE_CHANGE_PASSWORD:
        expires_at = facts.password_expires_at
        if expires_at is not None and expires_at < facts.now:
            raise idp.NotAuthorizedException(
                "Temporary password has expired and must be reset by an administrator."
            )
        return Step.NEW_PASSWORD
    refuse_by_mfa(facts.mfa)
    return Step.TOKENS


def refuse_by_state(user: User) -> None:
    """The states that end a sign-in whatever has been proved."""
    if not user.enabled:
        raise idp.NotAuthorizedException("User is disabled.")
    if user.status == UNCONFIRMED:
        raise idp.UserNotConfirmedException("User is not confirmed.")
    if user.status == RESET_REQUIRED:
        raise idp.PasswordResetRequiredException("Password reset required for the user")


def refuse_by_mfa(mfa: str) -> None:
    """A pool that demands a second factor gives no tokens for one. Fails closed until the
    factors are built."""
    if mfa == "ON":
        raise idp.InvalidUserPoolConfigurationException(
            "The user pool requires multi-factor authentication, which this server cannot do yet."
        )
