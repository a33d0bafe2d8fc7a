"""What stands in a token, how long it lives, and whether one may be issued at all.

Claim for claim as Cognito's; source: "Understanding user pool JSON web tokens", developer guide.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.groups.rules import GroupClaims
from poolhouse.userpools.tokens.rows import Session
from poolhouse.userpools.users import rows as status
from poolhouse.userpools.users.attributes import CONTACTS, readable
from poolhouse.userpools.users.rows import User
from poolhouse.values import Value

SELF_SERVICE = "aws.cognito.signin.user.admin"
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}


class Lifetimes(Value, frozen=True):
    """Seconds that each kind of token of a client lives."""

    access: int
    id: int
    refresh: int


def lifetimes(settings: idp.UserPoolClientType) -> Lifetimes:
    """AccessTokenValidity, IdTokenValidity and RefreshTokenValidity in their units. Defaults:
    an hour, an hour, 30 days."""
    units = settings.token_validity_units or idp.TokenValidityUnitsType()

    def seconds(value: int | None, unit: str | None, usual_unit: str, usual: int) -> int:
        return value * _SECONDS[unit or usual_unit] if value else usual

    return Lifetimes(
        seconds(settings.access_token_validity, units.access_token, "hours", 3600),
        seconds(settings.id_token_validity, units.id_token, "hours", 3600),
        seconds(settings.refresh_token_validity, units.refresh_token, "days", 30 * 86400),
    )


def gate(user: User | None) -> User:
    """The one gate before every token: whoever may not sign in gets none, by whatever path.

    Raises NotAuthorizedException, UserNotConfirmedException, PasswordResetRequiredException.
    """
    if user is None:
        raise idp.NotAuthorizedException("Incorrect username or password.")
    if not user.enabled:
        raise idp.NotAuthorizedException("User is disabled.")
    if user.status == status.UNCONFIRMED:
        raise idp.UserNotConfirmedException("User is not confirmed.")
    if user.status == status.RESET_REQUIRED:
        raise idp.PasswordResetRequiredException("Password reset required for the user")
    if user.status not in (status.CONFIRMED, status.EXTERNAL_PROVIDER):
        raise idp.NotAuthorizedException("The password must be changed before signing in.")
    return user


class Bearing(Value, frozen=True):
    """Everything that the claims of one issue are drawn from."""

    issuer: str
    client: Client
    user: User
    session: Session
    groups: GroupClaims
    now: int
    lifetimes: Lifetimes


def id_claims(bearing: Bearing, jti: str) -> dict[str, Any]:
    user, groups = bearing.user, bearing.groups
    claims: dict[str, Any] = {"sub": user.sub}
    unproved = {f"{name}_verified": "false" for name in CONTACTS if name in user.attributes}
    for name, value in (unproved | user.attributes).items():
        if readable(bearing.client, name):
            claims[name] = _as_claim(name, value)
    if groups.groups:
        claims["cognito:groups"] = groups.groups
    if groups.roles:
        claims["cognito:roles"] = groups.roles
    if groups.preferred_role:
        claims["cognito:preferred_role"] = groups.preferred_role
    claims |= {
        "iss": bearing.issuer,
        "cognito:username": user.username,
        "aud": bearing.client.id,
        "event_id": bearing.session.id,
        "token_use": "id",
        "auth_time": bearing.session.auth_time,
        "exp": bearing.now + bearing.lifetimes.id,
        "iat": bearing.now,
    }
    return claims | _step_up(bearing) | _revocable(bearing, jti)


def access_claims(bearing: Bearing, jti: str) -> dict[str, Any]:
    claims: dict[str, Any] = {"sub": bearing.user.sub}
    if bearing.groups.groups:
        claims["cognito:groups"] = bearing.groups.groups
    claims |= {
        "iss": bearing.issuer,
        "client_id": bearing.client.id,
        "event_id": bearing.session.id,
        "token_use": "access",
        "scope": bearing.session.scope,
        "auth_time": bearing.session.auth_time,
        "exp": bearing.now + bearing.lifetimes.access,
        "iat": bearing.now,
        "username": bearing.user.username,
    }
    if bearing.session.device_key:
        claims["device_key"] = bearing.session.device_key
    return claims | _step_up(bearing) | _revocable(bearing, jti)


def client_claims(
    issuer: str, client: Client, scopes: Sequence[str], now: int, seconds: int, jti: str
) -> dict[str, Any]:
    """The access token of a client that speaks for itself (client credentials)."""
    return {
        "sub": client.id,
        "token_use": "access",
        **({"scope": " ".join(scopes)} if scopes else {}),
        "auth_time": now,
        "iss": issuer,
        "exp": now + seconds,
        "iat": now,
        "version": 2,
        "jti": jti,
        "client_id": client.id,
    }


def _step_up(bearing: Bearing) -> dict[str, Any]:
    """`acr` and `amr`, of a sign-in that asked for a level."""
    session = bearing.session
    return {"acr": session.acr, "amr": session.amr} if session.acr else {}


def _revocable(bearing: Bearing, jti: str) -> dict[str, Any]:
    if bearing.client.settings.enable_token_revocation is False:
        return {}
    return {"origin_jti": bearing.session.origin_jti, "jti": jti}


def _as_claim(name: str, value: str) -> Any:
    convert = _CONVERSIONS.get(name)
    return convert(value) if convert else value


def _number(value: str) -> object:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 18 else value


def _identities(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return []


_CONVERSIONS: dict[str, Callable[[str], object]] = {
    "email_verified": lambda value: value == "true",
    "phone_number_verified": lambda value: value == "true",
    "updated_at": _number,
    "address": lambda value: {"formatted": value},
    "identities": _identities,
}
