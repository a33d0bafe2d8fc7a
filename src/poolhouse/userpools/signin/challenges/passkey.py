"""WEB_AUTHN: a passkey signs the challenge (Web Authentication Level 3).

Tries are not counted: nobody guesses a signature, and a lock would only keep the owner out.
"""

from __future__ import annotations

import logging

from poolhouse.userpools.passkeys import ceremonies
from poolhouse.userpools.signin import passage
from poolhouse.userpools.signin.entrance import Entrance, Parameters, incorrect, required
from poolhouse.userpools.signin.passage import Passage
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.signin.step import Outcome, Posed, Proved
from poolhouse.userpools.users.rows import User

log = logging.getLogger("poolhouse.signin")

NAME = "WEB_AUTHN"


def pose(
    entrance: Entrance,
    user: User | None,
    name: str,
    progress: Progress,
    spent: Passage | None = None,
) -> Posed:
    """The options for the browser. A name that nobody has is given made-up credentials."""
    options, challenge = ceremonies.request_options(entrance.call, entrance.pool, user, name)
    session = entrance.passage(user, name, NAME, progress, {"challenge": challenge})
    return Posed(Outcome(NAME, {"CREDENTIAL_REQUEST_OPTIONS": options}, session), spent=spent)


def answer(entrance: Entrance, session: str, given: Parameters) -> Proved:
    """Judges the assertion. Right or wrong, it spends the challenge, and the session with it.

    Raises NotAuthorizedException, InvalidParameterException.
    """
    state, user = entrance.resumed_or_decoy(session, NAME, given)
    credential = required(given, "CREDENTIAL")
    passage.take_at_once(entrance.call.unit, state)
    call, pool, challenge = entrance.call, entrance.pool, state.data["challenge"]
    try:
        shown = ceremonies.judge(call, pool, user, credential, challenge)
    except Exception:
        _tell(entrance, user, "refused")
        raise
    _tell(entrance, user, "proved" if shown else "refused")
    if user is None or shown is None:
        raise incorrect()
    return Proved(user, state.progress.with_done(NAME, *shown.methods))


def _tell(entrance: Entrance, user: User | None, outcome: str) -> None:
    """One line a judged passkey."""
    log.info(
        "passkey",
        extra={
            "request_id": entrance.call.origin.request_id,
            "outcome": outcome,
            "pool": entrance.pool.id,
            "client": entrance.client.id,
            "subject": user.sub if user else "?",
            "ip": entrance.call.origin.source_ip,
        },
    )
