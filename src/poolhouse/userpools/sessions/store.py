"""Every query on the active sessions of one pool's users, of both kinds."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, bindparam, delete, literal, null, or_, select, union_all, update
from sqlalchemy.sql.expression import cast

from poolhouse.kernel.unit import Unit
from poolhouse.storage.base import Key, insert, values_of
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.sessions.rows import SSO, TOKEN, Record, SsoSession, sso_sessions
from poolhouse.userpools.tokens.rows import sessions

_t = sessions.c
_s = sso_sessions.c
_SHOWN = ("id", "client_id", "created_at", "last_active_at", "source_ip", "user_agent")
_EVERY = union_all(
    select(
        literal(SSO, Key).label("kind"),
        *(_s[name] for name in _SHOWN),
        cast(null(), Key).label("sso_id"),
    ).where(
        _s.pool_id == bindparam("of"), _s.sub == bindparam("who"), _s.expires_at > bindparam("now")
    ),
    select(
        literal(TOKEN, Key).label("kind"), *(_t[name] for name in _SHOWN), _t.sso_id.label("sso_id")
    ).where(
        _t.pool_id == bindparam("of"),
        _t.sub == bindparam("who"),
        _t.revoked_at.is_(None),
        _t.expires_at > bindparam("now"),
    ),
).subquery()
_e = _EVERY.c
_ONE = select(_EVERY).where(_e.kind == bindparam("what"), _e.id == bindparam("which"))
_PAGE = (
    select(_EVERY)
    .where(
        or_(
            _e.kind > bindparam("after_kind"),
            and_(_e.kind == bindparam("after_kind"), _e.id > bindparam("after")),
        )
    )
    .order_by(_e.kind, _e.id)
    .limit(bindparam("count"))
)
_REVOKE = (
    update(sessions)
    .where(
        _t.pool_id == bindparam("of"),
        _t.sub == bindparam("who"),
        _t.id == bindparam("which"),
        _t.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("now"))
)
_REVOKE_THROUGH = (
    update(sessions)
    .where(
        _t.pool_id == bindparam("of"),
        _t.sub == bindparam("who"),
        _t.sso_id == bindparam("which"),
        _t.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("now"))
)
_ADD_SSO = insert(sso_sessions)
_END_SSO = delete(sso_sessions).where(
    _s.pool_id == bindparam("of"), _s.sub == bindparam("who"), _s.id == bindparam("which")
)
_SWEEP = delete(sso_sessions).where(_s.expires_at < bindparam("before"))


class Records:
    """The active sessions of one user. A session that was revoked or has expired is none."""

    def __init__(self, unit: Unit, pool: Pool, sub: str) -> None:
        self._unit = unit
        self._of = {"of": pool.id, "who": sub}

    def find(self, kind: str, session_id: str, now: float) -> Record | None:
        row = self._unit.one(_ONE, **self._of, what=kind, which=session_id, now=now)
        return Record(*row) if row else None

    def list(self, after: tuple[str, str], count: int, now: float) -> Sequence[Record]:
        """By kind and id, from past `after` on."""
        kind, session_id = after
        rows = self._unit.all(
            _PAGE, **self._of, after_kind=kind, after=session_id, count=count, now=now
        )
        return [Record(*row) for row in rows]

    def revoke(self, record: Record, now: float) -> bool:
        """Ends this session only; False where somebody else was faster."""
        if record.kind == SSO:
            return self._unit.write(_END_SSO, **self._of, which=record.id) == 1
        return self._unit.write(_REVOKE, **self._of, which=record.id, now=now) == 1

    def revoke_linked(self, record: Record, now: float) -> None:
        """Ends what is linked to the session: the SSO session that a token session came through,
        or the token sessions that came through an SSO session."""
        if record.kind == SSO:
            self._unit.write(_REVOKE_THROUGH, **self._of, which=record.id, now=now)
        elif record.sso_id:
            self.end_sso(record.sso_id)

    def end_sso(self, sso_id: str) -> None:
        self._unit.write(_END_SSO, **self._of, which=sso_id)


def open_sso(unit: Unit, session: SsoSession) -> None:
    """Begins an SSO session, with the unit."""
    unit.write(_ADD_SSO, **values_of(session))


def sweep(unit: Unit, now: float) -> int:
    """Removes SSO sessions that have expired."""
    return unit.write(_SWEEP, before=now)
