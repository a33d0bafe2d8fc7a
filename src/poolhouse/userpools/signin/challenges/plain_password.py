"""USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH and PASSWORD: the password itself."""

from __future__ import annotations

from poolhouse.userpools.signin import tries
from poolhouse.userpools.signin.claimant import Claimant
from poolhouse.userpools.signin.entrance import (
    Entrance,
    Parameters,
    incorrect,
    required,
)
from poolhouse.userpools.signin.migrating import migrated
from poolhouse.userpools.signin.next_step import refuse_by_state
from poolhouse.userpools.signin.passage import Passage
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.signin.step import Judged, Proved
from poolhouse.userpools.triggers.migrating import migrates

NAME = "PASSWORD"


def begin(entrance: Entrance, given: Parameters, *, flow: str) -> Judged:
    """Proves the password in the first request."""
    name, text = required(given, "USERNAME"), required(given, "PASSWORD")
    entrance.prove_secret(name, given)
    claimant = entrance.claimants.find(name)
    if claimant.user is None and migrates(entrance.pool):
        return _through_function(entrance, name, text, flow)
    if claimant.user is None:
        entrance.refuse_unknown()
    claimant = entrance.pre_authenticated(claimant, name)
    return prove(entrance, claimant, name, text, Progress(flow=flow))


def prove(
    entrance: Entrance,
    claimant: Claimant,
    name: str,
    text: str,
    progress: Progress,
    spent: Passage | None = None,
) -> Proved:
    """Judges the password. A name that nobody has costs and answers the same as a wrong
    password, where the client hides who exists."""
    hasher = entrance.call.services.hasher
    if claimant.user is not None and not entrance.hides_users:
        # As Cognito: these states are told before the password is looked at.
        refuse_by_state(claimant.user)
    subject = tries.subject_of(entrance, claimant.user, name)
    waited = tries.admit(entrance, subject)
    with tries.judging(entrance, subject):
        if waited:
            claimant = entrance.claimants.again(claimant)
        user, password = claimant.user, claimant.password
        verdict = hasher.verify(text, password.hash if password else None)
        if user is not None and password is not None and verdict.rehash:
            entrance.passwords.rehash(user, password, text)
    if user is None or password is None or not verdict.ok:
        tries.failed(entrance, subject)
        raise incorrect()
    return Proved(
        user,
        progress.with_password(NAME, password.srp_salt),
        spent=spent,
        tried=subject,
        password_expires_at=password.expires_at,
        in_groups=claimant.in_groups,
    )


def _through_function(entrance: Entrance, name: str, text: str, flow: str) -> Judged:
    """A name that nobody has, and that the function may know. One that it does not know is refused
    at the cost of a wrong password; its try was counted before the function was asked."""
    going_on = migrated(entrance, name, text, Progress(flow=flow).with_done(NAME))
    if going_on is not None:
        return going_on
    entrance.refuse_unknown()
    entrance.pre_authenticate(None, name)
    entrance.call.services.hasher.verify_nobody(text)
    raise incorrect()
