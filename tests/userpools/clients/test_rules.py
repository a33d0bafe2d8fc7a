"""What no client may be set to, pure."""

from __future__ import annotations

from typing import Any

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.clients.rules.oauth import Offers
from poolhouse.userpools.clients.rules.settings import (
    Place,
    as_client_type,
    check_settings,
    roles,
    settings_of,
)
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.rules.settings import new_settings

OAUTH = {
    "allowed_o_auth_flows": ["code"],
    "allowed_o_auth_scopes": ["openid"],
    "allowed_o_auth_flows_user_pool_client": True,
    "callback_urls": ["https://app.example/"],
}
MACHINE = {
    "allowed_o_auth_flows": ["client_credentials"],
    "allowed_o_auth_scopes": ["orders/read"],
    "allowed_o_auth_flows_user_pool_client": True,
}
ROTATION = idp.RefreshTokenRotationType(feature="ENABLED")
Units = idp.TokenValidityUnitsType


def place(*, secret: bool = False, tier: str = "ESSENTIALS", doing: str = "creating") -> Place:
    schema = [
        idp.SchemaAttributeType(name="email", mutable=True, required=True),
        idp.SchemaAttributeType(name="role", attribute_data_type="String", mutable=True),
        idp.SchemaAttributeType(
            name="plan", attribute_data_type="String", developer_only_attribute=True
        ),
    ]
    settings = new_settings(
        idp.CreateUserPoolRequest(pool_name="p", schema=schema, user_pool_tier=tier)
    )
    pool = Pool("us-east-1_p", "us-east-1", "p", settings, 1, 1.0, 1.0)
    offers = Offers(pool.id, frozenset(["COGNITO"]), frozenset(["orders/read"]))
    return Place(pool, offers, secret, doing)


def asked(**members: Any) -> idp.UserPoolClientType:
    return settings_of(
        idp.CreateUserPoolClientRequest(user_pool_id="us-east-1_p", client_name="c", **members)
    )


def test_a_client_that_asks_for_nothing_gets_cognitos_defaults() -> None:
    assert asked() == idp.UserPoolClientType(
        allowed_o_auth_flows_user_pool_client=False,
        auth_session_validity=3,
        enable_propagate_additional_user_context_data=False,
        enable_token_revocation=True,
        refresh_token_validity=30,
        token_validity_units=Units(),
    )
    check_settings(asked(), place())
    client = Client("c1", "us-east-1_p", "name", asked(), False, 1, 1.5, 2.5)
    assert client.flows == {"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"}
    assert not client.hides_users


def test_a_client_is_shown_with_what_is_kept_beside_its_settings() -> None:
    client = Client("c1", "us-east-1_p", "name", asked(), True, 1, 1.5, 2.5)
    shown = as_client_type(client, "the secret")
    assert (shown.client_id, shown.client_name, shown.user_pool_id) == ("c1", "name", "us-east-1_p")
    assert (shown.client_secret, shown.client_type) == ("the secret", "REGULAR")
    assert (shown.creation_date, shown.last_modified_date) == (1.5, 2.5)
    assert shown.access_token_validity is None
    assert client.settings.client_secret is None


@pytest.mark.parametrize(
    "members",
    [
        {"access_token_validity": 5, "token_validity_units": Units(access_token="minutes")},
        {"access_token_validity": 300, "token_validity_units": Units(access_token="seconds")},
        {"access_token_validity": 24},
        {"id_token_validity": 1, "token_validity_units": Units(id_token="days")},
        {"refresh_token_validity": 60, "token_validity_units": Units(refresh_token="minutes")},
        {"refresh_token_validity": 3650},
        {"refresh_token_validity": 0},
        {"token_validity_units": Units(refresh_token="hours")},
        {
            "refresh_token_validity": 2,
            "access_token_validity": 2,
            "token_validity_units": Units(refresh_token="hours"),
        },
    ],
)
def test_lifetimes_within_the_ranges_are_taken(members: dict[str, Any]) -> None:
    check_settings(asked(**members), place())


