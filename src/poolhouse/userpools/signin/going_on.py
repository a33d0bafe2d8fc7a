"""From a proved factor to what comes next: tokens or another challenge. The one dispatcher."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from poolhouse.userpools.devices.rules import stands_for_a_factor
from poolhouse.userpools.mfa import rules as mfa
from poolhouse.userpools.signin import passage, tries
from poolhouse.userpools.signin.challenges import (
    custom,
    device,
    mfa_setup,
    new_password,
    one_time_code,
    select_mfa,
    software_token,
)
from poolhouse.userpools.signin.entrance import Entrance
from poolhouse.userpools.signin.issuing import ready_tokens
from poolhouse.userpools.signin.next_step import Facts, Next, next_step
from poolhouse.userpools.signin.progress import CUSTOM_FLOW, Progress
from poolhouse.userpools.signin.step import Outcome, Posed, Proved
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.rules import bad_session

Pose = Callable[[Entrance, User, Progress, Next], Posed]

_POSES: Mapping[str, Pose] = {
    "NEW_PASSWORD_REQUIRED": new_password.pose,
    "SMS_MFA": one_time_code.pose_second,
    "EMAIL_OTP": one_time_code.pose_second,
    "SOFTWARE_TOKEN_MFA": software_token.pose,
    "SELECT_MFA_TYPE": select_mfa.pose,
    "MFA_SETUP": mfa_setup.pose,
    "DEVICE_SRP_AUTH": device.pose,
}


def go_on(entrance: Entrance, proved: Proved) -> Outcome:
    """Ends the try as a success and goes on.

    What calls out comes first; then everything is written in one unit: what the proof changes,
    what the next step needs, and that the passage which led here is spent.
    """
    try:
        posed = _next(entrance, proved)
        if proved.changes is not None:
            proved.changes()
        outcome = written(entrance, posed, None if proved.taken else proved.spent)
    except Exception:
        if proved.tried is not None:
            tries.forgiven(entrance, proved.tried)
        raise
    if proved.tried is not None:
        tries.succeeded(entrance, proved.tried)
    return outcome


def written(entrance: Entrance, posed: Posed, spent: passage.Passage | None) -> Outcome:
    """Does what a posed challenge needs, as part of the unit."""
    if posed.write is not None:
        posed.write()
    for used in (posed.spent, spent):
        if used is not None:
            passage.take(entrance.call.unit, used)
    return posed.outcome


def _next(entrance: Entrance, proved: Proved) -> Posed:
    _refuse_changed_password(entrance, proved)
    step = next_step(facts_of(entrance, proved))
    if step.challenge is not None:
        return _POSES[step.challenge](entrance, proved.user, proved.progress, step)
    if proved.progress.flow == CUSTOM_FLOW and not proved.progress.enough:
        wanted = custom.decide(entrance, proved.user, proved.user.username, proved.progress)
        if wanted is not None:
            return wanted
        return _next(entrance, replace(proved, progress=proved.progress.decided()))
    return ready_tokens(entrance, proved)


def _refuse_changed_password(entrance: Entrance, proved: Proved) -> None:
    """A password that was set anew since it was shown ends the sign-in: whoever knew the old one
    comes no further by it."""
    shown = proved.spent.progress.shown if proved.spent else ""
    if not shown:
        return
    found = entrance.passwords.find(proved.user)
    if found is None or found.srp_salt != shown:
        raise bad_session()


def facts_of(entrance: Entrance, proved: Proved) -> Facts:
    pool, user = entrance.pool, proved.user
    known = device.named(entrance, user, proved.progress)
    return Facts(
        user=user,
        progress=proved.progress,
        now=entrance.call.now,
        password_expires_at=proved.password_expires_at,
        mfa=pool.settings.mfa_configuration or "OFF",
        enabled=mfa.enabled(pool, user),
        usable=mfa.usable(pool, user),
        can_set_up=mfa.can_set_up(pool),
        device=known is not None,
        device_stands=known is not None and stands_for_a_factor(pool, known),
    )
