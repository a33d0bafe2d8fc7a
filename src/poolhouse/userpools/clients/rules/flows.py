"""Which sign-in flows a client allows.

Source: ExplicitAuthFlows and RefreshTokenRotation, API reference of CreateUserPoolClient.
"""

from __future__ import annotations

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.clients.rows import REFRESH, rotates

USER_AUTH = "ALLOW_USER_AUTH"
CLIENT_TOKEN = "ALLOW_CLIENT_TOKEN_AUTH"
OLDER = frozenset(["ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH"])

Rotation = idp.RefreshTokenRotationType


def rotation_of(asked: Rotation | None) -> Rotation | None:
    if asked is None:
        return None
    return Rotation(
        feature=asked.feature, retry_grace_period_seconds=asked.retry_grace_period_seconds or 0
    )


def check_flows(
    settings: idp.UserPoolClientType, *, passwordless: bool, has_secret: bool = True
) -> None:
    """Refuses mixed names, plain refreshing beside rotation, a client's own flow beside users'
    flows or without a secret, and choice-based sign-in in a pool whose plan has none
    (`passwordless` is false).

    Raises:
        InvalidParameterException, FeatureUnavailableInTierException.
    """
    flows = set(settings.explicit_auth_flows or ())
    if flows & OLDER and flows - OLDER:
        raise idp.InvalidParameterException(
            "ExplicitAuthFlows cannot mix values that begin with ALLOW_ with older values."
        )
    if CLIENT_TOKEN in flows and (len(flows) > 1 or not has_secret):
        raise idp.InvalidParameterException(
            f"{CLIENT_TOKEN} must be the only flow of the app client, which needs a client secret."
        )
    # The older names cannot switch refreshing off, so they do not go with rotation either.
    if rotates(settings.refresh_token_rotation) and flows & (OLDER | {REFRESH}):
        raise idp.InvalidParameterException(
            f"{REFRESH} cannot be allowed where refresh token rotation is enabled."
        )
    if USER_AUTH in flows and not passwordless:
        raise idp.FeatureUnavailableInTierException(
            f"{USER_AUTH} is not available in the tier of this user pool; it needs ESSENTIALS."
        )
