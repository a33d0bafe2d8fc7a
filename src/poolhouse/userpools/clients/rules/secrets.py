"""Client secrets: the hash that proves one, and how many a client may have.

Source: "Computing secret hash values", developer guide.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable

from poolhouse.contract import cognito_idp as idp

MOST_SECRETS = 2


def secret_hash(secret: str, username: str, client_id: str) -> str:
    """Base64 of HMAC-SHA256 under the secret over user name and client id."""
    digest = hmac.digest(secret.encode(), (username + client_id).encode(), "sha256")
    return base64.b64encode(digest).decode()


def proves(given: str, username: str, client_id: str, secrets: Iterable[str]) -> bool:
    """Whether `given` is the hash under any live secret. All are tried, each in constant time,
    and the text must be the same to the letter: no other spelling of the same base64."""
    matches = [
        hmac.compare_digest(
            secret_hash(secret, username, client_id).encode(),
            given.encode("utf-8", "surrogatepass"),
        )
        for secret in secrets
    ]
    return any(matches)


def check_one_more(has_secret: bool, count: int) -> None:
    """Whether a client may be given one more secret.

    Raises InvalidParameterException for a public client, LimitExceededException for a third.
    """
    if not has_secret:
        raise idp.InvalidParameterException("The app client does not have a client secret.")
    if count >= MOST_SECRETS:
        raise idp.LimitExceededException(
            f"An app client can have at most {MOST_SECRETS} client secrets."
        )


def check_one_fewer(count: int) -> None:
    """Refuses to take the last secret: a confidential client would become a public one."""
    if count <= 1:
        raise idp.InvalidParameterException("The last client secret cannot be deleted.")
