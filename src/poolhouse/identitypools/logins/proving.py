"""From a Logins map to the users it proves."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import msgspec

from poolhouse.contract import cognito_identity as cid
from poolhouse.contract.shape import ServiceError
from poolhouse.identitypools.logins.rules import (
    INACTIVE,
    UNSUPPORTED,
    Link,
    Login,
    conflict,
    invalid,
    why_not,
)
from poolhouse.identitypools.pools.naming import COGNITO, PUBLIC_PROVIDERS, key_of, user_pool_of
from poolhouse.identitypools.pools.rows import IdentityPool
from poolhouse.kernel.call import Call
from poolhouse.keys.verifying import MOST_CHARACTERS, InvalidToken
from poolhouse.userpools.tokens.issuer import issuer
from poolhouse.userpools.tokens.proving import verified
from poolhouse.userpools.tokens.store import Sessions


def prove(call: Call[Any], pool: IdentityPool, logins: Mapping[str, str]) -> list[Login]:
    """The users whose tokens are given, each provider once, in the order given.

    Raises:
        NotAuthorizedException: a token is no good, or not of a provider of this pool.
        InvalidParameterException: a key names no provider that tokens can come from.
        ResourceConflictException: two names of one provider with two users.
    """
    found: dict[str, Login] = {}
    for name, token in logins.items():
        login = _prove(call, pool, name, token)
        if found.setdefault(login.link.provider, login).link != login.link:
            raise conflict()
    return list(found.values())


def _prove(call: Call[Any], pool: IdentityPool, name: str, token: str) -> Login:
    if name == COGNITO:
        raise invalid("Can't pass in a Cognito token.")
    user_pool_id = user_pool_of(call.services.settings, name)
    if user_pool_id is None:
        raise _unsupported(pool, name)
    checks = _clients(call, pool, user_pool_id)
    if not checks:
        raise cid.NotAuthorizedException(UNSUPPORTED)
    claims = _claims(call, user_pool_id, token)
    audience = claims.get("aud")
    if not isinstance(audience, str) or audience not in checks:
        raise invalid("Incorrect token audience.")
    _check_active(call, user_pool_id, claims, server_side=checks[audience])
    return Login(Link(key_of(user_pool_id), str(claims["sub"])), audience, claims)


def _unsupported(pool: IdentityPool, name: str) -> ServiceError:
    """Only user pools' tokens are verified here; other providers may be configured all the same,
    so that an AWS configuration can be taken over as it is."""
    settings = pool.settings
    arns = (*(settings.open_id_connect_provider_arns or ()), *(settings.saml_provider_arns or ()))
    configured = any(arn == name or arn.endswith(f":oidc-provider/{name}") for arn in arns)
    if configured or name in PUBLIC_PROVIDERS or name.startswith("cognito-idp."):
        return cid.NotAuthorizedException(UNSUPPORTED)
    return cid.InvalidParameterException("Please provide a valid public provider")


def _clients(call: Call[Any], pool: IdentityPool, user_pool_id: str) -> dict[str, bool]:
    """The app clients of a user pool that this identity pool takes, and for each whether its
    tokens are checked with the user pool (ServerSideTokenCheck)."""
    found: dict[str, bool] = {}
    for each in pool.settings.cognito_identity_providers or ():
        name = each.provider_name or ""
        if each.client_id and user_pool_of(call.services.settings, name) == user_pool_id:
            check = bool(each.server_side_token_check)
            found[each.client_id] = found.get(each.client_id, False) or check
    return found


def _claims(call: Call[Any], user_pool_id: str, token: str) -> Mapping[str, Any]:
    expected = issuer(call.services.settings, user_pool_id)
    try:
        proved = verified(call.services, call.unit, token, use="id")
    except InvalidToken as error:
        raise why_not(error.reason, unproved_claims(token), expected, call.now) from None
    if proved.pool_id != user_pool_id:
        raise invalid("Issuer doesn't match providerName")
    return proved.claims


def _check_active(
    call: Call[Any], user_pool_id: str, claims: Mapping[str, Any], *, server_side: bool
) -> None:
    """The token of a user or client that is gone or of a disabled user is refused always; that
    of a session that was signed out where the pool asks for the check. One row says all this."""
    found = Sessions(call.unit).find(user_pool_id, str(claims.get("event_id")))
    if found is None or not found.user.enabled:
        raise cid.NotAuthorizedException(INACTIVE)
    if server_side and found.session.revoked_at is not None:
        raise cid.NotAuthorizedException(INACTIVE)


def unproved_claims(token: str) -> Mapping[str, Any] | None:
    """What a token says of itself, to find the words of its refusal and for nothing else."""
    parts = token.split(".", 3)
    if len(parts) != 3 or len(token) > MOST_CHARACTERS:
        return None
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        found = msgspec.json.decode(payload)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
