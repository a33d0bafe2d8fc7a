"""The shape of a pool. Its settings are kept as the contract's own `UserPoolType`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Column, Index, Table

from poolhouse.contract import cognito_idp as idp
from poolhouse.storage.base import Count, Key, Moment, Words, metadata

user_pools = Table(
    "user_pools",
    metadata,
    Column("id", Key, primary_key=True),
    Column("region", Key, nullable=False),
    Column("name", Key, nullable=False),
    Column("settings", Words, nullable=False),
    Column("version", Count, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("modified_at", Moment, nullable=False),
    Index(None, "region", "id"),
)


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
