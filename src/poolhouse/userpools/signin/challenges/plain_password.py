"""USER_PASSWORD_AUTH and ADMIN_USER_PASSWORD_AUTH: the password itself, in the first request."""

from __future__ import annotations

from poolhouse.userpools.signin import tries
from poolhouse.userpools.signin.challenges.going_on import password_proved
from poolhouse.userpools.signin.entrance import (
    Entrance,
    Outcome,
    Parameters,
    incorrect,
    required,
)
from poolhouse.userpools.signin.next_step import refuse_by_state


def begin(entrance: Entrance, given: Parameters) -> Outcome:
    """Proves the password. A name that nobody has costs and answers the same as a wrong
    password, where the client hides who exists."""
    name, text = required(given, "USERNAME"), required(given, "PASSWORD")
    entrance.prove_secret(name, given)
    user = entrance.user(name)
    hasher = entrance.call.services.hasher
    if user is not None and not entrance.hides_users:
        # As Cognito: these states are told before the password is looked at.
        refuse_by_state(user)
    subject = tries.subject_of(entrance, user, name)
    tries.admit(entrance, subject)
    with tries.unless_judged(entrance, subject):
        password = entrance.passwords.find(user) if user else None
        verdict = hasher.verify(text, password.hash if password else None)
    if user is None or password is None or not verdict.ok:
        tries.failed(entrance, subject)
        raise incorrect()
    if verdict.rehash:
        entrance.passwords.rehash(user, password, text)
    return password_proved(entrance, user, password)
