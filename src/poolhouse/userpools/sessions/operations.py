"""The verbs on sessions: list and revoke them, and say how a pool and its clients keep them."""

from __future__ import annotations

from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Anyone, Signed, SignedIn
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import AnyOperation, performs
from poolhouse.kernel.paging import bookmarks, place_of
from poolhouse.pages import page
from poolhouse.userpools.clients.proving import prove_secret
from poolhouse.userpools.clients.store import Clients
from poolhouse.userpools.pools.rows import Pool, Tracking
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.sessions.rows import TOKEN, Record
from poolhouse.userpools.sessions.rules import (
    as_description,
    check_tier,
    check_tracked,
    session_named,
)
from poolhouse.userpools.sessions.store import Records
from poolhouse.userpools.tokens.rotation import Rotation
from poolhouse.userpools.tokens.rows import Session
from poolhouse.userpools.tokens.store import Sessions
from poolhouse.userpools.users.store import Users

MOST_OF_A_PAGE = 125


@performs(idp.ListUserSessions)
def list_user_sessions(
    call: Call[SignedIn], ask: idp.ListUserSessionsRequest
) -> idp.ListUserSessionsResponse:
    """The user's own active sessions; the one that asks is marked."""
    pool, caller = Pools(call.unit).get(call.caller.pool_id), call.caller
    listed, token = _listed(call, idp.ListUserSessions, pool, caller.sub, ask.next_token)
    return idp.ListUserSessionsResponse(
        sessions=[as_description(record, current=caller.session_id) for record in listed],
        next_token=token,
    )


@performs(idp.AdminListUserSessions)
def admin_list_user_sessions(
    call: Call[Signed], ask: idp.AdminListUserSessionsRequest
) -> idp.AdminListUserSessionsResponse:
    """A user's active sessions."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    listed, token = _listed(call, idp.AdminListUserSessions, pool, user.sub, ask.next_token)
    return idp.AdminListUserSessionsResponse(
        sessions=[as_description(record) for record in listed], next_token=token
    )


@performs(idp.RevokeUserSession)
def revoke_user_session(
    call: Call[SignedIn], ask: idp.RevokeUserSessionRequest
) -> idp.RevokeUserSessionResponse:
    """Ends another session of the user's own, with all its tokens."""
    pool, caller = Pools(call.unit).get(call.caller.pool_id), call.caller
    linked = ask.revoke_associated_sessions == "LINKED"
    _revoke(call, pool, caller.sub, ask.session_id, linked, current=caller.session_id)
    return idp.RevokeUserSessionResponse()


@performs(idp.AdminRevokeUserSession)
def admin_revoke_user_session(
    call: Call[Signed], ask: idp.AdminRevokeUserSessionRequest
) -> idp.AdminRevokeUserSessionResponse:
    """Ends a session of a user, with all its tokens."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    linked = ask.revoke_associated_sessions == "LINKED"
    _revoke(call, pool, user.sub, ask.session_id, linked)
    return idp.AdminRevokeUserSessionResponse()


@performs(idp.RevokeToken)
def revoke_token(call: Call[Anyone], ask: idp.RevokeTokenRequest) -> idp.RevokeTokenResponse:
    """Ends the session of a refresh token, with the access tokens that came from it; LINKED ends
    the SSO session that it came through too."""
    try:
        client, pool = _clients(call).get(ask.client_id)
        prove_secret(call, client, ask.client_secret)
    except (idp.NotAuthorizedException, idp.ResourceNotFoundException) as error:
        # AWS declares neither of the two here; no such client and a wrong secret are one error of
        # client authentication (RFC 7009, 2.1).
        raise idp.UnauthorizedException(error.message) from None
    if client.settings.enable_token_revocation is False:
        raise idp.UnsupportedOperationException("Revocation is not enabled for this client.")
    if ask.token.count(".") == 2:
        raise idp.UnsupportedTokenTypeException("Only refresh tokens can be revoked.")
    session = _session_of(call, ask.token)
    # An unknown token, and one of another client, are answered alike (RFC 7009, 2.2).
    if session is not None and session.client_id == client.id:
        Sessions(call.unit).revoke(session, call.now)
        if ask.revoke_associated_sessions == "LINKED" and pool.tracking.enabled and session.sso_id:
            Records(call.unit, pool, session.sub).end_sso(session.sso_id)
    return idp.RevokeTokenResponse()


@performs(idp.SetUserPoolSessionConfiguration)
def set_user_pool_session_configuration(
    call: Call[Signed], ask: idp.SetUserPoolSessionConfigurationRequest
) -> idp.SetUserPoolSessionConfigurationResponse:
    """Says whether sessions are tracked, and how many token sessions a user may have."""
    pools = Pools(call.unit)
    pool = pools.lock(ask.user_pool_id)
    check_tier(pool)
    enabled = ask.user_session_tracking == "ENABLED"
    if not pools.track(pool, Tracking(enabled, ask.token_session.max_per_user)):
        raise idp.ConcurrentModificationException("The user pool was changed meanwhile.")
    return idp.SetUserPoolSessionConfigurationResponse(
        user_pool_id=pool.id,
        user_session_tracking=ask.user_session_tracking,
        token_session=ask.token_session,
    )


@performs(idp.GetUserPoolSessionConfiguration)
def get_user_pool_session_configuration(
    call: Call[Signed], ask: idp.GetUserPoolSessionConfigurationRequest
) -> idp.GetUserPoolSessionConfigurationResponse:
    """Whether sessions are tracked, and how many token sessions a user may have."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    return idp.GetUserPoolSessionConfigurationResponse(
        user_pool_id=pool.id,
        user_session_tracking="ENABLED" if pool.tracking.enabled else "DISABLED",
        token_session=idp.UserPoolTokenSessionConfigType(max_per_user=pool.tracking.most),
    )


