"""The verbs on identity pools and their tags."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from poolhouse import arns, ids
from poolhouse.contract import cognito_identity as cid
from poolhouse.contract.callers import Signed
from poolhouse.identitypools.pools import rules
from poolhouse.identitypools.pools.naming import user_pool_of
from poolhouse.identitypools.pools.rows import IdentityPool
from poolhouse.identitypools.pools.store import IdentityPools
from poolhouse.kernel.call import Call, require_to_tag
from poolhouse.kernel.catalogue import performs
from poolhouse.kernel.paging import bookmarks, place_of
from poolhouse.pages import page


@performs(cid.CreateIdentityPool)
def create_identity_pool(call: Call[Signed], ask: cid.CreateIdentityPoolInput) -> cid.IdentityPool:
    """Makes an identity pool in the region of the request."""
    rules.check_region(call.region)
    require_to_tag(call.caller, cid.TagResource, ask.identity_pool_tags)
    pool_id = ids.identity(call.region)
    settings = cid.IdentityPool(identity_pool_id=pool_id, **msgspec.structs.asdict(ask))
    _check(call, settings)
    pool = IdentityPool(pool_id, call.region, settings, 1, call.now, call.now)
    IdentityPools(call.unit).add(pool)
    return settings


@performs(cid.DescribeIdentityPool)
def describe_identity_pool(
    call: Call[Signed], ask: cid.DescribeIdentityPoolInput
) -> cid.IdentityPool:
    """One identity pool."""
    return IdentityPools(call.unit).get(ask.identity_pool_id).settings


@performs(cid.UpdateIdentityPool)
def update_identity_pool(call: Call[Signed], ask: cid.IdentityPool) -> cid.IdentityPool:
    """Replaces the settings of an identity pool: what is left out goes back to its default."""
    _check(call, ask)
    pools = IdentityPools(call.unit)
    pool = pools.lock(ask.identity_pool_id)
    settings = rules.updated(pool.settings, ask)
    pools.change(replace(pool, settings=settings), call.now)
    return settings


@performs(cid.DeleteIdentityPool)
def delete_identity_pool(call: Call[Signed], ask: cid.DeleteIdentityPoolInput) -> None:
    """Removes an identity pool with all its identities."""
    pools = IdentityPools(call.unit)
    pools.get(ask.identity_pool_id)
    pools.remove(ask.identity_pool_id)


@performs(cid.ListIdentityPools)
def list_identity_pools(
    call: Call[Signed], ask: cid.ListIdentityPoolsInput
) -> cid.ListIdentityPoolsResponse:
    """The identity pools of the region of the request."""
    marks = bookmarks(call, cid.ListIdentityPools, call.region)
    (after,) = place_of(marks, ask.next_token) or [""]
    rows = IdentityPools(call.unit).list(call.region, after, ask.max_results + 1)
    found = page(marks, rows, ask.max_results, lambda pool: (pool.id,))
    return cid.ListIdentityPoolsResponse(
        identity_pools=[
            cid.IdentityPoolShortDescription(
                identity_pool_id=pool.id, identity_pool_name=pool.settings.identity_pool_name
            )
            for pool in found.items
        ],
        next_token=found.next_token,
    )


@performs(cid.TagResource)
def tag_resource(call: Call[Signed], ask: cid.TagResourceInput) -> cid.TagResourceResponse:
    """Adds tags to an identity pool, or changes their values."""
    pools, pool_id = IdentityPools(call.unit), _named(call, ask.resource_arn)
    pool = pools.lock(pool_id)
    tags = {**(pool.settings.identity_pool_tags or {}), **ask.tags}
    rules.check_tags(tags)
    pools.change(_tagged(pool, tags), call.now)
    return cid.TagResourceResponse()


@performs(cid.UntagResource)
def untag_resource(call: Call[Signed], ask: cid.UntagResourceInput) -> cid.UntagResourceResponse:
    """Removes tags from an identity pool; no error for those it does not have."""
    pools, pool_id = IdentityPools(call.unit), _named(call, ask.resource_arn)
    pool = pools.lock(pool_id)
    kept = {
        key: value
        for key, value in (pool.settings.identity_pool_tags or {}).items()
        if key not in ask.tag_keys
    }
    pools.change(_tagged(pool, kept), call.now)
    return cid.UntagResourceResponse()


@performs(cid.ListTagsForResource)
def list_tags_for_resource(
    call: Call[Signed], ask: cid.ListTagsForResourceInput
) -> cid.ListTagsForResourceResponse:
    """The tags of an identity pool."""
    pool = IdentityPools(call.unit).get(_named(call, ask.resource_arn))
    return cid.ListTagsForResourceResponse(tags=pool.settings.identity_pool_tags or {})


def _check(call: Call[Signed], settings: cid.IdentityPool) -> None:
    names = [each.provider_name for each in settings.cognito_identity_providers or []]
    house = call.services.settings
    rules.check(settings, [name for name in names if name and not user_pool_of(house, name)])


def _named(call: Call[Signed], resource_arn: str) -> str:
    """The pool that an ARN names; the ARN is the very one its permission was decided on."""
    arn = arns.parse(resource_arn)
    pool_id = arn.resource.removeprefix("identitypool/") if arn else ""
    if resource_arn != arns.identity_pool(call.account, pool_id):
        raise cid.InvalidParameterException("The resource ARN is not that of an identity pool.")
    return pool_id


def _tagged(pool: IdentityPool, tags: dict[str, str]) -> IdentityPool:
    settings = msgspec.structs.replace(pool.settings, identity_pool_tags=tags or None)
    return replace(pool, settings=settings)
