"""Step-up: a sign-in that is to reach a level, on top of what an earlier one has shown."""

from __future__ import annotations

import msgspec

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.sessions import step_up
from poolhouse.userpools.signin.entrance import Entrance, Parameters
from poolhouse.userpools.signin.progress import Progress, together
from poolhouse.userpools.tokens.proving import prove_token
from poolhouse.userpools.tokens.store import Sessions
from poolhouse.userpools.users.rows import User
from poolhouse.values import Value


def asked(entrance: Entrance, user: User | None, progress: Progress, given: Parameters) -> Progress:
    """Takes TARGET_ACR_VALUES, MAX_AGE and ACCESS_TOKEN down.

    Raises InvalidParameterException, FeatureUnavailableInTierException, NotAuthorizedException
    where the token is no good or another user's.
    """
    target, token = given.get("TARGET_ACR_VALUES"), given.get("ACCESS_TOKEN")
    if not target:
        if token:
            raise idp.InvalidParameterException("ACCESS_TOKEN requires TARGET_ACR_VALUES.")
        return progress
    step_up.targets(entrance.pool.settings, target)
    oldest = given.get("MAX_AGE")
    max_age = step_up.max_age_of(oldest) if oldest else None
    progress = msgspec.structs.replace(progress, target_acr=target)
    if not token:
        return progress
    bearer = prove_token(entrance.call.services, entrance.call.unit, token)
    found = Sessions(entrance.call.unit).find(bearer.pool_id, bearer.session_id)
    if user is None or found is None or (bearer.pool_id, bearer.sub) != (user.pool_id, user.sub):
        raise idp.NotAuthorizedException("Invalid Access Token")
    earlier = found.session
    credit = step_up.credited(earlier.amr, earlier.auth_time, max_age, entrance.call.now)
    return msgspec.structs.replace(progress, credit=credit, credit_time=earlier.auth_time)


class Reached(Value, frozen=True):
    """What a sign-in may claim: its methods, the level that was asked for and is met, and the
    `auth_time` that both stand on; None for now."""

    amr: tuple[str, ...]
    acr: str | None = None
    auth_time: int | None = None


def reached(progress: Progress, settings: idp.UserPoolType) -> Reached:
    """Earlier methods are claimed where the level needs them, with the age that they have."""
    if not progress.target_acr:
        return Reached(progress.amr)
    targets = step_up.targets(settings, progress.target_acr)
    every = together(progress.credit, progress.amr)
    fresh, best = step_up.met(targets, progress.amr), step_up.met(targets, every)
    if best is None:
        return Reached(progress.amr)
    if fresh == best:
        return Reached(progress.amr, best.name)
    return Reached(every, best.name, progress.credit_time)