@performs(idp.SetUserPoolClientSessionConfiguration)
def set_user_pool_client_session_configuration(
    call: Call[Signed], ask: idp.SetUserPoolClientSessionConfigurationRequest
) -> idp.SetUserPoolClientSessionConfigurationResponse:
    """Says for how long a client lets an SSO session stand for a new sign-in."""
    pool, clients = Pools(call.unit).get(ask.user_pool_id), _clients(call)
    check_tier(pool)
    check_tracked(pool)
    client = clients.lock_in(pool, ask.client_id)
    if not clients.set_sso(client, ask.sso_session.max_validity_minutes):
        raise idp.ConcurrentModificationException("The app client was changed meanwhile.")
    return idp.SetUserPoolClientSessionConfigurationResponse(
        user_pool_id=pool.id, client_id=client.id, sso_session=ask.sso_session
    )


@performs(idp.GetUserPoolClientSessionConfiguration)
def get_user_pool_client_session_configuration(
    call: Call[Signed], ask: idp.GetUserPoolClientSessionConfigurationRequest
) -> idp.GetUserPoolClientSessionConfigurationResponse:
    """For how long a client lets an SSO session stand for a new sign-in."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    client = _clients(call).get_in(pool, ask.client_id)
    return idp.GetUserPoolClientSessionConfigurationResponse(
        user_pool_id=pool.id,
        client_id=client.id,
        sso_session=idp.ClientSSOSessionConfigType(max_validity_minutes=client.sso_minutes),
    )


def _listed(
    call: Call[Any], operation: AnyOperation, pool: Pool, sub: str, next_token: str | None
) -> tuple[list[Record], str | None]:
    check_tracked(pool)
    marks = bookmarks(call, operation, pool.id, sub)
    kind, session_id = place_of(marks, next_token) or ["", ""]
    records = Records(call.unit, pool, sub)
    found = records.list((kind, session_id), MOST_OF_A_PAGE + 1, call.now)
    shown = page(marks, found, MOST_OF_A_PAGE, _by_id)
    return shown.items, shown.next_token


def _revoke(
    call: Call[Any], pool: Pool, sub: str, name: str, linked: bool, current: str | None = None
) -> None:
    """Ends the user's session of this name, and what is linked to it where that is asked for.

    Raises ResourceNotFoundException, also for another user's session; InvalidParameterException
    for the current session, or what would end it too.
    """
    check_tracked(pool)
    named, records = session_named(name), Records(call.unit, pool, sub)
    record = records.find(*named, call.now) if named else None
    if record is None:
        raise idp.ResourceNotFoundException("Session not found.")
    if current and _ends(call, pool, record, linked, current):
        raise idp.InvalidParameterException("The current session cannot be revoked.")
    if not records.revoke(record, call.now):
        raise idp.ResourceNotFoundException("Session not found.")
    if linked:
        records.revoke_linked(record, call.now)


def _session_of(call: Call[Any], refresh_token: str) -> Session | None:
    """Also that of a token which was exchanged: whoever lost the answer of the exchange has no
    other to sign out with."""
    found = Sessions(call.unit).by_refresh_token(refresh_token)
    if found is not None:
        return found.session
    exchanged = Rotation(call.unit, call.services.sealer).find(refresh_token)
    return exchanged[0] if exchanged else None


def _ends(call: Call[Any], pool: Pool, record: Record, linked: bool, current: str) -> bool:
    if record.kind == TOKEN:
        return record.id == current
    found = Sessions(call.unit).find(pool.id, current) if linked else None
    return found is not None and found.session.sso_id == record.id


def _clients(call: Call[Any]) -> Clients:
    return Clients(call.unit, call.services.sealer)


def _by_id(record: Record) -> tuple[str, ...]:
    return record.kind, record.id
