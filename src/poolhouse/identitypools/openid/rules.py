"""What stands in an OpenID token, and whether a pool lets its users have one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poolhouse.contract import cognito_identity as cid
from poolhouse.identitypools.identities.bearing import Bearer
from poolhouse.identitypools.pools.rows import IdentityPool

BASIC_LIFETIME = 600
DEVELOPER_LIFETIME = 900
TAGS = "https://aws.amazon.com/tags"


def claims(bearer: Bearer, issuer: str, now: float, lifetime: int) -> dict[str, Any]:
    """The claims of a bearer's token. Source: "Using identity pools", the basic flow."""
    made: dict[str, Any] = {
        "sub": bearer.identity_id,
        "aud": bearer.pool.id,
        "amr": bearer.amr,
        "iss": issuer,
        "exp": int(now) + lifetime,
        "iat": int(now),
    }
    if bearer.tags:
        made[TAGS] = {"principal_tags": {key: [value] for key, value in bearer.tags.items()}}
    return made


def tags_in(claims: Mapping[str, Any]) -> dict[str, str]:
    """The principal tags of a token of ours."""
    tags = claims.get(TAGS, {}).get("principal_tags", {})
    return {key: values[0] for key, values in tags.items()}


def check_basic_flow(pool: IdentityPool, *, guest: bool) -> None:
    """The basic flow leaves the choice of the role to the application. AWS serves it where a pool
    says nothing of it (seen: aws/aws-cli issue 7652) and names it off by default all the same
    (CDK). Unset, it is served here where it opens nothing that the enhanced flow would keep shut:
    not to guests, whose scope-down it lacks, nor past a pool's role mappings.

    Raises InvalidParameterException.
    """
    allowed = pool.settings.allow_classic_flow
    if allowed is None:
        allowed = not guest and not pool.roles.role_mappings
    if not allowed:
        raise cid.InvalidParameterException(
            "Basic (classic) flow is not enabled, please use enhanced flow."
        )
