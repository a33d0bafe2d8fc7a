"""The events of Lambda triggers, field for field. Pure.

Source: "Customizing user pool workflows with Lambda triggers", developer guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import User

NO_CLIENT = "CLIENT_ID_NOT_APPLICABLE"
Event = dict[str, Any]


def event(
    pool: Pool,
    source: str,
    *,
    username: str | None,
    client_id: str | None,
    request: Mapping[str, Any],
    response: Mapping[str, Any],
    version: str = "1",
) -> Event:
    """`response` has the members that the function may fill in. `clientMetadata` is left out where
    the client sent none, as in Cognito's own events."""
    request = {k: v for k, v in request.items() if k != "clientMetadata" or v is not None}
    return {
        "version": version,
        "triggerSource": source,
        "region": pool.region,
        "userPoolId": pool.id,
        "userName": username,
        "callerContext": {
            "awsSdkVersion": "aws-sdk-unknown-unknown",
            "clientId": client_id or NO_CLIENT,
        },
        "request": request,
        "response": dict(response),
    }


def attributes_of(pool: Pool, user: User | None) -> dict[str, str]:
    """An existing user's attributes as functions see them; nothing for nobody."""
    if user is None:
        return {}
    found = {"sub": user.sub, "cognito:user_status": user.status, **user.attributes}
    for name, alias in (("email", "cognito:email_alias"), ("phone_number", _PHONE_ALIAS)):
        if name in pool.alias_attributes and user.verified(name):
            found[alias] = user.attributes[name]
    return found


_PHONE_ALIAS = "cognito:phone_number_alias"