@pytest.mark.parametrize(
    "members",
    [
        {"access_token_validity": 4, "token_validity_units": Units(access_token="minutes")},
        {"access_token_validity": 299, "token_validity_units": Units(access_token="seconds")},
        {"access_token_validity": 25},
        {"id_token_validity": 86400},
        {"id_token_validity": 2, "token_validity_units": Units(id_token="days")},
        {"refresh_token_validity": 59, "token_validity_units": Units(refresh_token="minutes")},
        {"refresh_token_validity": 3651},
        {"token_validity_units": Units(refresh_token="minutes")},
        {
            "refresh_token_validity": 1,
            "access_token_validity": 2,
            "token_validity_units": Units(refresh_token="hours"),
        },
        {
            "refresh_token_validity": 90,
            "id_token_validity": 91,
            "token_validity_units": Units(refresh_token="minutes", id_token="minutes"),
        },
    ],
)
def test_lifetimes_out_of_range_are_refused(members: dict[str, Any]) -> None:
    with pytest.raises(idp.InvalidParameterException) as caught:
        check_settings(asked(**members), place())
    assert caught.value.message == "Invalid range for token validity."


def test_a_refresh_token_of_no_days_lives_thirty() -> None:
    assert asked(refresh_token_validity=0).refresh_token_validity == 30


def test_older_and_newer_names_of_flows_are_not_mixed() -> None:
    """CGN-18"""
    mixed = asked(explicit_auth_flows=["USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"])
    with pytest.raises(idp.InvalidParameterException, match="cannot mix"):
        check_settings(mixed, place())
    older = asked(explicit_auth_flows=["USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"])
    check_settings(older, place())


@pytest.mark.parametrize(
    ("listed", "allowed"),
    [
        (["USER_PASSWORD_AUTH"], {"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"}),
        (["ADMIN_NO_SRP_AUTH"], {"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"}),
        (["CUSTOM_AUTH_FLOW_ONLY"], {"ALLOW_CUSTOM_AUTH"}),
        (
            ["CUSTOM_AUTH_FLOW_ONLY", "ADMIN_NO_SRP_AUTH"],
            {"ALLOW_CUSTOM_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"},
        ),
    ],
)
def test_of_the_older_names_one_shuts_out_srp(listed: list[str], allowed: set[str]) -> None:
    settings = asked(explicit_auth_flows=listed)
    client = Client("c1", "us-east-1_p", "name", settings, False, 1, 1.5, 2.5)
    assert client.flows == allowed | {"ALLOW_REFRESH_TOKEN_AUTH"}


def test_rotation_and_plain_refreshing_exclude_each_other() -> None:
    for flows in (["ALLOW_REFRESH_TOKEN_AUTH"], ["USER_PASSWORD_AUTH"]):
        both = asked(explicit_auth_flows=flows, refresh_token_rotation=ROTATION)
        with pytest.raises(idp.InvalidParameterException, match="rotation is enabled"):
            check_settings(both, place())
    off = idp.RefreshTokenRotationType(feature="DISABLED")
    check_settings(
        asked(explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"], refresh_token_rotation=off), place()
    )
    usual = asked(refresh_token_rotation=ROTATION)
    check_settings(usual, place())
    client = Client("c1", "us-east-1_p", "name", usual, False, 1, 1.5, 2.5)
    assert client.flows == {"ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"}
    assert usual.refresh_token_rotation
    assert usual.refresh_token_rotation.retry_grace_period_seconds == 0


def test_choice_based_sign_in_needs_a_plan_that_has_it() -> None:
    chosen = asked(explicit_auth_flows=["ALLOW_USER_AUTH"])
    check_settings(chosen, place())
    with pytest.raises(idp.FeatureUnavailableInTierException):
        check_settings(chosen, place(tier="LITE"))


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"read_attributes": ["custom:unknown"]}, "Invalid read attributes specified while {}"),
        ({"read_attributes": ["role"]}, "Invalid read attributes specified while {}"),
        ({"write_attributes": ["email", "unknown"]}, "Invalid write attributes specified while {}"),
        ({"write_attributes": ["custom:role"]}, "Invalid write attributes specified while {}"),
        ({"write_attributes": []}, "Invalid write attributes specified while {}"),
        *(
            ({"write_attributes": ["email", name]}, "Invalid write attributes specified while {}")
            for name in ("sub", "identities", "email_verified", "dev:custom:plan")
        ),
    ],
)
def test_attributes_no_client_may_have_are_refused(members: dict[str, Any], message: str) -> None:
    for doing in ("creating", "updating"):
        with pytest.raises(idp.InvalidParameterException) as caught:
            check_settings(asked(**members), place(doing=doing))
        assert caught.value.message == message.format(doing) + " a client"


