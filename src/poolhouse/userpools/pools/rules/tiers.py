"""Feature plans: what a pool's settings need, and whether its plan has it.

Source: "User pool feature plans", developer guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rows import Tracking

LITE, ESSENTIALS, PLUS = "LITE", "ESSENTIALS", "PLUS"
_RANK = {LITE: 0, ESSENTIALS: 1, PLUS: 2}


def check_tier(settings: idp.UserPoolType, before: str | None = None) -> None:
    """Refuses settings that the plan does not have; `before` is the plan until now.

    Raises:
        TierChangeNotAllowedException: the plan would be lowered under a feature in use.
        FeatureUnavailableInTierException: the plan never had it.
    """
    for feature, least in _needs(settings):
        if has(settings, least):
            continue
        if before and _RANK[before] >= _RANK[least]:
            raise idp.TierChangeNotAllowedException(
                f"The tier cannot be changed to {settings.user_pool_tier}: {feature} needs {least}."
            )
        raise idp.FeatureUnavailableInTierException(
            f"{feature} is not available in the tier {settings.user_pool_tier}; it needs {least}."
        )


def check_tracking_tier(settings: idp.UserPoolType, tracking: Tracking) -> None:
    """Refuses a plan without session tracking to a pool that tracks sessions.

    Raises TierChangeNotAllowedException.
    """
    if tracking.enabled and not has(settings, ESSENTIALS):
        raise idp.TierChangeNotAllowedException(
            f"The tier cannot be changed to {settings.user_pool_tier}: "
            f"User session tracking needs {ESSENTIALS}."
        )


def check_email_factor(
    settings: idp.UserPoolType,
    chosen: idp.GetUserPoolMfaConfigResponse,
    before: str | None = None,
) -> None:
    """Refuses codes by e-mail as a second factor to a plan that has none; `before` is the plan
    until now.

    Raises TierChangeNotAllowedException, FeatureUnavailableInTierException.
    """
    if chosen.email_mfa_configuration is None or has(settings, ESSENTIALS):
        return
    why = f"{settings.user_pool_tier}: E-mail as a second factor needs {ESSENTIALS}."
    if before and _RANK[before] >= _RANK[ESSENTIALS]:
        raise idp.TierChangeNotAllowedException(f"The tier cannot be changed to {why}")
    raise idp.FeatureUnavailableInTierException(f"It is not available in the tier {why}")


def check_passkeys(settings: idp.UserPoolType) -> None:
    """Refuses a WebAuthnConfiguration to a plan that has no passkeys.

    Raises FeatureUnavailableInTierException.
    """
    if not has(settings, ESSENTIALS):
        raise idp.FeatureUnavailableInTierException(
            f"WebAuthnConfiguration is not available in the tier {settings.user_pool_tier}; "
            f"it needs {ESSENTIALS}."
        )


def has(settings: idp.UserPoolType, tier: str) -> bool:
    """Whether the pool's plan is `tier` or a higher one."""
    return _RANK[settings.user_pool_tier or ESSENTIALS] >= _RANK[tier]


def _needs(settings: idp.UserPoolType) -> Iterator[tuple[str, str]]:
    policies = settings.policies or idp.UserPoolPolicyType()
    factors = policies.sign_in_policy.allowed_first_auth_factors if policies.sign_in_policy else []
    if set(factors or ()) - {"PASSWORD"}:
        yield "Passwordless sign-in", ESSENTIALS
    if policies.password_policy and policies.password_policy.password_history_size:
        yield "Password history", ESSENTIALS
    functions = settings.lambda_config
    version = functions.pre_token_generation_config if functions else None
    if version and version.lambda_version != "V1_0":
        yield "Access token customization", ESSENTIALS
    if settings.dcr_configuration:
        yield "Dynamic client registration", ESSENTIALS
    if settings.acr_configuration:
        yield "AcrConfiguration", ESSENTIALS
    add_ons = settings.user_pool_add_ons
    if add_ons and add_ons.advanced_security_mode != "OFF":
        yield "Threat protection", PLUS
