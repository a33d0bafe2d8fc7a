"""The verbs on pools, their schema and their tags."""

from __future__ import annotations

import msgspec

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Signed
from poolhouse.kernel.call import Call, require_to_pass, require_to_tag
from poolhouse.kernel.catalogue import performs
from poolhouse.kernel.paging import bookmarks, place_of
from poolhouse.pages import page
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.rules import checks, schema, tags
from poolhouse.userpools.pools.rules.settings import (
    as_description,
    as_user_pool_type,
    changed_settings,
    new_settings,
)
from poolhouse.userpools.pools.rules.tiers import (
    check_email_factor,
    check_tier,
    check_tracking_tier,
)
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.signing.store import SigningKeys

# As many as AWS grants an account in a region, on request.
MOST_POOLS = 10_000


@performs(idp.CreateUserPool)
def create_user_pool(
    call: Call[Signed], ask: idp.CreateUserPoolRequest
) -> idp.CreateUserPoolResponse:
    """Makes a pool in the region that the request is signed for."""
    checks.check_region(call.region)
    require_to_tag(call.caller, idp.TagResource, ask.user_pool_tags)
    settings = new_settings(ask)
    _check(call, settings)
    checks.check_factors(settings)
    pools, keys = Pools(call.unit), SigningKeys(call.unit, call.services.sealer)
    if pools.count(call.region) >= MOST_POOLS:
        raise idp.LimitExceededException("The region has the most user pools it can have.")
    keys.at_hand(call.now)
    name, now = ask.pool_name, call.now
    pool = Pool(ids.user_pool(call.region), call.region, name, settings, 1, now, now)
    pools.add(pool)
    keys.equip(pool.id, now)
    return idp.CreateUserPoolResponse(user_pool=as_user_pool_type(pool, call.account, users=0))


@performs(idp.DescribeUserPool)
def describe_user_pool(
    call: Call[Signed], ask: idp.DescribeUserPoolRequest
) -> idp.DescribeUserPoolResponse:
    """Everything that is set of a pool."""
    pools = Pools(call.unit)
    pool = pools.get(ask.user_pool_id)
    users = pools.estimated_users(pool.id, call.now)
    return idp.DescribeUserPoolResponse(user_pool=as_user_pool_type(pool, call.account, users))


@performs(idp.UpdateUserPool)
def update_user_pool(
    call: Call[Signed], ask: idp.UpdateUserPoolRequest
) -> idp.UpdateUserPoolResponse:
    """Sets a pool anew: what is left out takes its default."""
    pools = Pools(call.unit)
    pool = pools.lock(ask.user_pool_id)
    settings = changed_settings(pool.settings, ask)
    _check(call, settings, before=pool.settings.user_pool_tier)
    check_tracking_tier(settings, pool.tracking)
    checks.check_factors(settings, pool.chosen_mfa)
    check_email_factor(settings, pool.chosen_mfa, before=pool.settings.user_pool_tier)
    _change(call, pool, settings, name=ask.pool_name)
    return idp.UpdateUserPoolResponse()


@performs(idp.DeleteUserPool)
def delete_user_pool(call: Call[Signed], ask: idp.DeleteUserPoolRequest) -> None:
    """Removes a pool with everything that is in it, unless it is protected."""
    pools = Pools(call.unit)
    pool = pools.lock(ask.user_pool_id)
    checks.check_deletion(pool.settings)
    pools.remove(pool.id)


@performs(idp.ListUserPools)
def list_user_pools(call: Call[Signed], ask: idp.ListUserPoolsRequest) -> idp.ListUserPoolsResponse:
    """The pools of the region that the request is signed for."""
    marks, size = bookmarks(call, idp.ListUserPools, call.region), ask.max_results
    (after,) = place_of(marks, ask.next_token) or [""]
    found = page(marks, Pools(call.unit).list(call.region, after, size + 1), size, _by_id)
    return idp.ListUserPoolsResponse(
        user_pools=[as_description(pool) for pool in found.items], next_token=found.next_token
    )


@performs(idp.AddCustomAttributes)
def add_custom_attributes(
    call: Call[Signed], ask: idp.AddCustomAttributesRequest
) -> idp.AddCustomAttributesResponse:
    """Adds custom attributes to the schema, for ever."""
    pool = Pools(call.unit).lock(ask.user_pool_id)
    grown = schema.with_custom(pool.settings.schema_attributes or (), ask.custom_attributes)
    _change(call, pool, msgspec.structs.replace(pool.settings, schema_attributes=grown))
    return idp.AddCustomAttributesResponse()


@performs(idp.TagResource)
def tag_resource(call: Call[Signed], ask: idp.TagResourceRequest) -> idp.TagResourceResponse:
    """Adds tags to a pool, or changes them."""
    pool = Pools(call.unit).lock(tags.pool_id_of(ask.resource_arn, call.account))
    after = tags.tagged(pool.settings.user_pool_tags or {}, ask.tags)
    _change(call, pool, msgspec.structs.replace(pool.settings, user_pool_tags=after or None))
    return idp.TagResourceResponse()


@performs(idp.UntagResource)
def untag_resource(call: Call[Signed], ask: idp.UntagResourceRequest) -> idp.UntagResourceResponse:
    """Takes tags off a pool; no error where it did not have them."""
    pool = Pools(call.unit).lock(tags.pool_id_of(ask.resource_arn, call.account))
    after = tags.untagged(pool.settings.user_pool_tags or {}, ask.tag_keys)
    _change(call, pool, msgspec.structs.replace(pool.settings, user_pool_tags=after or None))
    return idp.UntagResourceResponse()


@performs(idp.ListTagsForResource)
def list_tags_for_resource(
    call: Call[Signed], ask: idp.ListTagsForResourceRequest
) -> idp.ListTagsForResourceResponse:
    """The tags of a pool."""
    pool = Pools(call.unit).get(tags.pool_id_of(ask.resource_arn, call.account))
    return idp.ListTagsForResourceResponse(tags=pool.settings.user_pool_tags or {})


def _check(call: Call[Signed], settings: idp.UserPoolType, before: str | None = None) -> None:
    """What the settings may be, and whether the caller may hand over their roles."""
    checks.check_settings(settings)
    check_tier(settings, before)
    if why := tags.flaw(settings.user_pool_tags or {}):
        raise idp.UserPoolTaggingException(why)
    for role in checks.roles(settings):
        require_to_pass(call.caller, role, idp.SERVICE)


def _change(
    call: Call[Signed], pool: Pool, settings: idp.UserPoolType, name: str | None = None
) -> None:
    """Writes what was decided on the locked pool."""
    pools = Pools(call.unit)
    if not pools.change(pool, name=name or pool.name, settings=settings, now=call.now):
        raise idp.ConcurrentModificationException("The user pool was changed meanwhile.")


def _by_id(pool: Pool) -> tuple[str, ...]:
    return (pool.id,)
