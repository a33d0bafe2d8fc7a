"""The verbs on identities, as their users and administrators ask them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from poolhouse import arns
from poolhouse.contract import cognito_identity as cid
from poolhouse.contract.callers import Anyone, Signed
from poolhouse.identitypools.identities import rules
from poolhouse.identitypools.identities.rows import Identity
from poolhouse.identitypools.identities.settling import Settling
from poolhouse.identitypools.identities.store import Identities
from poolhouse.identitypools.logins.proving import prove
from poolhouse.identitypools.pools.naming import canonical
from poolhouse.identitypools.pools.store import IdentityPools
from poolhouse.kernel.call import Call, require
from poolhouse.kernel.catalogue import AnyOperation, performs
from poolhouse.kernel.paging import bookmarks, place_of
from poolhouse.pages import page


@performs(cid.GetId)
def get_id(call: Call[Anyone], ask: cid.GetIdInput) -> cid.GetIdResponse:
    """The identity of the logins given, made where they have none; without logins a new guest."""
    pool = IdentityPools(call.unit).get(ask.identity_pool_id)
    settling = Settling(call.unit, pool, call.now)
    if ask.logins:
        proved = prove(call, pool, ask.logins)
        return cid.GetIdResponse(identity_id=settling.for_logins([login.link for login in proved]))
    if not pool.admits_guests:
        raise rules.no_guests()
    return cid.GetIdResponse(identity_id=settling.guest())


@performs(cid.DescribeIdentity)
def describe_identity(
    call: Call[Signed], ask: cid.DescribeIdentityInput
) -> cid.IdentityDescription:
    """One identity and the providers it is linked to."""
    _require_regions(call, cid.DescribeIdentity, [ask.identity_id])
    identity, _ = Identities(call.unit).get(ask.identity_id)
    return described(identity)


@performs(cid.ListIdentities)
def list_identities(call: Call[Signed], ask: cid.ListIdentitiesInput) -> cid.ListIdentitiesResponse:
    """The identities of a pool, by id."""
    pool = IdentityPools(call.unit).get(ask.identity_pool_id)
    hide = bool(ask.hide_disabled)
    marks = bookmarks(call, cid.ListIdentities, pool.id, str(hide))
    (after,) = place_of(marks, ask.next_token) or [""]
    rows = Identities(call.unit).list(pool, after, ask.max_results + 1, hide_disabled=hide)
    found = page(marks, rows, ask.max_results, lambda identity: (identity.id,))
    return cid.ListIdentitiesResponse(
        identity_pool_id=pool.id,
        identities=[described(identity) for identity in found.items],
        next_token=found.next_token,
    )


@performs(cid.DeleteIdentities)
def delete_identities(
    call: Call[Signed], ask: cid.DeleteIdentitiesInput
) -> cid.DeleteIdentitiesResponse:
    """Removes identities; those that are not there are passed over."""
    _require_regions(call, cid.DeleteIdentities, ask.identity_ids_to_delete)
    for identity_id in sorted(set(ask.identity_ids_to_delete)):
        Identities(call.unit).remove(identity_id)
    return cid.DeleteIdentitiesResponse(unprocessed_identity_ids=[])


@performs(cid.UnlinkIdentity)
def unlink_identity(call: Call[Anyone], ask: cid.UnlinkIdentityInput) -> None:
    """Takes logins from an identity, which one of its logins must ask for. Without the last of
    them the identity cannot be used any more."""
    identities = Identities(call.unit)
    identity, pool = identities.get(ask.identity_id)
    offered = {login.link for login in prove(call, pool, ask.logins)}
    names = {canonical(call.services.settings, name) for name in ask.logins_to_remove}
    if pool.developer_provider in names:
        raise cid.InvalidParameterException("Please provide a valid public provider")
    identities.lock(identity.id)
    current = identities.get_in(pool, identity.id)
    if not offered.intersection(current.links):
        raise rules.foreign_login() if current.enabled else rules.forbidden(current.id)
    kept = tuple(link for link in current.links if link.provider not in names)
    for link in set(current.links).difference(kept):
        identities.unlink(current, link)
    identities.change(replace(current, enabled=bool(kept), modified_at=call.now))


def _require_regions(call: Call[Signed], operation: AnyOperation, ids: Iterable[str]) -> None:
    """An operation on identities has no ARN that would say which regions are asked for."""
    for region in sorted({arns.region_of(each) for each in ids}):
        require(call.caller, operation.action, "*", {"aws:RequestedRegion": region})


def described(identity: Identity) -> cid.IdentityDescription:
    return cid.IdentityDescription(
        identity_id=identity.id,
        logins=identity.providers,
        creation_date=identity.created_at,
        last_modified_date=identity.modified_at,
    )
