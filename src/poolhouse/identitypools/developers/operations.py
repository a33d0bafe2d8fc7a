"""The verbs on the users of a developer's own back end. All of them are signed by it."""

from __future__ import annotations

from dataclasses import replace

from poolhouse.contract import cognito_identity as cid
from poolhouse.contract.callers import Signed
from poolhouse.identitypools.developers import rules
from poolhouse.identitypools.identities.bearing import of_logins
from poolhouse.identitypools.identities.rows import Identity
from poolhouse.identitypools.identities.settling import Settling
from poolhouse.identitypools.identities.store import Identities
from poolhouse.identitypools.logins.proving import prove
from poolhouse.identitypools.logins.rules import Link, conflict
from poolhouse.identitypools.logins.tagging import check_tags
from poolhouse.identitypools.openid.issuing import signing_key, token
from poolhouse.identitypools.openid.rules import DEVELOPER_LIFETIME
from poolhouse.identitypools.pools.rows import IdentityPool
from poolhouse.identitypools.pools.store import IdentityPools
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import performs
from poolhouse.kernel.paging import bookmarks, place_of
from poolhouse.kernel.unit import Overtaken
from poolhouse.pages import MOST, page


class ChangedMeanwhile(cid.ResourceConflictException, Overtaken):
    """An identity was merged, linked or unlinked between being read and being locked."""


@performs(cid.GetOpenIdTokenForDeveloperIdentity)
def get_open_id_token_for_developer_identity(
    call: Call[Signed], ask: cid.GetOpenIdTokenForDeveloperIdentityInput
) -> cid.GetOpenIdTokenForDeveloperIdentityResponse:
    """Registers or finds the identity of a developer's user, and answers a token for it."""
    pool = IdentityPools(call.unit).get(ask.identity_pool_id)
    named = Identities(call.unit).get_in(pool, ask.identity_id) if ask.identity_id else None
    own, rest = rules.login_of(pool, ask.logins)
    tags = ask.principal_tags or {}
    check_tags(tags)
    key = signing_key(call)
    logins = [own, *prove(call, pool, rest)]
    settling = Settling(call.unit, pool, call.now)
    identity_id = settling.for_developer(named, [login.link for login in logins])
    bearer = of_logins(identity_id, pool, logins)
    bearer = replace(bearer, tags={**bearer.tags, **tags})
    return cid.GetOpenIdTokenForDeveloperIdentityResponse(
        identity_id=identity_id,
        token=token(call, key, bearer, ask.token_duration or DEVELOPER_LIFETIME),
    )


@performs(cid.LookupDeveloperIdentity)
def lookup_developer_identity(
    call: Call[Signed], ask: cid.LookupDeveloperIdentityInput
) -> cid.LookupDeveloperIdentityResponse:
    """The identity of a developer's user, or the developer's names for an identity's user."""
    pool = IdentityPools(call.unit).get(ask.identity_pool_id)
    if ask.developer_user_identifier is None:
        if ask.identity_id is None:
            raise cid.InvalidParameterException("IdentityId or DeveloperUserIdentifier is needed.")
        identity = Identities(call.unit).get_in(pool, ask.identity_id)
        return _identifiers(call, ask, identity)
    identity = _identity_of(call, pool, ask.developer_user_identifier)
    if ask.identity_id is None:
        return _identifiers(call, ask, identity)
    if identity.id != ask.identity_id:
        raise conflict()
    return cid.LookupDeveloperIdentityResponse(
        identity_id=identity.id, developer_user_identifier_list=[ask.developer_user_identifier]
    )


@performs(cid.MergeDeveloperIdentities)
def merge_developer_identities(
    call: Call[Signed], ask: cid.MergeDeveloperIdentitiesInput
) -> cid.MergeDeveloperIdentitiesResponse:
    """Makes two users of the developer one: the source's logins go over to the destination's
    identity, and the source's own is disabled."""
    pool, identities = IdentityPools(call.unit).get(ask.identity_pool_id), Identities(call.unit)
    rules.link_of(pool, ask.developer_provider_name, ask.source_user_identifier)
    source = _identity_of(call, pool, ask.source_user_identifier)
    target = _identity_of(call, pool, ask.destination_user_identifier)
    identities.lock(source.id, target.id)
    if (source, target) != (
        _identity_of(call, pool, ask.source_user_identifier),
        _identity_of(call, pool, ask.destination_user_identifier),
    ):
        raise ChangedMeanwhile("The identities were changed meanwhile.")
    rules.check_merge(source, target)
    if source.id != target.id:
        identities.move_links(source, target)
        identities.change(
            replace(source, enabled=False, merged_into=target.id, modified_at=call.now)
        )
        identities.change(replace(target, modified_at=call.now))
    return cid.MergeDeveloperIdentitiesResponse(identity_id=target.id)


@performs(cid.UnlinkDeveloperIdentity)
def unlink_developer_identity(call: Call[Signed], ask: cid.UnlinkDeveloperIdentityInput) -> None:
    """Takes a developer's user from an identity. Without its last login it cannot be used."""
    pool, identities = IdentityPools(call.unit).get(ask.identity_pool_id), Identities(call.unit)
    link = rules.link_of(pool, ask.developer_provider_name, ask.developer_user_identifier)
    identities.get_in(pool, ask.identity_id)
    identities.lock(ask.identity_id)
    identity = identities.get_in(pool, ask.identity_id)
    if link not in identity.links:
        raise rules.unknown_user(link.subject)
    identities.unlink(identity, link)
    identities.change(replace(identity, enabled=len(identity.links) > 1, modified_at=call.now))


def _identity_of(call: Call[Signed], pool: IdentityPool, identifier: str) -> Identity:
    """The identity of a developer's user. Raises ResourceNotFoundException."""
    identities = Identities(call.unit)
    provider = pool.developer_provider
    link = Link(provider, identifier, developer=True) if provider else None
    identity_id = identities.owner(pool, link) if link else None
    if identity_id is None:
        raise rules.unknown_user(identifier)
    return identities.get_in(pool, identity_id)


def _identifiers(
    call: Call[Signed], ask: cid.LookupDeveloperIdentityInput, identity: Identity
) -> cid.LookupDeveloperIdentityResponse:
    marks = bookmarks(call, cid.LookupDeveloperIdentity, identity.pool_id, identity.id)
    (after,) = place_of(marks, ask.next_token) or [""]
    size = ask.max_results or MOST
    found = [name for name in rules.identifiers_of(identity) if name > after]
    shown = page(marks, found[: size + 1], size, lambda name: (name,))
    return cid.LookupDeveloperIdentityResponse(
        identity_id=identity.id,
        developer_user_identifier_list=shown.items,
        next_token=shown.next_token,
    )
