"""The shape of a user and of what a pool finds users by."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Table

from poolhouse.storage.base import Flag, Json, Key, Moment, metadata
from poolhouse.values import Value

UNCONFIRMED = "UNCONFIRMED"
CONFIRMED = "CONFIRMED"
RESET_REQUIRED = "RESET_REQUIRED"
FORCE_CHANGE_PASSWORD = "FORCE_CHANGE_PASSWORD"
EXTERNAL_PROVIDER = "EXTERNAL_PROVIDER"

# Attributes that ListUsers can filter by, beside columns; each set value is a row of user_search.
SEARCHABLE = ("email", "phone_number", "name", "given_name", "family_name", "preferred_username")

users = Table(
    "users",
    metadata,
    Column("pool_id", ForeignKey("user_pools.id", ondelete="CASCADE"), primary_key=True),
    Column("sub", Key, primary_key=True),
    Column("username", Key, nullable=False),
    Column("username_key", Key, nullable=False),
    Column("status", Key, nullable=False),
    Column("enabled", Flag, nullable=False),
    Column("attributes", Json, nullable=False),
    Column("factors", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("modified_at", Moment, nullable=False),
    Index("uq_users_username_key", "pool_id", "username_key", unique=True),
    Index("ix_users_username", "pool_id", "username", "sub"),
    Index("ix_users_status", "pool_id", "status", "sub"),
    Index("ix_users_enabled", "pool_id", "enabled", "sub"),
)


def of_user() -> ForeignKeyConstraint:
    """What hangs on a user goes with the user."""
    return ForeignKeyConstraint(
        ["pool_id", "sub"], ["users.pool_id", "users.sub"], ondelete="CASCADE"
    )


user_aliases = Table(
    "user_aliases",
    metadata,
    Column("pool_id", Key, primary_key=True),
    Column("kind", Key, primary_key=True),
    Column("alias_key", Key, primary_key=True),
    Column("sub", Key, nullable=False),
    of_user(),
    Index("ix_user_aliases_sub", "pool_id", "sub"),
)

user_search = Table(
    "user_search",
    metadata,
    Column("pool_id", Key, primary_key=True),
    Column("attribute", Key, primary_key=True),
    Column("folded", Key, primary_key=True),
    Column("sub", Key, primary_key=True),
    of_user(),
    Index("ix_user_search_sub", "pool_id", "sub"),
)


class Factors(Value, frozen=True):
    """Second factors of a user: those enabled (SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP, WEB_AUTHN),
    the preferred one, and whether a software token is registered. The room `mfa` decides them."""

    enabled: tuple[str, ...] = ()
    preferred: str | None = None
    software_token: bool = False


NO_FACTORS = Factors()


class User(Value, frozen=True):
    """A profile. `attributes` has every attribute but `sub`, values as the API's strings."""

    pool_id: str
    sub: str
    username: str
    status: str
    enabled: bool
    attributes: dict[str, str]
    created_at: float
    modified_at: float
    factors: Factors = NO_FACTORS

    def verified(self, attribute: str) -> bool:
        return self.attributes.get(f"{attribute}_verified") == "true"
