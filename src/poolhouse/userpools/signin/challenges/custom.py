"""CUSTOM_AUTH: the pool's own functions say what is asked, whether it was right, and when it is
enough (DefineAuthChallenge, CreateAuthChallenge, VerifyAuthChallengeResponse)."""

from __future__ import annotations

import msgspec

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.signin import passage
from poolhouse.userpools.signin.challenges import srp_password
from poolhouse.userpools.signin.claimant import Claimant
from poolhouse.userpools.signin.entrance import Entrance, Parameters, incorrect, required
from poolhouse.userpools.signin.next_step import refuses_by_state
from poolhouse.userpools.signin.passage import Passage
from poolhouse.userpools.signin.progress import CUSTOM_FLOW, Progress, Round
from poolhouse.userpools.signin.step import Judged, Outcome, Posed, Proved
from poolhouse.userpools.triggers.asking import Triggers
from poolhouse.userpools.users.rows import User

NAME = "CUSTOM_CHALLENGE"


def begin(entrance: Entrance, given: Parameters) -> Judged:
    """Asks DefineAuthChallenge what comes first; with CHALLENGE_NAME=SRP_A it is told that the
    client wants to prove a password."""
    name = required(given, "USERNAME")
    config = entrance.pool.settings.lambda_config
    if config is None or not config.define_auth_challenge:
        raise idp.InvalidParameterException(
            "Custom auth lambda trigger is not configured for the user pool."
        )
    entrance.prove_secret(name, given)
    progress = Progress(flow=CUSTOM_FLOW)
    if given.get("CHALLENGE_NAME") == "SRP_A":
        a = f"{srp_password.public_a(given):x}"
        progress = Progress(flow=CUSTOM_FLOW, srp_a=a, rounds=(Round("SRP_A", True),))
    user = entrance.user(name)
    if user is not None and entrance.hides_users and refuses_by_state(user):
        # Functions are told what a stranger is told: that there is nobody.
        user = None
    entrance.pre_authenticate(user, name)
    return _on(entrance, user, name, progress, None)


def answer(entrance: Entrance, session: str, given: Parameters) -> Judged:
    """Has the answer judged by VerifyAuthChallengeResponse. A wrong one is no error: it is in the
    history that DefineAuthChallenge decides by. Whatever the functions say to it, a Session is
    good for one answer: nothing else counts the guesses."""
    state, user = entrance.resumed_or_decoy(session, NAME, given)
    text = required(given, "ANSWER")
    passage.take_at_once(entrance.call.unit, state)
    private = msgspec.json.decode(state.data["private"], type=dict[str, str])
    right = Triggers(entrance.call, entrance.pool).verify_auth_challenge(
        user, state.name, entrance.client, private, text, entrance.metadata
    )
    done = Round(NAME, right and user is not None, state.data["metadata"].decode() or None)
    progress = msgspec.structs.replace(state.progress, rounds=(*state.progress.rounds, done))
    return _on(entrance, user, state.name, progress, state)


def _on(
    entrance: Entrance, user: User | None, name: str, progress: Progress, spent: Passage | None
) -> Judged:
    if user is not None:
        return Proved(user, progress, spent=spent, taken=True)
    posed = decide(entrance, None, name, progress)
    if posed is None:
        raise incorrect()
    return posed


def decide(entrance: Entrance, user: User | None, name: str, progress: Progress) -> Posed | None:
    """What DefineAuthChallenge wants next; None where it says that it is enough.

    Raises NotAuthorizedException where it says that it is over.
    """
    triggers, metadata = Triggers(entrance.call, entrance.pool), entrance.metadata
    rounds = [_told(one) for one in progress.rounds]
    wanted = triggers.define_auth_challenge(user, name, entrance.client, rounds, metadata)
    if wanted.fail_authentication:
        raise incorrect()
    if wanted.issue_tokens:
        return None
    if wanted.challenge_name == srp_password.NAME and progress.srp_a:
        given = {"SRP_A": progress.srp_a}
        progress = msgspec.structs.replace(progress, srp_a="")
        claimant = entrance.claimants.again(Claimant(user))
        return srp_password.pose(entrance, claimant, name, progress, given, with_session=True)
    if wanted.challenge_name != NAME:
        raise idp.InvalidLambdaResponseException("Unrecognizable lambda output")
    made = triggers.create_auth_challenge(user, name, entrance.client, NAME, rounds, metadata)
    data = {
        "private": msgspec.json.encode(made.private),
        "metadata": (made.metadata or "").encode(),
    }
    session = entrance.passage(user, name, NAME, progress, data)
    shown = user.username if user else entrance.nobodys_username(name)
    return Posed(Outcome(NAME, {**made.public, "USERNAME": shown}, session))


def _told(one: Round) -> dict[str, object]:
    return {
        "challengeName": one.name,
        "challengeResult": one.right,
        "challengeMetadata": one.metadata,
    }
