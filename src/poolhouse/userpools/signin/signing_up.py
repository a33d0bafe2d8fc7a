"""From sign-up straight into sign-in: the Session of SignUp, and that of ConfirmSignUp, which
USER_AUTH takes in place of a factor, because the code proved one a moment ago."""

from __future__ import annotations

from typing import Any

from poolhouse.kernel.call import Call
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.signin import passage
from poolhouse.userpools.signin.challenges.choice import FLOW, SIGNED_UP
from poolhouse.userpools.signin.entrance import Entrance
from poolhouse.userpools.signin.first_factors import allowed
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.rules import bad_session

_STEP = "SIGN_UP"
_FACTORS = {"email": "EMAIL_OTP", "phone_number": "SMS_OTP"}


def signed_up(call: Call[Any], pool: Pool, client: Client, user: User) -> str | None:
    """The session of a sign-up; None where the client does not sign in by choice."""
    if f"ALLOW_{FLOW}" not in client.flows:
        return None
    return _entrance(call, pool, client).passage(user, user.username, _STEP, Progress(flow=FLOW))


def confirmed(
    call: Call[Any],
    pool: Pool,
    client: Client,
    user: User,
    session: str | None,
    attribute: str,
) -> str | None:
    """The session that signs in, once the code sent to `attribute` was right. Takes the one of
    the sign-up as part of the unit. Clients that send none (Amplify) are given one where such a
    code alone signs in anyway.

    Raises NotAuthorizedException for a session that is not this sign-up's.
    """
    if f"ALLOW_{FLOW}" not in client.flows:
        return None
    entrance, factor = _entrance(call, pool, client), _FACTORS[attribute]
    if session:
        state = entrance.opened(session, _STEP)
        if state.sub != user.sub:
            raise bad_session()
        passage.take(call.unit, state)
    elif factor not in allowed(pool):
        return None
    data = {"factor": factor.encode()}
    return entrance.passage(user, user.username, SIGNED_UP, Progress(flow=FLOW), data)


def _entrance(call: Call[Any], pool: Pool, client: Client) -> Entrance:
    return Entrance(call, pool, client, admin=False)
