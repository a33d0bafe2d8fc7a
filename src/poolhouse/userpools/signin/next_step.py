"""What comes after a proved factor: pure, from facts to a step.

Source: "MFA in user pools" and "Working with user devices", developer guide; `docs/sign-in.md`
holds the same as a table, and a test compares the two.
"""

from __future__ import annotations

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.signin.progress import CUSTOM_FLOW, Progress
from poolhouse.userpools.users.rows import (
    FORCE_CHANGE_PASSWORD,
    RESET_REQUIRED,
    UNCONFIRMED,
    User,
)
from poolhouse.values import Value

SECOND_FACTORS = ("SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP")
DEVICE_PROVED = "DEVICE_PASSWORD_VERIFIER"
RECOVERED = "RECOVERY_CODE"
_SHOWS_A_SECOND = frozenset([*SECOND_FACTORS, "MFA_SETUP", RECOVERED])


class Facts(Value, frozen=True):
    """What is known once a factor has been proved.

    `mfa` is the pool's setting. `enabled` are the user's second factors that the pool offers,
    `usable` those that an address of the user allows where none is enabled, `can_set_up` those
    that could be set up now. `device` says that a device which the user confirmed was named,
    `device_stands` that the pool lets it stand for a second factor once it has proved itself.
    """

    user: User
    progress: Progress
    now: float
    password_expires_at: float | None = None
    mfa: str = "OFF"
    enabled: tuple[str, ...] = ()
    usable: tuple[str, ...] = ()
    can_set_up: tuple[str, ...] = ()
    device: bool = False
    device_stands: bool = False


class Next(Value, frozen=True):
    """The challenge to pose, with what may be chosen; no challenge means tokens."""

    challenge: str | None = None
    choices: tuple[str, ...] = ()


TOKENS = Next()
DEVICE = Next("DEVICE_SRP_AUTH")


def next_step(facts: Facts) -> Next:
    """The step that follows. In CUSTOM_AUTH the pool's functions decide in place of it, but for
    what follows a password, and for a device that proves itself once they have said enough.

    Raises what refuses the user: disabled, unconfirmed, reset required, expired password; and
    InvalidParameterException where a second factor is demanded that cannot be had.
    """
    refuse_by_state(facts.user)
    progress = facts.progress
    unproved = facts.device and DEVICE_PROVED not in progress.done
    at_last = unproved and (progress.flow != CUSTOM_FLOW or progress.enough)
    if progress.flow == CUSTOM_FLOW and not progress.password_shown:
        return DEVICE if at_last else TOKENS
    if facts.user.status == FORCE_CHANGE_PASSWORD:
        if not progress.password_shown:
            raise idp.NotAuthorizedException("Incorrect username or password.")
        refuse_expired(facts)
        return Next("NEW_PASSWORD_REQUIRED")
    due = facts.enabled or (facts.usable if facts.mfa == "ON" else ())
    stands = facts.device_stands and bool(due)
    if unproved and stands:
        return DEVICE
    step = _second_factor(facts, due, stands)
    return DEVICE if at_last and step == TOKENS else step


def _second_factor(facts: Facts, due: tuple[str, ...], device_stands: bool) -> Next:
    """A device stands for a factor that the user has, and spares nobody from setting one up."""
    if facts.mfa == "OFF" or second_shown(facts.progress, device_stands):
        return TOKENS
    if due:
        return _among(due, facts.user.factors.preferred)
    if facts.mfa != "ON":
        return TOKENS
    if facts.can_set_up:
        return Next("MFA_SETUP", facts.can_set_up)
    raise idp.InvalidParameterException(
        "The user pool requires multi-factor authentication, and the user has no factor to use."
    )


def second_shown(progress: Progress, device_stands: bool) -> bool:
    """Whether something beyond the first factor was proved, or a first factor that is two. A
    device's proof counts while it stands for a factor."""
    further = set(progress.done[1:])
    if device_stands and DEVICE_PROVED in further:
        return True
    return "mfa" in progress.methods or not _SHOWS_A_SECOND.isdisjoint(further)


def _among(due: tuple[str, ...], preferred: str | None) -> Next:
    if preferred in due:
        return Next(preferred)
    if len(due) == 1:
        return Next(due[0])
    return Next("SELECT_MFA_TYPE", due)


def refuse_by_state(user: User) -> None:
    """The states that end a sign-in whatever has been proved."""
    if not user.enabled:
        raise disabled()
    if user.status == UNCONFIRMED:
        raise idp.UserNotConfirmedException("User is not confirmed.")
    if user.status == RESET_REQUIRED:
        raise idp.PasswordResetRequiredException("Password reset required for the user")


def disabled() -> idp.NotAuthorizedException:
    return idp.NotAuthorizedException("User is disabled.")


def refuses_by_state(user: User) -> bool:
    """Whether `refuse_by_state` would."""
    return not user.enabled or user.status in (UNCONFIRMED, RESET_REQUIRED)


def refuse_expired(facts: Facts) -> None:
    """Raises NotAuthorizedException where a temporary password has outlived its time."""
    expires_at = facts.password_expires_at
    if expires_at is not None and expires_at < facts.now:
        raise idp.NotAuthorizedException(
            "Temporary password has expired and must be reset by an administrator."
        )
