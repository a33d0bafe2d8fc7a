"""The queries of ListUsers. Each walks one index from where the page begins, whatever the size
of the pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, bindparam, select, tuple_

from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.userpools.search.rules import Keys
from poolhouse.userpools.users.rows import SEARCHABLE, User, user_search, users
from poolhouse.userpools.users.store import user_of

_t = users.c
_s = user_search.c
_Page = Select[AnyRow]


@dataclass(frozen=True, slots=True)
class _Statements:
    """The ways through one index: one key, keys up to an end, keys to the last."""

    exact: _Page
    bounded: _Page
    unbounded: _Page


def _walk(
    base: _Page, key: ColumnElement[str], sub: ColumnElement[str], beyond: ColumnElement[bool]
) -> _Statements:
    page = base.order_by(key, sub).limit(bindparam("count"))
    low = bindparam("low", type_=key.type)
    return _Statements(
        exact=page.where(key == low, sub > bindparam("after")),
        bounded=page.where(beyond, key < bindparam("high")),
        unbounded=page.where(beyond),
    )


def _by(base: _Page, key: ColumnElement[str], sub: ColumnElement[str]) -> _Statements:
    here = tuple_(bindparam("low", type_=key.type), bindparam("after"))
    return _walk(base, key, sub, tuple_(key, sub) > here)


_IN_POOL = select(users).where(_t.pool_id == bindparam("pool_id"))
_BY_ATTRIBUTE = _by(
    select(users)
    .join(user_search, and_(_s.pool_id == _t.pool_id, _s.sub == _t.sub))
    .where(_s.pool_id == bindparam("pool_id"), _s.attribute == bindparam("attribute")),
    _s.folded,
    _s.sub,
)
_BY_COLUMN = {column.name: _by(_IN_POOL, column, _t.sub) for column in (_t.username, _t.status)}
_BY_COLUMN["enabled"] = _by(_IN_POOL, _t.enabled, _t.sub)
_BY_COLUMN["sub"] = _walk(
    _IN_POOL,
    _t.sub,
    _t.sub,
    and_(_t.sub >= bindparam("low"), _t.sub != bindparam("after")),
)


class Found:
    """What one search finds in a pool."""

    def __init__(self, unit: Unit, pool_id: str, keys: Keys) -> None:
        self._unit = unit
        self._pool_id = pool_id
        self._keys = keys

    def list(self, after: Sequence[str] | None, count: int) -> Sequence[User]:
        """Users in the order of the key, then of `sub`; `after` is the place of the last one
        already shown."""
        keys = self._keys
        values: dict[str, object] = {"pool_id": self._pool_id, "count": count}
        values["low"], values["after"] = self._start(after)
        if keys.of in SEARCHABLE:
            statements = _BY_ATTRIBUTE
            values["attribute"] = keys.of
        else:
            statements = _BY_COLUMN[keys.of]
        if keys.exact:
            statement = statements.exact
        elif keys.high is None:
            statement = statements.unbounded
        else:
            statement = statements.bounded
            values["high"] = keys.high
        return [user_of(row) for row in self._unit.all(statement, **values)]

    def _start(self, after: Sequence[str] | None) -> tuple[str | bool, str]:
        if after is None:
            return self._keys.low, ""
        key, sub = after
        if self._keys.exact:
            return self._keys.low, sub
        return (sub if self._keys.of == "sub" else key), sub
