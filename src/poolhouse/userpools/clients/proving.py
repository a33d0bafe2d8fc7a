"""SECRET_HASH: a confidential client proves that it knows its secret (CGN-12)."""

from __future__ import annotations

import hmac
from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.clients.rules.secrets import proves
from poolhouse.userpools.clients.store import Clients


def prove_secret_hash(
    call: Call[Any], client: Client, username: str, secret_hash: str | None
) -> None:
    """Judges a SECRET_HASH over `username`, which is the name as the request carries it.

    Raises:
        NotAuthorizedException: none from a confidential client, any from a public one, or one
            that no live secret of the client makes.
    """
    if not client.has_secret and not secret_hash:
        return
    if not secret_hash:
        raise idp.NotAuthorizedException(
            f"Client {client.id} is configured with secret but SECRET_HASH was not received"
        )
    secrets = Clients(call.unit, call.services.sealer).secrets(client)
    if not proves(secret_hash, username, client.id, secrets):
        raise idp.NotAuthorizedException(f"Unable to verify secret hash for client {client.id}")


def prove_secret(call: Call[Any], client: Client, given: str | None) -> None:
    """Judges a plain client secret, as token operations take it.

    Raises:
        NotAuthorizedException: none or a wrong one from a confidential client, any from a public
            one.
    """
    if not client.has_secret and not given:
        return
    secrets = Clients(call.unit, call.services.sealer).secrets(client)
    proved = [hmac.compare_digest(one.encode(), (given or "").encode()) for one in secrets]
    if not any(proved):
        raise idp.NotAuthorizedException(f"Unable to verify secret for client {client.id}")
