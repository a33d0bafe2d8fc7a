"""How long tokens may live.

Source: TokenValidityUnitsType and UserPoolClientType, API reference. A day at most for ID and
access tokens, an hour to ten years for refresh tokens, and none outlives its refresh token.
"""

from __future__ import annotations

from poolhouse.contract import cognito_idp as idp

REFRESH_TOKEN_DAYS = 30

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_SHORT_LIVED = range(300, 86_400 + 1)
_LONG_LIVED = range(3600, 3650 * 86_400 + 1)
_USUAL = 3600


def check_validity(settings: idp.UserPoolClientType) -> None:
    """Raises InvalidParameterException. A unit without a value is of the usual value, as
    observed: RefreshTokenValidity 30 in minutes is too short."""
    units = settings.token_validity_units or idp.TokenValidityUnitsType()
    refresh = _seconds(settings.refresh_token_validity, units.refresh_token or "days")
    access = _seconds(settings.access_token_validity, units.access_token or "hours")
    identity = _seconds(settings.id_token_validity, units.id_token or "hours")
    if (
        refresh not in _LONG_LIVED
        or any(seconds not in _SHORT_LIVED for seconds in (access, identity))
        or max(access, identity) > refresh
    ):
        raise idp.InvalidParameterException("Invalid range for token validity.")


def _seconds(value: int | None, unit: str) -> int:
    return value * _SECONDS[unit] if value else _USUAL