def test_attributes_of_the_schema_are_taken() -> None:
    read = ["sub", "email", "email_verified", "custom:role", "dev:custom:plan"]
    settings = asked(read_attributes=read, write_attributes=["email", "custom:role"])
    check_settings(settings, place())
    assert settings.read_attributes == read


def test_an_empty_list_of_attributes_means_none() -> None:
    """A list that was given is never widened to all."""
    settings = asked(read_attributes=[])
    check_settings(settings, place())
    assert settings.read_attributes == []
    assert Client("c", "p", "n", settings, False, 1, 1.0, 1.0).readable == frozenset()


@pytest.mark.parametrize(
    ("members", "secret", "error", "message"),
    [
        (
            MACHINE | {"allowed_o_auth_flows": ["code", "client_credentials"]},
            True,
            idp.InvalidOAuthFlowException,
            "client_credentials flow can not be selected along with code flow or implicit flow.",
        ),
        (
            MACHINE,
            False,
            idp.InvalidOAuthFlowException,
            "client_credentials flow can not be selected if client does not have a client secret.",
        ),
        (
            MACHINE | {"allowed_o_auth_scopes": ["openid"]},
            True,
            idp.InvalidOAuthFlowException,
            "openid is not supported with client_credentials flow",
        ),
        (
            OAUTH | {"allowed_o_auth_scopes": ["orders/write"]},
            False,
            idp.ScopeDoesNotExistException,
            "Invalid scope requested: orders/write",
        ),
        (
            OAUTH | {"allowed_o_auth_scopes": []},
            False,
            idp.InvalidOAuthFlowException,
            "AllowedOAuthFlows and AllowedOAuthScopes are required",
        ),
        (
            OAUTH | {"callback_urls": []},
            False,
            idp.InvalidOAuthFlowException,
            "CallbackUrls can not be empty when code flow or implicit flow is selected",
        ),
        (
            OAUTH | {"callback_urls": ["https://app.example/", "http://app.example/"]},
            False,
            idp.InvalidParameterException,
            "CallbackURLs, item 2: must use https, but for localhost, 127.0.0.1 and [::1].",
        ),
        (
            OAUTH | {"logout_urls": ["javascript://x"]},
            False,
            idp.InvalidParameterException,
            "LogoutURLs, item 1: has a scheme that is not allowed.",
        ),
        (
            OAUTH | {"default_redirect_uri": "https://app.example"},
            False,
            idp.InvalidParameterException,
            "DefaultRedirectURI must be one of CallbackURLs.",
        ),
        (
            {"supported_identity_providers": ["COGNITO", "Google"]},
            False,
            idp.InvalidParameterException,
            "The provider Google does not exist for User Pool us-east-1_p.",
        ),
        (
            {"enable_propagate_additional_user_context_data": True},
            False,
            idp.InvalidParameterException,
            "EnablePropagateAdditionalUserContextData needs a client secret.",
        ),
    ],
)
def test_oauth_settings_no_client_may_have_are_refused(
    members: dict[str, Any], secret: bool, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        check_settings(asked(**members), place(secret=secret))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("members", "secret"),
    [
        (OAUTH, False),
        (OAUTH | {"default_redirect_uri": "https://app.example/"}, True),
        (OAUTH | {"allowed_o_auth_flows": ["code", "implicit"]}, False),
        (MACHINE, True),
        ({"supported_identity_providers": ["COGNITO"]}, False),
        ({"enable_propagate_additional_user_context_data": True}, True),
        # Without the flag OAuth members do not count, so nothing is missing.
        ({"allowed_o_auth_flows": ["code"]}, False),
    ],
)
def test_oauth_settings_that_fit_are_taken(members: dict[str, Any], secret: bool) -> None:
    check_settings(asked(**members), place(secret=secret))


def test_each_value_of_a_list_is_kept_once() -> None:
    twice = asked(**OAUTH | {"callback_urls": ["a://b", "c://d", "a://b"]})
    assert twice.callback_urls == ["a://b", "c://d"]
    assert asked(callback_urls=[]).callback_urls is None


def test_roles_are_those_of_analytics() -> None:
    role = "arn:aws:iam::000000000000:role/analytics"
    analytics = idp.AnalyticsConfigurationType(role_arn=role)
    assert roles(asked(analytics_configuration=analytics)) == [role]
    assert roles(asked()) == []
