"""Every query on sessions. Decisions about revocation are read from committed rows, always."""

from __future__ import annotations

import hashlib
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Insert, Select, and_, bindparam, delete, literal_column, or_, select, update
from sqlalchemy.sql.expression import cast

from poolhouse.kernel.call import Origin
from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.storage.base import insert
from poolhouse.userpools.clients.rows import clients
from poolhouse.userpools.clients.store import VERSIONS, versioned
from poolhouse.userpools.groups.store import IN_GROUPS
from poolhouse.userpools.passwords.rows import passwords
from poolhouse.userpools.pools.rows import Pool, user_pools
from poolhouse.userpools.tokens.rows import Ongoing, Session, sessions
from poolhouse.userpools.users.rows import CONFIRMED, EXTERNAL_PROVIDER, User, users
from poolhouse.userpools.users.store import user_of

_t = sessions.c
_u = users.c
_p = passwords.c
_WITH_USER = select(users, sessions).join(users, and_(_u.pool_id == _t.pool_id, _u.sub == _t.sub))
LABELLED = _WITH_USER.with_only_columns(
    *users.c, *(column.label(f"session_{column.name}") for column in sessions.c)
)
_ONE = and_(_t.pool_id == bindparam("pool_id"), _t.id == bindparam("id"))
_HOLD = LABELLED.where(_ONE).with_for_update(of=sessions)
_ONGOING = (
    LABELLED.add_columns(*VERSIONS, IN_GROUPS.label("in_groups"))
    .join(clients, clients.c.id == _t.client_id)
    .join(user_pools, user_pools.c.id == _t.pool_id)
)
_BY_ID = _ONGOING.where(_ONE)
_BY_REFRESH = _ONGOING.where(_t.refresh_hash == bindparam("hash"))
_VALUES = [cast(bindparam(column.name, type_=column.type), column.type) for column in sessions.c]
# Locked until the unit ends: who shuts the user out, or sets the password anew, meanwhile waits for
# the session to have begun, and ends it.
_MAY_BEGIN: Select[Any] = select(literal_column("1")).where(
    _u.pool_id == bindparam("in_pool"),
    _u.sub == bindparam("who"),
    _u.enabled.is_(True),
    or_(_u.status == CONFIRMED, _u.status == EXTERNAL_PROVIDER),
)
_BY_PASSWORD = and_(_p.pool_id == _u.pool_id, _p.sub == _u.sub, _p.srp_salt == bindparam("shown"))


def _opening(may: Select[Any]) -> Insert:
    values = select(*_VALUES).where(may.exists())
    return insert(sessions).from_select([column.name for column in sessions.c], values)


