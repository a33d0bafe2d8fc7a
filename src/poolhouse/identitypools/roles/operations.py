"""The verbs on a pool's roles, and the credentials that identities get by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from poolhouse.contract import cognito_identity as cid
from poolhouse.contract.callers import Anyone, Signed
from poolhouse.identitypools.identities.bearing import Bearer, bearer
from poolhouse.identitypools.identities.rows import Identity
from poolhouse.identitypools.identities.rules import forbidden, foreign_login
from poolhouse.identitypools.identities.store import Identities
from poolhouse.identitypools.logins.proving import unproved_claims
from poolhouse.identitypools.logins.rules import why_not
from poolhouse.identitypools.openid.proving import proved
from poolhouse.identitypools.openid.publishing import issuer
from poolhouse.identitypools.pools.naming import COGNITO, canonical_mapping
from poolhouse.identitypools.pools.rows import IdentityPool, Roles
from poolhouse.identitypools.pools.store import IdentityPools
from poolhouse.identitypools.roles import rules
from poolhouse.identitypools.roles.assuming import assume
from poolhouse.kernel.call import Call, require_to_pass
from poolhouse.kernel.catalogue import always, performs
from poolhouse.keys.verifying import InvalidToken


@performs(cid.SetIdentityPoolRoles)
def set_identity_pool_roles(call: Call[Signed], ask: cid.SetIdentityPoolRolesInput) -> None:
    """Replaces the roles of a pool and their mappings; the caller must be allowed to pass them."""
    mappings = ask.role_mappings or {}
    rules.check(ask.roles, mappings)
    pools = IdentityPools(call.unit)
    pools.get(ask.identity_pool_id)
    for arn in rules.named(ask.roles, mappings):
        require_to_pass(call.caller, arn, cid.SERVICE)
    pool = pools.lock(ask.identity_pool_id)
    roles = Roles(roles=ask.roles, role_mappings=mappings or None)
    pools.change(replace(pool, roles=roles), call.now)


@performs(cid.GetIdentityPoolRoles)
def get_identity_pool_roles(
    call: Call[Signed], ask: cid.GetIdentityPoolRolesInput
) -> cid.GetIdentityPoolRolesResponse:
    """The roles of a pool and their mappings."""
    pool = IdentityPools(call.unit).get(ask.identity_pool_id)
    return cid.GetIdentityPoolRolesResponse(
        identity_pool_id=pool.id,
        roles=pool.roles.roles,
        role_mappings=pool.roles.role_mappings,
    )


@performs(cid.GetCredentialsForIdentity, quick=always)
def get_credentials_for_identity(
    call: Call[Anyone], ask: cid.GetCredentialsForIdentityInput
) -> cid.GetCredentialsForIdentityResponse:
    """AWS credentials of the role that the identity's logins give it."""
    identity, pool = Identities(call.unit).get(ask.identity_id)
    found = _bearer(call, identity, pool, ask.logins or {})
    mappings = {
        canonical_mapping(call.services.settings, key): mapping
        for key, mapping in (pool.roles.role_mappings or {}).items()
    }
    role_arn = rules.choose(found, pool.roles.roles or {}, mappings, ask.custom_role_arn)
    issued = assume(call, found, role_arn)
    return cid.GetCredentialsForIdentityResponse(
        identity_id=found.identity_id,
        credentials=cid.Credentials(
            access_key_id=issued.access_key_id,
            secret_key=issued.secret_access_key,
            session_token=issued.session_token,
            expiration=issued.expires_at,
        ),
    )


def _bearer(
    call: Call[Anyone], identity: Identity, pool: IdentityPool, logins: Mapping[str, str]
) -> Bearer:
    if COGNITO not in logins:
        return bearer(call, identity, pool, logins)
    if len(logins) > 1:
        raise cid.InvalidParameterException("A Cognito token is the only login there can be.")
    if not identity.enabled:
        raise forbidden(identity.id)
    return _bearer_of_token(call, identity, logins[COGNITO])


def _bearer_of_token(call: Call[Anyone], identity: Identity, token: str) -> Bearer:
    """By an OpenID token of this server, as developers' users have it."""
    try:
        found = proved(call.services, call.unit, token)
    except InvalidToken as error:
        expected = issuer(call.services.settings)
        raise why_not(error.reason, unproved_claims(token), expected, call.now) from None
    if found.identity_id != identity.id:
        raise foreign_login()
    return found
