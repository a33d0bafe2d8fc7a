"""Refresh token rotation: each exchange gives a successor, and an old token is good no more.

Source: RefreshTokenRotation, UpdateUserPoolClient API page; RFC 9700, 4.14. A token that was
exchanged gives the same successor again within the grace period, so a client whose answer was
lost can repeat; later it is a sign of theft, and the whole session ends (stricter than Cognito).
"""

from __future__ import annotations

import hmac

from sqlalchemy import and_, bindparam, update

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import Unit
from poolhouse.keys.sealing import Sealer
from poolhouse.storage.base import insert
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.tokens.rows import Rotated, Session, rotated_tokens, sessions
from poolhouse.userpools.tokens.store import LABELLED, hash_of, pair_of
from poolhouse.userpools.users.rows import User

_r = rotated_tokens.c
_t = sessions.c
_BY_HASH = (
    LABELLED.add_columns(_r.successor.label("successor"), _r.rotated_at.label("rotated_at"))
    .join(rotated_tokens, and_(_r.pool_id == _t.pool_id, _r.session_id == _t.id))
    .where(_r.hash == bindparam("hash"))
)
_ADD = insert(rotated_tokens)
_TURN = (
    update(sessions)
    .where(
        _t.pool_id == bindparam("of"),
        _t.id == bindparam("which"),
        _t.refresh_hash == bindparam("seen"),
        _t.revoked_at.is_(None),
    )
    .values(refresh_hash=bindparam("new"))
)
_REVOKE = (
    update(sessions)
    .where(_t.pool_id == bindparam("of"), _t.id == bindparam("which"))
    .values(revoked_at=bindparam("now"))
)


class Rotation:
    def __init__(self, unit: Unit, sealer: Sealer) -> None:
        self._unit = unit
        self._sealer = sealer

    def find(self, refresh_token: str) -> tuple[Session, User, Rotated] | None:
        """The session that a token once exchanged belonged to."""
        hashed = hash_of(refresh_token)
        row = self._unit.one(_BY_HASH, hash=hashed)
        if row is None:
            return None
        successor = self._sealer.open(row.successor, _context(hashed)).decode()
        return *pair_of(row), Rotated(hashed, successor, row.rotated_at)

    def turn(self, session: Session, successor: str, now: float) -> bool:
        """Makes `successor` the session's token, with the unit; False where another exchange of
        the same token, or a revocation, was faster."""
        turned = self._unit.write(
            _TURN,
            of=session.pool_id,
            which=session.id,
            seen=session.refresh_hash,
            new=hash_of(successor),
        )
        if turned != 1:
            return False
        self._unit.write(
            _ADD,
            hash=session.refresh_hash,
            pool_id=session.pool_id,
            session_id=session.id,
            successor=self._sealer.seal(successor.encode(), _context(session.refresh_hash)),
            rotated_at=now,
        )
        return True

    def judge_reuse(self, session: Session, client: Client, old: Rotated, now: float) -> str:
        """The successor, for a repetition within the grace period. Without one there is none,
        not even for whoever asked before the exchange and came in after it.

        Raises RefreshTokenReuseException later, and ends the session although it refuses.
        """
        rotation = client.settings.refresh_token_rotation
        grace = (rotation.retry_grace_period_seconds or 0) if rotation else 0
        current, successor = session.refresh_hash.encode(), hash_of(old.successor).encode()
        is_parent = hmac.compare_digest(current, successor)
        if grace and is_parent and now < old.rotated_at + grace:
            return old.successor
        self._unit.note(_REVOKE, of=session.pool_id, which=session.id, now=now)
        raise idp.RefreshTokenReuseException("Refresh token has been reused.")


def _context(hashed: str) -> str:
    return f"rotated_tokens/{hashed}"
