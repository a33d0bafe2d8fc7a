"""The verbs on permanent access keys."""

from __future__ import annotations

from poolhouse import arns, ids
from poolhouse.contract import iam as api
from poolhouse.contract.callers import Signed
from poolhouse.iam.administration.permitted import own_name, permitted_user
from poolhouse.iam.credentials.authority import actor_of
from poolhouse.iam.credentials.rows import ACTIVE, KEYS_OF_A_USER, ROOT, AccessKey
from poolhouse.iam.credentials.store import AccessKeys, sealed_secret, slots
from poolhouse.iam.listing import listed
from poolhouse.iam.permission import permit
from poolhouse.iam.users.store import Users
from poolhouse.kernel.call import Call
from poolhouse.kernel.catalogue import AnyOperation, performs


@performs(api.CreateAccessKey, open_to_all=True, once=True)
def create_access_key(
    call: Call[Signed], ask: api.CreateAccessKeyRequest
) -> api.CreateAccessKeyResponse:
    """Makes a key; its secret is told here and never again."""
    owner_id, name = _owner(call, api.CreateAccessKey, ask.user_name, lock=True)
    key_id, secret = ids.access_key("AKIA"), ids.secret_key()
    sealed = sealed_secret(call.services.sealer, key_id, secret)
    keys = AccessKeys(call.unit)
    for slot in slots(owner_id):
        if keys.add(AccessKey(key_id, owner_id, slot, sealed, ACTIVE, call.now)):
            made = api.AccessKey(
                access_key_id=key_id,
                create_date=call.now,
                secret_access_key=secret,
                status=ACTIVE,
                user_name=name,
            )
            return api.CreateAccessKeyResponse(access_key=made)
    raise api.LimitExceededException(f"Cannot exceed quota for AccessKeysPerUser: {KEYS_OF_A_USER}")


@performs(api.ListAccessKeys, open_to_all=True)
def list_access_keys(
    call: Call[Signed], ask: api.ListAccessKeysRequest
) -> api.ListAccessKeysResponse:
    """The keys of a user, without their secrets."""
    owner_id, name = _owner(call, api.ListAccessKeys, ask.user_name)
    keys = AccessKeys(call.unit)
    found = listed(
        call,
        api.ListAccessKeys,
        (owner_id,),
        ask.marker,
        ask.max_items,
        lambda after, count: keys.list(owner_id, after, count),
        lambda key: key.id,
    )
    return api.ListAccessKeysResponse(
        access_key_metadata=[
            api.AccessKeyMetadata(
                access_key_id=key.id,
                create_date=key.created_at,
                status=key.status,
                user_name=name or None,
            )
            for key in found.items
        ],
        is_truncated=found.is_truncated,
        marker=found.marker,
    )


@performs(api.UpdateAccessKey, open_to_all=True, once=True)
def update_access_key(call: Call[Signed], ask: api.UpdateAccessKeyRequest) -> None:
    """Switches a key on or off, from the next request on."""
    owner_id, _ = _owner(call, api.UpdateAccessKey, ask.user_name, lock=True)
    if not AccessKeys(call.unit).change(ask.access_key_id, owner_id, ask.status):
        raise _missing(ask.access_key_id)


@performs(api.DeleteAccessKey, open_to_all=True, once=True)
def delete_access_key(call: Call[Signed], ask: api.DeleteAccessKeyRequest) -> None:
    """Removes a key, which is refused from the next request on."""
    owner_id, _ = _owner(call, api.DeleteAccessKey, ask.user_name, lock=True)
    if not AccessKeys(call.unit).remove(ask.access_key_id, owner_id):
        raise _missing(ask.access_key_id)


@performs(api.GetAccessKeyLastUsed, open_to_all=True)
def get_access_key_last_used(
    call: Call[Signed], ask: api.GetAccessKeyLastUsedRequest
) -> api.GetAccessKeyLastUsedResponse:
    """When, where and for what a key was used last, exact to a quarter of an hour."""
    key = AccessKeys(call.unit).find(ask.access_key_id)
    user = Users(call.unit).by_id(key.owner_id) if key is not None else None
    permit(call, api.GetAccessKeyLastUsed, user.arn if user is not None else "*")
    if key is None or user is None:
        raise _missing(ask.access_key_id)
    return api.GetAccessKeyLastUsedResponse(
        user_name=user.name,
        access_key_last_used=api.AccessKeyLastUsed(
            last_used_date=key.used_at,
            region=key.used_region or "N/A",
            service_name=key.used_service or "N/A",
        ),
    )


def _owner(
    call: Call[Signed], operation: AnyOperation, name: str | None, *, lock: bool = False
) -> tuple[str, str]:
    """The id and name of the user whose keys are meant; without a name, of the caller. The root
    has one key, which it may look at but not change: the first start and the settings make it."""
    if name is None:
        actor = actor_of(call.caller)
        if actor is not None and actor.kind == "root" and operation is api.ListAccessKeys:
            permit(call, operation, arns.root(call.account))
            return ROOT, ""
        name = own_name(call)
    user = permitted_user(call, operation, name, lock=lock)
    return user.id, user.name


def _missing(key_id: str) -> api.NoSuchEntityException:
    return api.NoSuchEntityException(f"The Access Key with id {key_id} cannot be found.")