_OPEN = _opening(_MAY_BEGIN.select_from(users).with_for_update(read=True, of=users))
_OPEN_BY_PASSWORD = _opening(
    _MAY_BEGIN.select_from(users.join(passwords, _BY_PASSWORD)).with_for_update(
        read=True, of=[users, passwords]
    )
)
_REVOKE = (
    update(sessions)
    .where(
        _t.pool_id == bindparam("of"),
        _t.id == bindparam("which"),
        _t.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("now"))
)
_REVOKE_ALL = (
    update(sessions)
    .where(_t.pool_id == bindparam("of"), _t.sub == bindparam("who"), _t.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
)
_REVOKE_DEVICE = (
    update(sessions)
    .where(
        _t.pool_id == bindparam("of"),
        _t.sub == bindparam("who"),
        _t.device_key == bindparam("device"),
        _t.id != bindparam("spared"),
        _t.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("now"))
)
_ACTIVE = and_(
    _t.pool_id == bindparam("of"),
    _t.sub == bindparam("who"),
    _t.revoked_at.is_(None),
    _t.expires_at > bindparam("now"),
)
_LOCK_USER = (
    select(_u.sub)
    .where(_u.pool_id == bindparam("of"), _u.sub == bindparam("who"))
    .with_for_update()
)
_MAKE_ROOM = (
    update(sessions)
    .where(
        _t.pool_id == bindparam("of"),
        _t.id.in_(
            select(_t.id)
            .where(_ACTIVE)
            .order_by(_t.last_active_at.desc(), _t.created_at.desc(), _t.id)
            .offset(bindparam("keep"))
        ),
    )
    .values(revoked_at=bindparam("now"))
)
_TOUCH = (
    update(sessions)
    .where(
        _t.pool_id == bindparam("of"),
        _t.id == bindparam("which"),
        _t.last_active_at <= bindparam("before"),
    )
    .values(
        last_active_at=bindparam("now"),
        source_ip=bindparam("ip"),
        user_agent=bindparam("agent"),
    )
)
TOUCHED_EVERY = 60.0  # seconds between two activities of a session that are kept
# Access tokens of a session outlive its refresh token by a day at most.
_SWEEP = delete(sessions).where(_t.expires_at < bindparam("before"))


def hash_of(refresh_token: str) -> str:
    """How a refresh token is kept: it has 256 random bits, so a plain SHA-256 hides it."""
    return hashlib.sha256(refresh_token.encode()).hexdigest()


def printable(user_agent: str) -> str:
    """A header's text without what a database may refuse to keep."""
    return "".join(letter for letter in user_agent if letter.isprintable())


def pair_of(row: AnyRow) -> tuple[Session, User]:
    session = Session(
        row.session_pool_id,
        row.session_id,
        row.session_sub,
        row.session_client_id,
        row.session_origin_jti,
        row.session_refresh_hash,
        row.session_scope,
        row.session_auth_time,
        row.session_created_at,
        row.session_expires_at,
        row.session_revoked_at,
        row.session_last_active_at,
        row.session_source_ip,
        row.session_user_agent,
        tuple(row.session_amr),
        row.session_acr,
        row.session_sso_id,
        row.session_device_key,
    )
    return session, user_of(row)


class Sessions:
    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def find(self, pool_id: str, session_id: str) -> Ongoing | None:
        """None once the session, its user or its client is gone."""
        return self._ongoing(self._unit.one(_BY_ID, pool_id=pool_id, id=session_id))

    def hold(self, pool_id: str, session_id: str) -> Session | None:
        """A session that nobody else ends until the unit does."""
        self._unit.begin()
        row = self._unit.one(_HOLD, pool_id=pool_id, id=session_id)
        return pair_of(row)[0] if row else None

    def by_refresh_token(self, refresh_token: str) -> Ongoing | None:
        return self._ongoing(self._unit.one(_BY_REFRESH, hash=hash_of(refresh_token)))

    def _ongoing(self, row: AnyRow | None) -> Ongoing | None:
        if row is None:
            return None
        session, user = pair_of(row)
        found = versioned(self._unit, session.client_id, row)
        return Ongoing(session, user, *found, row.in_groups) if found else None

    def open(self, session: Session, shown: str = "") -> bool:
        """Begins a session of a user who may have one at this very moment; False otherwise.
        `shown` is the salt of the password that led here, where one did: it must be theirs yet."""
        values = {"in_pool": session.pool_id, "who": session.sub, **asdict(session)}
        if not shown:
            return self._unit.write(_OPEN, **values) == 1
        return self._unit.write(_OPEN_BY_PASSWORD, shown=shown, **values) == 1

    def make_room(self, pool: Pool, sub: str, most: int, now: float) -> int:
        """Ends the active sessions of a user that were used least recently, so that one more is
        the `most`th. The user is locked until the unit ends: of sign-ins at one moment each
        sees what the one before it began. Answers how many were ended."""
        self._unit.begin()
        self._unit.one(_LOCK_USER, of=pool.id, who=sub)
        return self._unit.write(_MAKE_ROOM, of=pool.id, who=sub, keep=most - 1, now=now)

    def touch(self, session: Session, origin: Origin, now: float) -> None:
        """Keeps, with the end of the unit, that the session goes on and from where; at most once
        a minute, because it is one write more."""
        before = now - TOUCHED_EVERY
        if session.last_active_at <= before:
            self._unit.note(
                _TOUCH,
                of=session.pool_id,
                which=session.id,
                before=before,
                now=now,
                ip=origin.source_ip,
                agent=printable(origin.user_agent),
            )

    def revoke(self, session: Session, now: float) -> None:
        self._unit.write(_REVOKE, of=session.pool_id, which=session.id, now=now)

    def revoke_all(self, pool: Pool, sub: str, now: float) -> None:
        self._unit.write(_REVOKE_ALL, of=pool.id, who=sub, now=now)

    def revoke_device(
        self, pool: Pool, sub: str, device_key: str, now: float, *, spared: str = ""
    ) -> None:
        """Ends the sessions that began with this device, but the spared one."""
        values = {"of": pool.id, "who": sub, "device": device_key}
        self._unit.write(_REVOKE_DEVICE, **values, spared=spared, now=now)

    def sweep(self, before: float) -> int:
        """Removes sessions that ended before this moment."""
        return self._unit.write(_SWEEP, before=before)
