"""Grants, scopes, redirects and providers of a client.

Source: "Application-specific settings with app clients", developer guide; refusals as observed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.clients.rules.redirects import flaw

STANDARD_SCOPES = frozenset(
    ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"]
)
CLIENT_CREDENTIALS = "client_credentials"


@dataclass(frozen=True, slots=True)
class Offers:
    """What a client of a pool may name that is kept elsewhere: the pool's identity providers,
    and the scopes of its resource servers."""

    pool_id: str
    providers: frozenset[str]
    scopes: frozenset[str]


def check_oauth(settings: idp.UserPoolClientType, offers: Offers, *, has_secret: bool) -> None:
    """Raises InvalidOAuthFlowException, ScopeDoesNotExistException, InvalidParameterException."""
    _check_redirects(settings)
    _check_providers(settings.supported_identity_providers or (), offers)
    scopes, flows = settings.allowed_o_auth_scopes or [], settings.allowed_o_auth_flows or []
    for scope in scopes:
        if scope not in STANDARD_SCOPES | offers.scopes:
            raise idp.ScopeDoesNotExistException(f"Invalid scope requested: {scope}")
    if CLIENT_CREDENTIALS in flows:
        _check_client_credentials(flows, scopes, has_secret)
    if settings.allowed_o_auth_flows_user_pool_client:
        _check_enabled(settings, flows, scopes)


def client_scopes(allowed: Sequence[str], asked: Sequence[str] | None) -> list[str]:
    """The scopes in which a client may speak for itself: those asked for, or all that it has.

    Raises InvalidParameterException for a scope that is a user's, or not allowed to the client.
    """
    own = [scope for scope in allowed if scope not in STANDARD_SCOPES]
    for scope in asked or ():
        if scope not in own:
            raise idp.InvalidParameterException(f"Invalid scope requested: {scope}")
    return list(dict.fromkeys(asked)) if asked else own


def _check_client_credentials(
    flows: Sequence[str], scopes: Sequence[str], has_secret: bool
) -> None:
    """No user takes part in this grant: it stands alone, for confidential clients, and its
    scopes are none of the user's."""
    if len(flows) > 1:
        raise idp.InvalidOAuthFlowException(
            "client_credentials flow can not be selected along with code flow or implicit flow."
        )
    if not has_secret:
        raise idp.InvalidOAuthFlowException(
            "client_credentials flow can not be selected if client does not have a client secret."
        )
    for scope in scopes:
        if scope in STANDARD_SCOPES:
            raise idp.InvalidOAuthFlowException(
                f"{scope} is not supported with client_credentials flow"
            )


def _check_enabled(
    settings: idp.UserPoolClientType, flows: Sequence[str], scopes: Sequence[str]
) -> None:
    if not flows or not scopes:
        raise idp.InvalidOAuthFlowException(
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed "
            "to use OAuth flows."
        )
    if not settings.callback_urls and CLIENT_CREDENTIALS not in flows:
        raise idp.InvalidOAuthFlowException(
            "CallbackUrls can not be empty when code flow or implicit flow is selected"
        )


def _check_redirects(settings: idp.UserPoolClientType) -> None:
    callbacks, usual = settings.callback_urls or [], settings.default_redirect_uri
    named = (("CallbackURLs", callbacks), ("LogoutURLs", settings.logout_urls or []))
    for member, addresses in named:
        for place, address in enumerate(addresses, start=1):
            if why := flaw(address):
                raise idp.InvalidParameterException(f"{member}, item {place}: {why}.")
    if usual is not None and usual not in callbacks:
        raise idp.InvalidParameterException("DefaultRedirectURI must be one of CallbackURLs.")


def _check_providers(named: Sequence[str], offers: Offers) -> None:
    for provider in named:
        if provider not in offers.providers:
            raise idp.InvalidParameterException(
                f"The provider {provider} does not exist for User Pool {offers.pool_id}."
            )
