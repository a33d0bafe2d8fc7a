"""The shape of an identity pool. All that configures it is kept in the contract's own shapes."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Column, Index, Table

from poolhouse.contract import cognito_identity as cid
from poolhouse.storage.base import Count, Key, Moment, Words, metadata

identity_pools = Table(
    "identity_pools",
    metadata,
    Column("id", Key, primary_key=True),
    Column("region", Key, nullable=False),
    Column("settings", Words, nullable=False),
    Column("roles", Words, nullable=False),
    Column("tag_maps", Words, nullable=False),
    Column("version", Count, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("modified_at", Moment, nullable=False),
    Index(None, "region", "id"),
)

TagMap = cid.GetPrincipalTagAttributeMapResponse
Roles = cid.GetIdentityPoolRolesResponse


@dataclass(frozen=True, slots=True)
class IdentityPool:
    """A pool at one version. `roles` has no pool id in it; `tag_maps` are by provider key."""

    id: str
    region: str
    settings: cid.IdentityPool
    version: int
    created_at: float
    modified_at: float
    roles: Roles = field(default_factory=Roles)
    tag_maps: dict[str, TagMap] = field(default_factory=dict)

    @property
    def admits_guests(self) -> bool:
        return self.settings.allow_unauthenticated_identities

    @property
    def developer_provider(self) -> str | None:
        return self.settings.developer_provider_name
