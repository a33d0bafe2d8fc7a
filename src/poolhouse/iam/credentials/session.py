"""The session token: all that is to be known of temporary credentials, sealed.

Nothing of it is kept in the database. What a session may do is read at each call from the role's
policies as they are then; the token only narrows that.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Literal

import msgspec

from poolhouse.keys.sealing import Sealer, Unsealable

LONGEST_TOKEN = 8192
"""Characters; a client sends it in a header with every request."""

_CONTEXT = "sts session"
_PREFIX = b"!\n\torigin"  # AWS's tokens begin with IQoJb3JpZ2lu, which some tools look for

Facts = dict[str, str | list[str]]


class Session(msgspec.Struct, frozen=True, array_like=True):
    """Temporary credentials of a role, a user or the root. Times are epoch seconds.

    `principal_arn` and `principal_id` are those of the role, user or root; `known` is false for a
    role that iam does not have. `policies` (texts) and `policy_arns` narrow what it may do.
    `context` holds the condition keys of the sign-in, which live as long as the session.
    """

    access_key_id: str
    secret: str
    kind: Literal["role", "user", "root"]
    principal_arn: str
    principal_id: str
    known: bool
    name: str
    issued_at: float
    expires_at: float
    policies: list[str] = []
    policy_arns: list[str] = []
    context: Facts = {}
    tags: dict[str, str] = {}
    transitive_tags: list[str] = []
    source_identity: str = ""

    def __repr__(self) -> str:
        return f"Session({self.access_key_id})"

    __str__ = __repr__


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Session).decode


def token_of(sealer: Sealer, session: Session) -> str:
    return base64.b64encode(_PREFIX + sealer.seal(_encode(session), _CONTEXT)).decode()


def session_of(sealer: Sealer, token: str) -> Session | None:
    """What the token says, or None where this server did not make it exactly so."""
    try:
        octets = base64.b64decode(token, validate=True)
        again = base64.b64encode(octets)
        if not octets.startswith(_PREFIX) or not hmac.compare_digest(again, token.encode()):
            return None
        return _decode(sealer.open(octets[len(_PREFIX) :], _CONTEXT))
    except (binascii.Error, ValueError, Unsealable, msgspec.DecodeError):
        return None
