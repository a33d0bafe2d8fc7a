"""REFRESH_TOKEN_AUTH and GetTokensFromRefreshToken: a session goes on until somebody ends it."""

from __future__ import annotations

import hmac

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.clients.proving import prove_secret
from poolhouse.userpools.clients.rows import rotates
from poolhouse.userpools.devices.rules import tracks
from poolhouse.userpools.devices.store import Devices
from poolhouse.userpools.signin.entrance import Entrance, Parameters, required
from poolhouse.userpools.signin.step import Outcome
from poolhouse.userpools.tokens.mint import Mint, new_refresh_token
from poolhouse.userpools.tokens.rotation import Rotation
from poolhouse.userpools.tokens.rows import Ongoing, Session
from poolhouse.userpools.tokens.store import Sessions
from poolhouse.userpools.users.rows import User

Tokens = idp.AuthenticationResultType


def begin(entrance: Entrance, given: Parameters) -> Outcome:
    """New ID and access tokens of the refresh token's session; claims as they are now.

    Raises NotAuthorizedException: invalid, revoked or expired, or a user who may not sign in.
    """
    found = _found(entrance, required(given, "REFRESH_TOKEN"))
    _prove_secret_hash(entrance, found.user, given)
    return Outcome(tokens=_going_on(entrance, found, given.get("DEVICE_KEY")))


def exchange(
    entrance: Entrance, refresh_token: str, client_secret: str | None, device_key: str | None
) -> Tokens:
    """The same for a client that proves its plain secret; where the client rotates, the token is
    exchanged for a successor with the rest of its lifetime.

    Raises RefreshTokenReuseException too.
    """
    prove_secret(entrance.call, entrance.client, client_secret)
    if not rotates(entrance.client.settings.refresh_token_rotation):
        return _going_on(entrance, _found(entrance, refresh_token), device_key)
    call = entrance.call
    rotation = Rotation(call.unit, call.services.sealer)
    found = _session(entrance, refresh_token)
    if found is None:
        return _again(entrance, rotation, refresh_token, device_key)
    tokens = _going_on(entrance, found, device_key)
    tokens.refresh_token = new_refresh_token()
    if not rotation.turn(found.session, tokens.refresh_token, call.now):
        return _again(entrance, rotation, refresh_token, device_key)
    return tokens


def _again(
    entrance: Entrance, rotation: Rotation, refresh_token: str, device_key: str | None
) -> Tokens:
    """A token that was exchanged already: by a moment ago, or by somebody else."""
    found = rotation.find(refresh_token)
    if found is None or found[0].client_id != entrance.client.id:
        raise idp.NotAuthorizedException("Invalid Refresh Token")
    session, user, old = found
    ongoing = Ongoing(session, user, entrance.client, entrance.pool, in_groups=True)
    tokens = _going_on(entrance, ongoing, device_key)
    tokens.refresh_token = rotation.judge_reuse(session, entrance.client, old, entrance.call.now)
    return tokens


def _found(entrance: Entrance, refresh_token: str) -> Ongoing:
    found = _session(entrance, refresh_token)
    if found is None:
        raise idp.NotAuthorizedException("Invalid Refresh Token")
    return found


def _session(entrance: Entrance, refresh_token: str) -> Ongoing | None:
    """The client's session that the token is of."""
    found = entrance.ongoing or Sessions(entrance.call.unit).by_refresh_token(refresh_token)
    return found if found and found.client.id == entrance.client.id else None


def _going_on(entrance: Entrance, found: Ongoing, device_key: str | None) -> Tokens:
    session, user = found.session, found.user
    if not _from_its_device(entrance, session, user, device_key):
        raise idp.NotAuthorizedException("Invalid Refresh Token")
    if not user.enabled:
        # Disabling a user ends the sessions too; this is the word for it.
        raise idp.NotAuthorizedException("User is disabled.")
    if session.revoked_at is not None:
        raise idp.NotAuthorizedException("Refresh Token has been revoked")
    if session.expires_at <= entrance.call.now:
        raise idp.NotAuthorizedException("Refresh Token has expired")
    return Mint(entrance.call, entrance.pool, entrance.client).again(
        user, session, entrance.metadata, in_groups=found.in_groups
    )


def _from_its_device(
    entrance: Entrance, session: Session, user: User, device_key: str | None
) -> bool:
    """Where the pool tracks devices a session goes on with the key that it began with. A client
    that confirmed no device has none to name: Amplify outside a browser cannot confirm any."""
    if not session.device_key or not tracks(entrance.pool):
        return True
    if not device_key:
        return Devices(entrance.call, entrance.pool).find(user.sub, session.device_key) is None
    return hmac.compare_digest(session.device_key.encode(), device_key.encode())


def _prove_secret_hash(entrance: Entrance, user: User, given: Parameters) -> None:
    """Clients hash over the real user name; some over the `sub`."""
    try:
        entrance.prove_secret(user.username, given)
    except idp.NotAuthorizedException:
        if not given.get("SECRET_HASH"):
            raise
        entrance.prove_secret(user.sub, given)
