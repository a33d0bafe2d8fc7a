"""A signature has one effect: a copy of a signed request, sent again, changes and issues nothing.

SDKs sign to the second. Two equal requests within one second are therefore one signature, and no
one can tell whether a thief or their owner sent the second. Both are told to come back later: an
SDK retries by itself and signs anew, which a thief cannot.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete

from poolhouse.contract.callers import Signed
from poolhouse.contract.shape import Refusal, Refused
from poolhouse.iam.credentials.authority import actor_of
from poolhouse.iam.credentials.rows import spent_signatures
from poolhouse.kernel.unit import Unit
from poolhouse.storage.base import insert

_SPEND = insert(spent_signatures).on_conflict_do_nothing()
_SWEEP = delete(spent_signatures).where(spent_signatures.c.expires_at < bindparam("now"))


def spend(unit: Unit, caller: Signed) -> None:
    """Takes the caller's signature, in the transaction of what it effects: nothing of that stays
    where the signature was taken before.

    Raises:
        Refused: THROTTLED.
    """
    actor = actor_of(caller)
    if actor is None or not actor.signature:
        return
    if unit.write(_SPEND, signature=actor.signature, expires_at=actor.spent_by) != 1:
        raise Refused(Refusal.THROTTLED, "This signed request was received before. Sign it anew.")


def sweep(unit: Unit, now: float) -> int:
    """Forgets signatures that are too old to be accepted; how many there were."""
    return unit.write(_SWEEP, now=now)
