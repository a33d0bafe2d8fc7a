"""From a proved password to what comes next: tokens or another challenge."""

from __future__ import annotations

from poolhouse.userpools.passwords.rows import Password
from poolhouse.userpools.signin import passage, tries
from poolhouse.userpools.signin.challenges import new_password
from poolhouse.userpools.signin.entrance import Entrance, Outcome
from poolhouse.userpools.signin.next_step import Facts, Step, next_step
from poolhouse.userpools.signin.passage import Passage
from poolhouse.userpools.tokens.mint import Mint
from poolhouse.userpools.users.rows import User


def password_proved(
    entrance: Entrance, user: User, password: Password, spent: Passage | None = None
) -> Outcome:
    """Ends the try as a success and goes on. `spent` is the passage that led here; it is taken
    with whatever is written, so that it leads here once."""
    call = entrance.call
    facts = Facts(
        user,
        password.expires_at,
        entrance.pool.settings.mfa_configuration or "OFF",
        call.now,
    )
    try:
        if next_step(facts) is Step.NEW_PASSWORD:
            outcome = new_password.pose(entrance, user)
        else:
            outcome = Outcome(tokens=Mint(call, entrance.pool, entrance.client).begin(user))
        if spent is not None:
            passage.take(call.unit, spent)
    except Exception:
        tries.forgiven(entrance, user.sub)
        raise
    tries.succeeded(entrance, user.sub)
    return outcome
