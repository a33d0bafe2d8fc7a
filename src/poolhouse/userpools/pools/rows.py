"""The shape of a pool. Its settings are kept as the contract's own `UserPoolType`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import msgspec
from sqlalchemy import Column, Index, Table

from poolhouse.contract import cognito_idp as idp
from poolhouse.storage.base import Count, Json, Key, Moment, Words, metadata

user_pools = Table(
    "user_pools",
    metadata,
    Column("id", Key, primary_key=True),
    Column("region", Key, nullable=False),
    Column("name", Key, nullable=False),
    Column("settings", Words, nullable=False),
    Column("tracking", Json, nullable=True),
    Column("mfa", Words, nullable=True),
    Column("version", Count, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("modified_at", Moment, nullable=False),
    Index(None, "region", "id"),
)


@dataclass(frozen=True, slots=True)
class Tracking:
    """Whether sessions are tracked, and how many token sessions a user may have then."""

    enabled: bool = False
    most: int = 20


UNTRACKED = Tracking()
# Nothing was chosen by SetUserPoolMfaConfig.
NO_CHOICE = idp.GetUserPoolMfaConfigResponse()


@dataclass(frozen=True)
class Pool:
    """A pool at one version. `settings` leaves out what has columns and what is computed
    (Id, Arn, Name, dates); its `schema_attributes` hold the whole schema, `custom:` included."""

    id: str
    region: str
    name: str
    settings: idp.UserPoolType
    version: int
    created_at: float
    modified_at: float
    tracking: Tracking = UNTRACKED
    chosen_mfa: idp.GetUserPoolMfaConfigResponse = NO_CHOICE

    @cached_property
    def mfa(self) -> idp.GetUserPoolMfaConfigResponse:
        """The factors as they are in force."""
        return mfa_of(self.settings, self.chosen_mfa)

    @cached_property
    def schema(self) -> dict[str, idp.SchemaAttributeType]:
        """Attributes by name, as they are written in requests."""
        return {a.name: a for a in self.settings.schema_attributes or () if a.name}

    @cached_property
    def case_sensitive(self) -> bool:
        configured = self.settings.username_configuration
        return configured.case_sensitive if configured else True

    @cached_property
    def username_attributes(self) -> frozenset[str]:
        """Attributes that are the sign-in name itself: `email`, `phone_number`."""
        return frozenset(self.settings.username_attributes or ())

    @cached_property
    def alias_attributes(self) -> frozenset[str]:
        """Attributes that are further sign-in names beside the user name."""
        return frozenset(self.settings.alias_attributes or ())

    @cached_property
    def auto_verified(self) -> frozenset[str]:
        return frozenset(self.settings.auto_verified_attributes or ())

    @property
    def short_name(self) -> str:
        """The part of the id after the underscore: SRP's pool name."""
        return self.id.partition("_")[2]


def mfa_of(
    settings: idp.UserPoolType, chosen: idp.GetUserPoolMfaConfigResponse
) -> idp.GetUserPoolMfaConfigResponse:
    """The factors in force: those chosen by SetUserPoolMfaConfig; where it chose none, SMS if the
    pool can send it. Whether there are any, and how SMS is sent, is the pool's own setting."""
    mode, sms = settings.mfa_configuration or "OFF", settings.sms_configuration
    in_force = idp.GetUserPoolMfaConfigResponse(
        mfa_configuration=mode, web_authn_configuration=chosen.web_authn_configuration
    )
    if mode == "OFF":
        return in_force
    token, email = chosen.software_token_mfa_configuration, chosen.email_mfa_configuration
    others = email is not None or bool(token and token.enabled)
    by_sms = sms is not None and (chosen.sms_mfa_configuration is not None or not others)
    return msgspec.structs.replace(
        in_force,
        sms_mfa_configuration=idp.SmsMfaConfigType(
            sms_authentication_message=settings.sms_authentication_message, sms_configuration=sms
        )
        if by_sms
        else None,
        software_token_mfa_configuration=token,
        email_mfa_configuration=email,
    )
