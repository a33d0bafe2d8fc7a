"""May the caller touch this identity's data?

The operations of the wing ask it themselves, first thing (`open_to_all`): Sync has ARNs of its own,
and credentials that an identity pool gave out are good for one identity, whatever policies say.
Sources: "Actions, resources, and condition keys for Amazon Cognito Sync", Service Authorization
Reference; "each identity has access only to its own data", API reference of ListRecords.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from poolhouse import arns
from poolhouse.contract import cognito_sync as sync
from poolhouse.contract.callers import Signed
from poolhouse.iam.credentials.authority import Granted, actor_of
from poolhouse.iam.policies.rules import identity_policy
from poolhouse.identitypools.identities.rows import Identity
from poolhouse.identitypools.identities.store import Identities
from poolhouse.identitypools.pools.naming import COGNITO
from poolhouse.kernel.call import Call, require
from poolhouse.kernel.catalogue import AnyOperation

EVERY_DATASET = "*"
_EVERY_POOL = "*"

# The least of what Cognito's console gives a new role. It stands in for the policies of a role that
# iam does not know, and so cannot have any; those of a role that it knows are the whole truth.
_OWN = f"arn:aws:cognito-sync:*:*:identitypool/${{{COGNITO}:aud}}/identity/${{{COGNITO}:sub}}"
_STATEMENT = {"Effect": "Allow", "Action": "cognito-sync:*", "Resource": [_OWN, f"{_OWN}/*"]}
_OWN_DATA = msgspec.json.encode({"Version": "2012-10-17", "Statement": [_STATEMENT]}).decode()


def permit(
    call: Call[Signed],
    operation: AnyOperation,
    pool_id: str,
    identity_id: str,
    dataset: str | None = None,
) -> None:
    """Refuses whoever may not do the operation to the identity, or to its dataset.

    Raises:
        NotAuthorizedException: the credentials are another identity's.
        Refused: ACCESS_DENIED, in AWS's words.
    """
    if bearer_of(call.caller) not in (None, (pool_id, identity_id)):
        raise foreign()
    resource = f"{_pool(call, pool_id)}/identity/{identity_id}"
    if dataset is not None:
        resource += f"/dataset/{dataset}"
    require(_able(call.caller), operation.action, resource)


def permit_developer(
    call: Call[Signed], operation: AnyOperation, pool_id: str = _EVERY_POOL
) -> None:
    """The same for what no identity may do, whichever it is."""
    if bearer_of(call.caller) is not None:
        raise foreign()
    require(call.caller, operation.action, _pool(call, pool_id))


def bearer_of(caller: Signed) -> tuple[object, object] | None:
    """The identity pool and the identity that the caller's credentials were given out for; None
    for all other callers."""
    actor = actor_of(caller)
    facts = actor.session.context if actor is not None and actor.session is not None else {}
    if f"{COGNITO}:sub" not in facts:
        return None
    return facts.get(f"{COGNITO}:aud"), facts[f"{COGNITO}:sub"]


def identity_of(call: Call[Signed], pool_id: str, identity_id: str) -> Identity:
    """The identity, which must be the pool's own. Ask `permit` first.

    Raises:
        ResourceNotFoundException: the pool has no such identity.
        NotAuthorizedException: it has been merged into another, or lost its last login, and the
            credentials are its own from before.
    """
    found = Identities(call.unit).find(identity_id)
    if found is None or found[0].pool_id != pool_id:
        raise sync.ResourceNotFoundException(f"Identity '{identity_id}' not found.")
    if not found[0].enabled and bearer_of(call.caller) is not None:
        raise foreign()
    return found[0]


def locked_identity_of(call: Call[Signed], pool_id: str, identity_id: str) -> Identity:
    """The same, and nobody else writes the identity's data until the unit ends."""
    Identities(call.unit).lock(identity_id)
    return identity_of(call, pool_id, identity_id)


def foreign() -> sync.NotAuthorizedException:
    return sync.NotAuthorizedException(
        "These credentials are not valid for accessing this resource"
    )


def _pool(call: Call[Signed], pool_id: str) -> str:
    region = call.region if pool_id == _EVERY_POOL else arns.region_of(pool_id)
    return f"arn:aws:cognito-sync:{region}:{call.account}:identitypool/{pool_id}"


def _able(caller: Signed) -> Signed:
    """The caller, with what an identity may do where no policy can say it."""
    authority = caller.authority
    if bearer_of(caller) is None or not isinstance(authority, Granted):
        return caller
    session = authority.actor.session
    if session is None or session.known:
        return caller
    policies = (*authority.identity, identity_policy(_OWN_DATA))
    return replace(caller, authority=replace(authority, identity=policies))
