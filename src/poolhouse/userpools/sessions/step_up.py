"""Step-up: the level that shown methods reach, and whether one that was asked for is met.

Source: TARGET_ACR_VALUES and MAX_AGE, InitiateAuth API page; "Step-up authentication with ACR and
AMR", developer guide.

    level   is reached by (names as in the claim `amr`)
    1       any method: `pwd`, `fed`
    2       a code: `sms`, `email_otp`
    3       a passkey: `swk`, `hwk`; or `pwd` with `sms` or `email_otp`
    4       `pwd` with `otp` (a software token)
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rules.settings import acr_names
from poolhouse.userpools.pools.rules.tiers import ESSENTIALS, has

_SENT = frozenset(["sms", "email_otp"])
_PASSKEY = frozenset(["swk", "hwk"])
_LONGEST_AGE = 9  # digits: some thirty years


@dataclass(frozen=True, slots=True)
class Target:
    """A level that was asked for, by the pool's name for it."""

    level: int
    name: str


def level(amr: Collection[str]) -> int:
    """The highest level that these methods reach together; 0 for none."""
    shown = frozenset(amr)
    if {"pwd", "otp"} <= shown:
        return 4
    if shown & _PASSKEY or ("pwd" in shown and shown & _SENT):
        return 3
    if shown & _SENT:
        return 2
    return 1 if shown & {"pwd", "otp", "fed"} else 0


def targets(settings: idp.UserPoolType, asked: str) -> tuple[Target, ...]:
    """The levels that TARGET_ACR_VALUES asks for, in its order; unknown values are ignored.

    Raises FeatureUnavailableInTierException, InvalidParameterException where no value is known.
    """
    if not has(settings, ESSENTIALS):
        raise idp.FeatureUnavailableInTierException(
            f"Step-up authentication is not available in the tier {settings.user_pool_tier}; "
            f"it needs {ESSENTIALS}."
        )
    names = acr_names(settings.acr_configuration)
    levels = {named.acr_value: int(key[-1]) for key, named in names.items()}
    found = tuple(Target(levels[n], n) for n in dict.fromkeys(asked.split()) if n in levels)
    if not found:
        raise idp.InvalidParameterException("TARGET_ACR_VALUES has no valid value.")
    return found


def max_age_of(text: str) -> int:
    """MAX_AGE in seconds. Raises InvalidParameterException."""
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_AGE):
        raise idp.InvalidParameterException("MAX_AGE must be a whole number of seconds.")
    return int(text)


def met(asked: Sequence[Target], amr: Collection[str]) -> Target | None:
    """The first level asked for that the methods reach; None where they reach none."""
    reached = level(amr)
    return next((target for target in asked if target.level <= reached), None)


def credited(
    amr: tuple[str, ...], auth_time: int, max_age: int | None, now: float
) -> tuple[str, ...]:
    """The methods of an earlier sign-in that still count: all of them, or none where they were
    shown longer ago than `max_age` (seconds).

    Whoever counts them keeps their `auth_time` for the new session, or an old method would be
    made fresh by a weaker one.
    """
    return amr if max_age is None or now - auth_time <= max_age else ()


def satisfies(
    asked: Sequence[Target],
    amr: tuple[str, ...],
    auth_time: int,
    max_age: int | None,
    now: float,
) -> Target | None:
    """The level that an earlier sign-in already meets; None where more must be shown."""
    return met(asked, credited(amr, auth_time, max_age, now))
