"""The enhanced flow's last step: a session of the chosen role, if the role trusts the identity."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from poolhouse.contract import sts
from poolhouse.iam.credentials.actors import facts_of_request
from poolhouse.iam.credentials.issue import Issued, issue
from poolhouse.iam.roles.rows import Role
from poolhouse.iam.roles.store import Roles
from poolhouse.iam.sts.federated import WebIdentity, refused_action, session_context
from poolhouse.identitypools.identities.bearing import Bearer
from poolhouse.identitypools.openid.proving import as_web_identity
from poolhouse.identitypools.pools.store import IdentityPools
from poolhouse.identitypools.roles.guest_scope import SESSION_POLICIES
from poolhouse.identitypools.roles.rules import misconfigured, named
from poolhouse.kernel.call import Call, Origin
from poolhouse.kernel.unit import Unit

SESSION_NAME = "CognitoIdentityCredentials"
LIFETIME = 3600
_PAGE = 100
_TELL_EVERY = 3600.0
_MOST_TOLD = 1024

log = logging.getLogger("poolhouse.identitypools")
_told: dict[tuple[str, str], float] = {}


def assume(call: Call[Any], bearer: Bearer, role_arn: str) -> Issued:
    """Credentials of the role for an hour, or less where the role says so; those of a role that
    iam does not know permit nothing.

    Raises:
        InvalidIdentityPoolConfigurationException: the role does not trust the identity.
    """
    role, identity = Roles(call.unit).by_arn(role_arn), as_web_identity(bearer)
    if role is None:
        _tell(bearer.pool.id, role_arn, call.now)
    elif not _trusts(call, role, identity):
        raise misconfigured()
    try:
        return issue(
            call.services,
            role_arn=role_arn,
            role_id=role.id if role else None,
            session_name=SESSION_NAME,
            lifetime=min(LIFETIME, role.max_session) if role else LIFETIME,
            now=call.now,
            session_policies=SESSION_POLICIES if bearer.is_guest else (),
            context=session_context(identity),
            tags=identity.tags,
        )
    except sts.PackedPolicyTooLargeException:
        raise misconfigured() from None


def _trusts(call: Call[Any], role: Role, identity: WebIdentity) -> bool:
    """It is the identity pool that asks, as in AWS: what is known of the user's own request
    (address, user agent) is not among the facts."""
    secure = call.services.settings.issuer_base.startswith("https://")
    asker = Origin(call.origin.request_id)
    facts = facts_of_request(region=call.region, origin=asker, secure=secure, now=call.now)
    return refused_action(role, identity, SESSION_NAME, facts) is None


def _tell(pool_id: str, role_arn: str, now: float) -> None:
    """Once an hour for each role of a pool: applications ask for credentials all the time."""
    if now - _told.get((pool_id, role_arn), 0.0) < _TELL_EVERY:
        return
    if len(_told) >= _MOST_TOLD:
        _told.clear()
    _told[pool_id, role_arn] = now
    log.warning("role not known identity_pool=%s role=%s", pool_id, role_arn)


def unknown_roles(unit: Unit) -> list[tuple[str, str]]:
    """Each identity pool's roles that iam does not know: pool id and role ARN. For `doctor`."""
    return [(pool_id, arn) for pool_id, arn in _roles_of_pools(unit) if not Roles(unit).by_arn(arn)]


def _roles_of_pools(unit: Unit) -> Iterator[tuple[str, str]]:
    after = ""
    while pools := IdentityPools(unit).list_everywhere(after, _PAGE):
        for pool in pools:
            roles = named(pool.roles.roles or {}, pool.roles.role_mappings or {})
            yield from ((pool.id, arn) for arn in roles)
        after = pools[-1].id
