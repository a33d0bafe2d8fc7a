"""Every query on the users of one pool, by whatever name they are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, delete, or_, select, update

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.storage.base import insert
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.naming import key_of, search_key
from poolhouse.userpools.users.rows import (
    NO_FACTORS,
    SEARCHABLE,
    Factors,
    User,
    user_aliases,
    user_search,
    users,
)

_t = users.c
_a = user_aliases.c
_s = user_search.c
_LENGTH_OF_SUB = 36
_IN_POOL = _t.pool_id == bindparam("pool_id")
_BY_USERNAME = select(users).where(_IN_POOL, _t.username_key == bindparam("key"))
_BY_SUB = select(users).where(_IN_POOL, _t.sub == bindparam("sub"))
_LOCKED = _BY_SUB.with_for_update()
_KINDS = ("first", "second", "third")
_BY_ALIAS = (
    select(users)
    .join(user_aliases, and_(_a.pool_id == _t.pool_id, _a.sub == _t.sub))
    .where(
        _IN_POOL,
        or_(*(_a.kind == bindparam(kind) for kind in _KINDS)),
        _a.alias_key == bindparam("key"),
    )
    .order_by(_a.kind)
)
_ADD = insert(users).on_conflict_do_nothing()
_CHANGE = (
    update(users)
    .where(_t.pool_id == bindparam("of"), _t.sub == bindparam("who"))
    .values(
        status=bindparam("status"),
        enabled=bindparam("enabled"),
        attributes=bindparam("attributes"),
        modified_at=bindparam("modified_at"),
    )
)
_SET_FACTORS = (
    update(users)
    .where(_t.pool_id == bindparam("of"), _t.sub == bindparam("who"))
    .values(factors=bindparam("set_factors"), modified_at=bindparam("now"))
)
_REMOVE = delete(users).where(_IN_POOL, _t.sub == bindparam("sub"))
_CLAIM = insert(user_aliases).on_conflict_do_nothing()
_OWNER = select(_a.sub).where(
    _a.pool_id == bindparam("pool_id"),
    _a.kind == bindparam("kind"),
    _a.alias_key == bindparam("key"),
)
_RELEASE = delete(user_aliases).where(
    _a.pool_id == bindparam("pool_id"),
    _a.kind == bindparam("kind"),
    _a.alias_key == bindparam("key"),
    _a.sub == bindparam("sub"),
)
_SEARCH_ADD = insert(user_search).on_conflict_do_nothing()
_SEARCH_DROP = delete(user_search).where(
    _s.pool_id == bindparam("pool_id"),
    _s.sub == bindparam("sub"),
    _s.attribute == bindparam("attribute"),
)
_ANY = select(_t.sub).where(_IN_POOL).limit(1)


class Ways(NamedTuple):
    """The statements that find a user, by each kind of name."""

    username: Select[Any]
    alias: Select[Any]
    sub: Select[Any]


_WAYS = Ways(_BY_USERNAME, _BY_ALIAS, _BY_SUB)


def ways(widened: Callable[[Select[Any]], Select[Any]]) -> Ways:
    """The same, for whoever reads more than the user with them."""
    return Ways(*(widened(statement) for statement in _WAYS))


def user_of(row: AnyRow) -> User:
    return User(
        row.pool_id,
        row.sub,
        row.username,
        row.status,
        row.enabled,
        row.attributes,
        row.created_at,
        row.modified_at,
        _factors(row.factors),
    )


def _user(row: AnyRow | None) -> User | None:
    return user_of(row) if row else None


def _factors(kept: list[Any]) -> Factors:
    """Most users have none, and their row says so with an empty list."""
    return Factors(tuple(kept[0]), kept[1], kept[2]) if kept else NO_FACTORS


def _kept(factors: Factors) -> list[Any]:
    if factors == NO_FACTORS:
        return []
    return [list(factors.enabled), factors.preferred, factors.software_token]


class Users:
    def __init__(self, unit: Unit, pool: Pool, ways: Ways = _WAYS) -> None:
        self._unit = unit
        self._pool = pool
        self._ways = ways

    # finding ---------------------------------------------------------------------------
    def find(self, name: str) -> User | None:
        """By any name of theirs (see `row`)."""
        return _user(self.row(name))

    def row(self, name: str) -> AnyRow | None:
        """What is read of a user, by whatever the pool lets people sign in with: user name, active
        alias, sign-in attribute, or `sub`. The user name counts first, so an alias can never shadow
        it. What is looked up depends on the name alone, so that a name that nobody has takes no
        longer."""
        unique = len(name) == _LENGTH_OF_SUB
        named = None if self._pool.username_attributes and not unique else self._by_username(name)
        aliased = self._by_aliases(name)
        return named or aliased or (self.row_of(name) if unique else None)

    def get(self, name: str) -> User:
        """Raises UserNotFoundException."""
        found = self.find(name)
        if found is None:
            raise missing()
        return found

    def by_username(self, username: str) -> User | None:
        return _user(self._by_username(username))

    def by_sub(self, sub: str) -> User | None:
        return _user(self.row_of(sub))

    def row_of(self, sub: str) -> AnyRow | None:
        return self._unit.one(self._ways.sub, pool_id=self._pool.id, sub=sub)

    def lock(self, sub: str) -> User:
        """The user, locked until the unit ends. Raises UserNotFoundException."""
        self._unit.begin()
        row = self._unit.one(_LOCKED, pool_id=self._pool.id, sub=sub)
        if row is None:
            raise missing()
        return user_of(row)

    def _by_username(self, username: str) -> AnyRow | None:
        key = key_of(self._pool, username)
        return self._unit.one(self._ways.username, pool_id=self._pool.id, key=key)

    def _by_aliases(self, name: str) -> AnyRow | None:
        kinds = sorted(self._pool.alias_attributes | self._pool.username_attributes)
        if not kinds:
            return None
        three = dict(zip(_KINDS, (kinds * 3)[:3], strict=True))
        key = key_of(self._pool, name)
        return self._unit.one(self._ways.alias, pool_id=self._pool.id, key=key, **three)

    # changing --------------------------------------------------------------------------
    def add(self, user: User) -> bool:
        """False where the user name is taken."""
        added = self._unit.write(
            _ADD,
            pool_id=user.pool_id,
            sub=user.sub,
            username=user.username,
            username_key=key_of(self._pool, user.username),
            status=user.status,
            enabled=user.enabled,
            attributes=user.attributes,
            factors=_kept(user.factors),
            created_at=user.created_at,
            modified_at=user.modified_at,
        )
        if added == 1:
            self._search({}, user)
        return added == 1

    def change(self, before: User, after: User) -> None:
        """Writes status, enabled and attributes; lock the user first."""
        self._unit.write(
            _CHANGE,
            of=after.pool_id,
            who=after.sub,
            status=after.status,
            enabled=after.enabled,
            attributes=after.attributes,
            modified_at=after.modified_at,
        )
        self._search(before.attributes, after)

    def set_factors(self, user: User, factors: Factors, now: float) -> None:
        """Writes the second factors; lock the user first."""
        kept = _kept(factors)
        self._unit.write(_SET_FACTORS, of=user.pool_id, who=user.sub, set_factors=kept, now=now)

    def remove(self, user: User) -> bool:
        """Takes with it everything that hangs on the user."""
        return self._unit.write(_REMOVE, pool_id=user.pool_id, sub=user.sub) == 1

    def _search(self, before: dict[str, str], after: User) -> None:
        for attribute in SEARCHABLE:
            old, new = before.get(attribute), after.attributes.get(attribute)
            if old == new:
                continue
            where = {"pool_id": after.pool_id, "attribute": attribute, "sub": after.sub}
            if old is not None:
                self._unit.write(_SEARCH_DROP, **where)
            if new is not None:
                self._unit.write(_SEARCH_ADD, folded=search_key(new), **where)

    # aliases ---------------------------------------------------------------------------
    def claim_alias(self, kind: str, value: str, sub: str) -> bool:
        """Makes `value` a sign-in name of this user; False where another user owns it. The
        primary key decides a race."""
        key = key_of(self._pool, value)
        self._unit.write(_CLAIM, pool_id=self._pool.id, kind=kind, alias_key=key, sub=sub)
        return self.alias_owner(kind, value) == sub

    def alias_owner(self, kind: str, value: str) -> str | None:
        """The `sub` of the user whose active alias this is."""
        row = self._unit.one(
            _OWNER, pool_id=self._pool.id, kind=kind, key=key_of(self._pool, value)
        )
        return row.sub if row else None

    def release_alias(self, kind: str, value: str, sub: str) -> None:
        """Nothing happens where it is not this user's."""
        key = key_of(self._pool, value)
        self._unit.write(_RELEASE, pool_id=self._pool.id, kind=kind, key=key, sub=sub)

    def any(self) -> bool:
        return self._unit.one(_ANY, pool_id=self._pool.id) is not None


def missing() -> idp.UserNotFoundException:
    return idp.UserNotFoundException("User does not exist.")
