"""Who bears an access token, and which user an ID token speaks of."""

from __future__ import annotations

from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import SignedIn
from poolhouse.contract.shape import ServiceError
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit
from poolhouse.keys.signing import PublicKey
from poolhouse.keys.verifying import InvalidToken, verify
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.signing.store import SigningKeys
from poolhouse.userpools.tokens.issuer import issuer
from poolhouse.userpools.tokens.rules import SELF_SERVICE
from poolhouse.userpools.tokens.store import Sessions
from poolhouse.userpools.users.store import Users
from poolhouse.values import Value


class Verified(Value, frozen=True):
    """A token of this server: the pool whose key signed it, and its claims."""

    pool_id: str
    claims: dict[str, Any]


def verified(services: Services, unit: Unit, token: str, *, use: str) -> Verified:
    """A token whose signature, times, issuer and `token_use` hold. The key decides the pool and
    the pool decides the issuer, so a token of one pool is nothing in another.

    Raises:
        InvalidToken: for everything else.
    """
    now = services.clock.now()
    keys = SigningKeys(unit, services.sealer)
    pool_of_key: list[str] = []

    def find(kid: str) -> PublicKey | None:
        found = keys.verifier(kid, use, now)
        if found is None:
            return None
        pool_of_key.append(found[0])
        return found[1]

    claims = verify(token, find, now=now)
    pool_id = pool_of_key[0]
    if claims.get("iss") != issuer(services.settings, pool_id) or claims.get("token_use") != use:
        raise InvalidToken("malformed")
    return Verified(pool_id, claims)


def prove_token(services: Services, unit: Unit, access_token: str) -> SignedIn:
    """The bearer of a live access token that may be used for self-service.

    Raises:
        NotAuthorizedException: in Cognito's words for each way a token can be no good.
    """
    try:
        token = verified(services, unit, access_token, use="access")
    except InvalidToken as error:
        expired = error.reason == "expired"
        raise idp.NotAuthorizedException(
            "Access Token has expired" if expired else "Invalid Access Token"
        ) from None
    claims = token.claims
    scopes = frozenset(str(claims.get("scope", "")).split())
    if SELF_SERVICE not in scopes:
        raise idp.NotAuthorizedException("Access Token does not have required scopes")
    found = Sessions(unit).find(token.pool_id, str(claims.get("event_id")))
    if found is None:
        raise _without_session(unit, token)
    session, user = found.session, found.user
    if not user.enabled:
        raise idp.NotAuthorizedException("User is disabled.")
    if session.revoked_at is not None:
        raise idp.NotAuthorizedException("Access Token has been revoked")
    return SignedIn(
        pool_id=token.pool_id,
        client_id=session.client_id,
        sub=user.sub,
        username=user.username,
        session_id=session.id,
        auth_time=session.auth_time,
        scopes=scopes,
        read=found,
    )


def _without_session(unit: Unit, token: Verified) -> ServiceError:
    """Sessions end with their user or their client; whose token it is, is told truly."""
    pool = Pools(unit).find(token.pool_id)
    if pool is None or Users(unit, pool).by_sub(str(token.claims.get("sub"))) is None:
        return idp.UserNotFoundException("User does not exist.")
    return idp.NotAuthorizedException("Access Token has been revoked")
