"""A passage: the state of a sign-in between two steps, sealed and carried by the client.

It is bound to pool, client, user and step, short-lived, and taken once: taking inserts its id
under a unique key, so that of any number of parallel answers one is the first.
"""

from __future__ import annotations

import base64
import binascii
from typing import ClassVar

import msgspec
from sqlalchemy import bindparam, delete, select

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import Unit
from poolhouse.keys.sealing import OVERHEAD, Sealer, Unsealable
from poolhouse.storage.base import insert
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.signin.rows import spent_passages
from poolhouse.userpools.users.rules import bad_session
from poolhouse.values import Value

_CONTEXT = "sign-in passage"
# What Cognito's session strings begin with; clients may look for it, nobody else does.
_MARK = b"\x01\x80\x01\x78"
LONGEST = 4096
"""Characters of a Session that a client may send back (SessionType)."""
_BLOCK = 512
_LENGTH = 4
_MOST = LONGEST * 3 // 4 - len(_MARK) - OVERHEAD
_SPEND = insert(spent_passages).on_conflict_do_nothing()
_SPENT = select(spent_passages.c.id).where(spent_passages.c.id == bindparam("id"))
_SWEEP = delete(spent_passages).where(spent_passages.c.expires_at < bindparam("now"))


NOBODY = "-" * 36


class Passage(Value, array_like=True, frozen=True, kw_only=True):
    """`sub` is NOBODY for a name that no user has, as long as any other. `name` is as it was
    typed. `step` is the challenge to be answered."""

    secret: ClassVar = frozenset({"id", "name", "data"})
    id: str
    pool_id: str
    client_id: str
    sub: str
    name: str
    step: str
    expires_at: float
    progress: Progress
    data: dict[str, bytes] = msgspec.field(default_factory=dict)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Passage).decode


def new(
    pool: Pool,
    client: Client,
    *,
    sub: str,
    name: str,
    step: str,
    now: float,
    progress: Progress,
    data: dict[str, bytes] | None = None,
) -> Passage:
    """A passage that lives as long as the client's AuthSessionValidity (minutes, 3 by default)."""
    minutes = client.settings.auth_session_validity or 3
    return Passage(
        id=ids.token(18),
        pool_id=pool.id,
        client_id=client.id,
        sub=sub,
        name=name,
        step=step,
        expires_at=now + 60.0 * minutes,
        progress=progress,
        data=data or {},
    )


def sealed(sealer: Sealer, passage: Passage) -> str:
    """Standard base64: clients decode SRP's SECRET_BLOCK. Filled up to whole blocks, or to the
    longest that can be sent back, so that the length tells little of what is inside."""
    plain = _encode(passage)
    filled = len(plain).to_bytes(_LENGTH) + plain
    filled += bytes(min(-len(filled) % _BLOCK, max(_MOST - len(filled), 0)))
    return base64.b64encode(_MARK + sealer.seal(filled, _CONTEXT)).decode()


def opened(sealer: Sealer, text: str, pool: Pool, client: Client, step: str, now: float) -> Passage:
    """The passage, if it is one of this pool and client waiting for this step.

    Raises NotAuthorizedException otherwise.
    """
    passage = unsealed(sealer, text)
    if (
        passage is None
        or passage.pool_id != pool.id
        or passage.client_id != client.id
        or passage.step != step
    ):
        raise bad_session()
    if passage.expires_at < now:
        raise idp.NotAuthorizedException("Invalid session for the user, session is expired.")
    return passage


def waiting(sealer: Sealer, text: str, step: str, now: float) -> Passage:
    """The passage of a Session that waits for `step`, for whoever does not know its pool and
    client yet: it names them.

    Raises NotAuthorizedException.
    """
    passage = unsealed(sealer, text)
    if passage is None or passage.step != step:
        raise bad_session()
    if passage.expires_at < now:
        raise idp.NotAuthorizedException("Invalid session for the user, session is expired.")
    return passage


def unsealed(sealer: Sealer, text: str) -> Passage | None:
    """Whatever the passage waits for, and whether or not it is spent; None where it is none."""
    if len(text) > LONGEST:
        return None
    try:
        raw = base64.b64decode(text, validate=True)
        if base64.b64encode(raw).decode() != text or not raw.startswith(_MARK):
            return None
        filled = sealer.open(raw[len(_MARK) :], _CONTEXT)
        length = int.from_bytes(filled[:_LENGTH])
        return _decode(filled[_LENGTH : _LENGTH + length])
    except (binascii.Error, ValueError, Unsealable, msgspec.DecodeError):
        return None


def take(unit: Unit, passage: Passage) -> None:
    """Spends the passage as part of the unit. Raises NotAuthorizedException where it was."""
    if unit.write(_SPEND, id=passage.id, expires_at=passage.expires_at) != 1:
        raise _used()


def take_at_once(unit: Unit, passage: Passage) -> None:
    """The same whatever becomes of the unit: for an answer that may be given once, right or wrong.
    No transaction may be open."""
    if unit.at_once(_SPEND, id=passage.id, expires_at=passage.expires_at) != 1:
        raise _used()


def refuse_taken(unit: Unit, passage: Passage) -> None:
    """For what refuses an answer by a reason that the first answer has made: that the passage is
    spent is said before. Raises NotAuthorizedException."""
    if unit.one(_SPENT, id=passage.id) is not None:
        raise _used()


def _used() -> idp.NotAuthorizedException:
    return idp.NotAuthorizedException(
        "Invalid session for the user, session can only be used once."
    )


def sweep(unit: Unit, now: float) -> int:
    return unit.write(_SWEEP, now=now)


def octets_of(text: str) -> bytes:
    """The octets of a sealed passage, as the client that decodes it sees them."""
    return base64.b64decode(text)
