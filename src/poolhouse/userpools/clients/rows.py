"""The shape of an app client. Its settings are kept as the contract's own `UserPoolClientType`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Column, ForeignKey, Index, Table

from poolhouse.contract import cognito_idp as idp
from poolhouse.storage.base import Count, Flag, Key, Moment, Sealed, Words, metadata

clients = Table(
    "clients",
    metadata,
    Column("id", Key, primary_key=True),
    Column("pool_id", ForeignKey("user_pools.id", ondelete="CASCADE"), nullable=False),
    Column("name", Key, nullable=False),
    Column("settings", Words, nullable=False),
    Column("sso_minutes", Count, nullable=True),
    Column("has_secret", Flag, nullable=False),
    Column("version", Count, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("modified_at", Moment, nullable=False),
    Index(None, "pool_id", "id"),
)

client_secrets = Table(
    "client_secrets",
    metadata,
    Column("client_id", ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Key, primary_key=True),
    Column("sealed", Sealed, nullable=False),
    Column("created_at", Moment, nullable=False),
)


SSO_MINUTES = 60
REFRESH, SRP = "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"
# What a client that names no flows allows.
USUAL_FLOWS = frozenset([REFRESH, SRP, "ALLOW_CUSTOM_AUTH"])


def rotates(rotation: idp.RefreshTokenRotationType | None) -> bool:
    return rotation is not None and rotation.feature == "ENABLED"


@dataclass(frozen=True)
class Client:
    """A client at one version. `settings` leaves out ids, name, secret and dates. `sso_minutes`
    says for how long after a sign-in the client lets an SSO session stand for another."""

    id: str
    pool_id: str
    name: str
    settings: idp.UserPoolClientType
    has_secret: bool
    version: int
    created_at: float
    modified_at: float
    sso_minutes: int = SSO_MINUTES

    @cached_property
    def flows(self) -> frozenset[str]:
        """ExplicitAuthFlows as `ALLOW_…` names, the older names translated; the usual ones where
        none were named. A rotating client does without the flow of plain refreshing."""
        older = {
            "ADMIN_NO_SRP_AUTH": "ALLOW_ADMIN_USER_PASSWORD_AUTH",
            "CUSTOM_AUTH_FLOW_ONLY": "ALLOW_CUSTOM_AUTH",
            "USER_PASSWORD_AUTH": "ALLOW_USER_PASSWORD_AUTH",
        }
        listed = self.settings.explicit_auth_flows
        if not listed:
            rotating = rotates(self.settings.refresh_token_rotation)
            return USUAL_FLOWS - {REFRESH} if rotating else USUAL_FLOWS
        found = {older.get(flow, flow) for flow in listed}
        # With the older names refreshing cannot be switched off, as in Cognito, and SRP only by
        # CUSTOM_AUTH_FLOW_ONLY (the old console's "Only allow Custom Authentication").
        if any(flow in older for flow in listed):
            found |= {REFRESH} if "CUSTOM_AUTH_FLOW_ONLY" in listed else {REFRESH, SRP}
        return frozenset(found)

    @property
    def hides_users(self) -> bool:
        """PreventUserExistenceErrors is ENABLED."""
        return self.settings.prevent_user_existence_errors == "ENABLED"

    @cached_property
    def readable(self) -> frozenset[str] | None:
        """ReadAttributes, or None for all."""
        listed = self.settings.read_attributes
        return frozenset(listed) if listed is not None else None

    @cached_property
    def writable(self) -> frozenset[str] | None:
        """WriteAttributes, or None for all."""
        listed = self.settings.write_attributes
        return frozenset(listed) if listed is not None else None
