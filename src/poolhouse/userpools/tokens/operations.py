"""The verbs on tokens: revoke one family, or sign out everywhere."""

from __future__ import annotations

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Anyone, Signed, SignedIn
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs
from poolhouse.userpools.clients.proving import prove_secret
from poolhouse.userpools.clients.store import Clients
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.tokens.store import Sessions
from poolhouse.userpools.users.store import Users


@performs(idp.RevokeToken)
def revoke_token(call: Call[Anyone], ask: idp.RevokeTokenRequest) -> idp.RevokeTokenResponse:
    """Ends the session of a refresh token, with the access tokens that came from it."""
    client, _ = Clients(call.unit, call.services.sealer).get(ask.client_id)
    try:
        prove_secret(call, client, ask.client_secret)
    except idp.NotAuthorizedException as error:
        raise idp.UnauthorizedException(error.message) from None
    if client.settings.enable_token_revocation is False:
        raise idp.UnsupportedOperationException("Revocation is not enabled for this client.")
    if ask.token.count(".") == 2:
        raise idp.UnsupportedTokenTypeException("Only refresh tokens can be revoked.")
    found = Sessions(call.unit).by_refresh_token(ask.token)
    # An unknown token, and one of another client, are answered alike (RFC 7009, 2.2).
    if found is not None and found[0].client_id == client.id:
        Sessions(call.unit).revoke(found[0], call.now)
    return idp.RevokeTokenResponse()


@performs(idp.GlobalSignOut)
def global_sign_out(
    call: Call[SignedIn], ask: idp.GlobalSignOutRequest
) -> idp.GlobalSignOutResponse:
    """Ends every session of the signed-in user."""
    pool = Pools(call.unit).get(call.caller.pool_id)
    Sessions(call.unit).revoke_all(pool, call.caller.sub, call.now)
    return idp.GlobalSignOutResponse()


@performs(idp.AdminUserGlobalSignOut)
def admin_user_global_sign_out(
    call: Call[Signed], ask: idp.AdminUserGlobalSignOutRequest
) -> idp.AdminUserGlobalSignOutResponse:
    """Ends every session of a user."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    Sessions(call.unit).revoke_all(pool, user.sub, call.now)
    return idp.AdminUserGlobalSignOutResponse()
