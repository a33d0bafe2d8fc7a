"""The verbs on tokens: a client's own, and signing out everywhere."""

from __future__ import annotations

from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Anyone, Signed, SignedIn
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs
from poolhouse.userpools.clients.proving import prove_secret
from poolhouse.userpools.clients.rules.flows import CLIENT_TOKEN
from poolhouse.userpools.clients.rules.oauth import client_scopes
from poolhouse.userpools.clients.store import Clients
from poolhouse.userpools.devices.store import Devices
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.tokens.mint import Mint
from poolhouse.userpools.tokens.store import Sessions
from poolhouse.userpools.users.store import Users


@performs(idp.GetClientToken)
def get_client_token(
    call: Call[Anyone], ask: idp.GetClientTokenRequest
) -> idp.GetClientTokenResponse:
    """An access token in which a confidential client speaks for itself."""
    client, pool = Clients(call.unit, call.services.sealer).get(ask.client_id)
    prove_secret(call, client, ask.secret)
    if CLIENT_TOKEN not in client.flows:
        raise idp.InvalidParameterException("CLIENT_TOKEN_AUTH flow not enabled for this client")
    scopes = client_scopes(client.settings.allowed_o_auth_scopes or (), ask.scopes)
    return idp.GetClientTokenResponse(
        client_authentication_result=Mint(call, pool, client).for_client(scopes)
    )


@performs(idp.GlobalSignOut)
def global_sign_out(
    call: Call[SignedIn], ask: idp.GlobalSignOutRequest
) -> idp.GlobalSignOutResponse:
    """Ends every session of the signed-in user."""
    _sign_out(call, Pools(call.unit).get(call.caller.pool_id), call.caller.sub)
    return idp.GlobalSignOutResponse()


@performs(idp.AdminUserGlobalSignOut)
def admin_user_global_sign_out(
    call: Call[Signed], ask: idp.AdminUserGlobalSignOutRequest
) -> idp.AdminUserGlobalSignOutResponse:
    """Ends every session of a user."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    user = Users(call.unit, pool).get(ask.username)
    _sign_out(call, pool, user.sub)
    return idp.AdminUserGlobalSignOutResponse()


def _sign_out(call: Call[Any], pool: Pool, sub: str) -> None:
    """Ends every session, and the trust in devices: a stolen one skips no second factor."""
    Sessions(call.unit).revoke_all(pool, sub, call.now)
    Devices(call, pool).distrust(sub)
