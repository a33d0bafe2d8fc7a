"""From a request to the settings that are kept, and from a kept client to an answer.

What a request leaves out takes its default, at creation and at every update: "If you don't
provide a value for an attribute, Amazon Cognito sets it to its default value".
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.clients.rules.attributes import check_attributes
from poolhouse.userpools.clients.rules.flows import check_flows, rotation_of
from poolhouse.userpools.clients.rules.oauth import Offers, check_oauth
from poolhouse.userpools.clients.rules.validity import REFRESH_TOKEN_DAYS, check_validity
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.rules.tiers import ESSENTIALS, has

Asked = idp.CreateUserPoolClientRequest | idp.UpdateUserPoolClientRequest


def settings_of(asked: Asked) -> idp.UserPoolClientType:
    """As AWS shows a client that asked for nothing (recorded 2021 to 2025): without its flows and
    PreventUserExistenceErrors, and with empty TokenValidityUnits."""
    revocable = asked.enable_token_revocation
    return idp.UserPoolClientType(
        access_token_validity=asked.access_token_validity,
        allowed_o_auth_flows=_once(asked.allowed_o_auth_flows),
        allowed_o_auth_flows_user_pool_client=bool(asked.allowed_o_auth_flows_user_pool_client),
        allowed_o_auth_scopes=_once(asked.allowed_o_auth_scopes),
        analytics_configuration=asked.analytics_configuration,
        auth_session_validity=asked.auth_session_validity or 3,
        callback_urls=_once(asked.callback_urls),
        default_redirect_uri=asked.default_redirect_uri,
        enable_propagate_additional_user_context_data=bool(
            asked.enable_propagate_additional_user_context_data
        ),
        enable_token_revocation=True if revocable is None else revocable,
        explicit_auth_flows=_once(asked.explicit_auth_flows),
        id_token_validity=asked.id_token_validity,
        logout_urls=_once(asked.logout_urls),
        prevent_user_existence_errors=asked.prevent_user_existence_errors,
        read_attributes=asked.read_attributes,
        refresh_token_rotation=rotation_of(asked.refresh_token_rotation),
        refresh_token_validity=asked.refresh_token_validity or REFRESH_TOKEN_DAYS,
        supported_identity_providers=_once(asked.supported_identity_providers),
        token_validity_units=asked.token_validity_units or idp.TokenValidityUnitsType(),
        write_attributes=asked.write_attributes,
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where settings are to be kept: a client of this pool, with or without a secret.
    `doing` is `creating` or `updating`."""

    pool: Pool
    offers: Offers
    has_secret: bool
    doing: str


def check_settings(settings: idp.UserPoolClientType, place: Place) -> None:
    """Everything that a client's settings may be refused for.

    Raises InvalidParameterException, InvalidOAuthFlowException, ScopeDoesNotExistException,
    FeatureUnavailableInTierException.
    """
    check_validity(settings)
    passwordless = has(place.pool.settings, ESSENTIALS)
    check_flows(settings, passwordless=passwordless, has_secret=place.has_secret)
    check_attributes(settings, place.pool.schema, place.doing)
    check_oauth(settings, place.offers, has_secret=place.has_secret)
    if settings.enable_propagate_additional_user_context_data and not place.has_secret:
        raise idp.InvalidParameterException(
            "EnablePropagateAdditionalUserContextData needs a client secret."
        )


def roles(settings: idp.UserPoolClientType) -> list[str]:
    """The IAM roles that the settings hand to the client."""
    analytics = settings.analytics_configuration
    return [analytics.role_arn] if analytics and analytics.role_arn else []


def as_client_type(client: Client, secret: str | None) -> idp.UserPoolClientType:
    """A client as it is described, with its secret where it has one."""
    return msgspec.structs.replace(
        client.settings,
        user_pool_id=client.pool_id,
        client_id=client.id,
        client_name=client.name,
        client_secret=secret,
        client_type="REGULAR",
        creation_date=client.created_at,
        last_modified_date=client.modified_at,
    )


def as_description(client: Client) -> idp.UserPoolClientDescription:
    """A client as lists show it."""
    return idp.UserPoolClientDescription(
        client_id=client.id, client_name=client.name, user_pool_id=client.pool_id
    )


def _once(given: list[str] | None) -> list[str] | None:
    """Each value once; an empty list is as good as none."""
    return list(dict.fromkeys(given)) if given else None
