"""InitiateAuth and RespondToAuthChallenge, and their signed twins: the API's door to the engine."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Anyone, Signed
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs
from poolhouse.userpools.clients.store import Clients
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.signin import engine
from poolhouse.userpools.signin.challenges import refresh
from poolhouse.userpools.signin.entrance import Entrance
from poolhouse.userpools.tokens.store import Sessions


class _Flow(msgspec.Struct):
    flow: str = msgspec.field(default="", name="AuthFlow")


_flow_of = msgspec.json.Decoder(_Flow).decode
_REFRESHES = ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN")


def goes_on(body: bytes) -> bool:
    """Whether an InitiateAuth refreshes a session, which reads only; the others hash or write."""
    try:
        return _flow_of(body).flow in _REFRESHES
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


@performs(idp.InitiateAuth, quick=goes_on)
def initiate_auth(call: Call[Anyone], ask: idp.InitiateAuthRequest) -> idp.InitiateAuthResponse:
    """Begins a sign-in by one of the client's flows."""
    given = ask.auth_parameters or {}
    token = given.get("REFRESH_TOKEN") if ask.auth_flow in _REFRESHES else None
    entrance = replace(_entrance(call, ask.client_id, token), validation=ask.client_metadata)
    outcome = engine.begin(entrance, ask.auth_flow, given, ask.session)
    return idp.InitiateAuthResponse(
        available_challenges=outcome.available,
        challenge_name=outcome.challenge,
        challenge_parameters=outcome.parameters,
        session=outcome.session,
        authentication_result=outcome.tokens,
    )


@performs(idp.RespondToAuthChallenge)
def respond_to_auth_challenge(
    call: Call[Anyone], ask: idp.RespondToAuthChallengeRequest
) -> idp.RespondToAuthChallengeResponse:
    """Answers a challenge of a sign-in."""
    entrance = replace(_entrance(call, ask.client_id), metadata=ask.client_metadata)
    given = ask.challenge_responses or {}
    outcome = engine.answer(entrance, ask.challenge_name, ask.session, given)
    return idp.RespondToAuthChallengeResponse(
        challenge_name=outcome.challenge,
        challenge_parameters=outcome.parameters,
        session=outcome.session,
        authentication_result=outcome.tokens,
    )


@performs(idp.GetTokensFromRefreshToken)
def get_tokens_from_refresh_token(
    call: Call[Anyone], ask: idp.GetTokensFromRefreshTokenRequest
) -> idp.GetTokensFromRefreshTokenResponse:
    """Goes on with a session; where the client rotates refresh tokens, with a new one."""
    entrance = _entrance(call, ask.client_id, ask.refresh_token)
    entrance = replace(entrance, metadata=ask.client_metadata)
    return idp.GetTokensFromRefreshTokenResponse(
        authentication_result=refresh.exchange(
            entrance, ask.refresh_token, ask.client_secret, ask.device_key
        )
    )


@performs(idp.AdminInitiateAuth)
def admin_initiate_auth(
    call: Call[Signed], ask: idp.AdminInitiateAuthRequest
) -> idp.AdminInitiateAuthResponse:
    """Begins a sign-in from a server that holds AWS credentials."""
    entrance = _admin_entrance(call, ask.user_pool_id, ask.client_id)
    entrance = replace(entrance, validation=ask.client_metadata)
    outcome = engine.begin(entrance, ask.auth_flow, ask.auth_parameters or {}, ask.session)
    return idp.AdminInitiateAuthResponse(
        available_challenges=outcome.available,
        challenge_name=outcome.challenge,
        challenge_parameters=outcome.parameters,
        session=outcome.session,
        authentication_result=outcome.tokens,
    )


@performs(idp.AdminRespondToAuthChallenge)
def admin_respond_to_auth_challenge(
    call: Call[Signed], ask: idp.AdminRespondToAuthChallengeRequest
) -> idp.AdminRespondToAuthChallengeResponse:
    """Answers a challenge from a server that holds AWS credentials."""
    entrance = _admin_entrance(call, ask.user_pool_id, ask.client_id)
    entrance = replace(entrance, metadata=ask.client_metadata)
    given = ask.challenge_responses or {}
    outcome = engine.answer(entrance, ask.challenge_name, ask.session, given)
    return idp.AdminRespondToAuthChallengeResponse(
        challenge_name=outcome.challenge,
        challenge_parameters=outcome.parameters,
        session=outcome.session,
        authentication_result=outcome.tokens,
    )


def _entrance(call: Call[Anyone], client_id: str, refresh_token: str | None = None) -> Entrance:
    """By the client, which is read together with the session of its refresh token."""
    if refresh_token:
        found = Sessions(call.unit).by_refresh_token(refresh_token)
        if found is not None and found.client.id == client_id:
            return Entrance(call, found.pool, found.client, admin=False, ongoing=found)
    client, pool = Clients(call.unit, call.services.sealer).get(client_id)
    return Entrance(call, pool, client, admin=False)


def _admin_entrance(call: Call[Signed], pool_id: str, client_id: str) -> Entrance:
    pool = Pools(call.unit).get(pool_id)
    client = Clients(call.unit, call.services.sealer).get_in(pool, client_id)
    return Entrance(call, pool, client, admin=True)
