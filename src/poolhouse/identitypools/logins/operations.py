"""The verbs on what a provider's logins bring along: the map from claims to principal tags."""

from __future__ import annotations

from dataclasses import replace

from poolhouse.contract import cognito_identity as cid
from poolhouse.contract.callers import Signed
from poolhouse.identitypools.logins.tagging import check_map, claims_of
from poolhouse.identitypools.pools.naming import canonical, providers_of
from poolhouse.identitypools.pools.rows import TagMap
from poolhouse.identitypools.pools.store import IdentityPools
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs


@performs(cid.SetPrincipalTagAttributeMap)
def set_principal_tag_attribute_map(
    call: Call[Signed], ask: cid.SetPrincipalTagAttributeMapInput
) -> cid.SetPrincipalTagAttributeMapResponse:
    """Says which claims of a provider's tokens become tags of the sessions of its users."""
    tags = ask.principal_tags or {}
    check_map(tags)
    pools = IdentityPools(call.unit)
    pool = pools.lock(ask.identity_pool_id)
    key = canonical(call.services.settings, ask.identity_provider_name)
    if key not in providers_of(call.services.settings, pool.settings):
        raise cid.InvalidParameterException("The identity pool has no such provider.")
    made = TagMap(principal_tags=tags, use_defaults=bool(ask.use_defaults))
    pools.change(replace(pool, tag_maps={**pool.tag_maps, key: made}), call.now)
    return cid.SetPrincipalTagAttributeMapResponse(
        identity_pool_id=pool.id,
        identity_provider_name=ask.identity_provider_name,
        principal_tags=tags or dict(claims_of(made)),
        use_defaults=made.use_defaults,
    )


@performs(cid.GetPrincipalTagAttributeMap)
def get_principal_tag_attribute_map(
    call: Call[Signed], ask: cid.GetPrincipalTagAttributeMapInput
) -> cid.GetPrincipalTagAttributeMapResponse:
    """Which claims of a provider's tokens become principal tags."""
    pool = IdentityPools(call.unit).get(ask.identity_pool_id)
    key = canonical(call.services.settings, ask.identity_provider_name)
    found = pool.tag_maps.get(key)
    return cid.GetPrincipalTagAttributeMapResponse(
        identity_pool_id=pool.id,
        identity_provider_name=ask.identity_provider_name,
        principal_tags=(found and found.principal_tags) or dict(claims_of(found)),
        use_defaults=bool(found and found.use_defaults),
    )
