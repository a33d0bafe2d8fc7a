"""A name that nobody has yet, and a function that may know it: UserMigration_Authentication."""

from __future__ import annotations

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.messages.welcoming import welcoming
from poolhouse.userpools.signin import tries
from poolhouse.userpools.signin.entrance import Entrance
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.signin.step import Outcome, Posed, Proved
from poolhouse.userpools.triggers.migrating import migrate
from poolhouse.userpools.users.rows import RESET_REQUIRED


def migrated(
    entrance: Entrance, name: str, password: str, progress: Progress
) -> Posed | Proved | None:
    """How the sign-in goes on for a user whom the function vouches for: they come into being with
    it. None where it knows no such user. Tries are counted as for any name, so that nobody guesses
    through the function. PreAuthentication is asked about the user as at any sign-in."""
    subject = tries.subject_of(entrance, None, name)
    tries.admit(entrance, subject)
    with tries.judging(entrance, subject):
        found = migrate(
            entrance.call,
            entrance.pool,
            entrance.client,
            name,
            password,
            source="Authentication",
            validation=entrance.validation,
        )
        if found is None:
            tries.failed(entrance, subject)
            return None
        entrance.pre_authenticate(found.user, name)
        write = welcoming(entrance.call, entrance.pool, entrance.client, found)
    if found.user.status != RESET_REQUIRED:
        return Proved(found.user, progress, tried=subject, changes=write)
    tries.forgiven(entrance, subject)
    # They are there from now on, and the answer is that they must set a password first.
    entrance.call.unit.afterwards(_reset_required)
    return Posed(Outcome(), write)


def _reset_required() -> None:
    raise idp.PasswordResetRequiredException("Password reset required for the user")
