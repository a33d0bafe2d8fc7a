"""Every query on the groups of one pool."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, bindparam, delete, exists, func, select, update

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.storage.base import insert
from poolhouse.userpools.groups.rows import Group, group_members, groups
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import User, users
from poolhouse.userpools.users.store import user_of

_t = groups.c
_m = group_members.c
_u = users.c
_IN_POOL = _t.pool_id == bindparam("pool_id")
_BY_NAME = select(groups).where(_IN_POOL, _t.name == bindparam("name"))
_PAGE = (
    select(groups)
    .where(_IN_POOL, _t.name > bindparam("after"))
    .order_by(_t.name)
    .limit(bindparam("count"))
)
_OF_USER = (
    select(groups)
    .join(group_members, and_(_m.pool_id == _t.pool_id, _m.name == _t.name))
    .where(_m.pool_id == bindparam("pool_id"), _m.sub == bindparam("sub"))
)
_OF_USER_PAGE = (
    _OF_USER.where(_m.name > bindparam("after")).order_by(_m.name).limit(bindparam("count"))
)
_MEMBERS = (
    select(users)
    .join(group_members, and_(_m.pool_id == _u.pool_id, _m.sub == _u.sub))
    .where(
        _m.pool_id == bindparam("pool_id"),
        _m.name == bindparam("name"),
        _m.sub > bindparam("after"),
    )
    .order_by(_m.sub)
    .limit(bindparam("count"))
)
IN_GROUPS = exists().where(_m.pool_id == _u.pool_id, _m.sub == _u.sub)
"""Whether a user is in any group, for queries on users."""
_COUNT = select(func.count()).select_from(groups).where(_IN_POOL)
_COUNT_OF_USER = (
    select(func.count())
    .select_from(group_members)
    .where(_m.pool_id == bindparam("pool_id"), _m.sub == bindparam("sub"))
)
_ADD = insert(groups).on_conflict_do_nothing()
_CHANGE = (
    update(groups)
    .where(_t.pool_id == bindparam("of"), _t.name == bindparam("which"))
    .values(
        description=bindparam("description"),
        role_arn=bindparam("role_arn"),
        precedence=bindparam("precedence"),
        modified_at=bindparam("modified_at"),
    )
)
_REMOVE = delete(groups).where(_IN_POOL, _t.name == bindparam("name"))
_JOIN = insert(group_members).on_conflict_do_nothing()
_LEAVE = delete(group_members).where(
    _m.pool_id == bindparam("pool_id"),
    _m.name == bindparam("name"),
    _m.sub == bindparam("sub"),
)


def _group(row: AnyRow) -> Group:
    return Group(
        row.pool_id,
        row.name,
        row.description,
        row.role_arn,
        row.precedence,
        row.created_at,
        row.modified_at,
    )


class Groups:
    def __init__(self, unit: Unit, pool: Pool) -> None:
        self._unit = unit
        self._pool = pool

    def get(self, name: str) -> Group:
        """Raises ResourceNotFoundException."""
        row = self._unit.one(_BY_NAME, pool_id=self._pool.id, name=name)
        if row is None:
            raise idp.ResourceNotFoundException("Group not found.")
        return _group(row)

    def list(self, after: str, count: int) -> Sequence[Group]:
        rows = self._unit.all(_PAGE, pool_id=self._pool.id, after=after, count=count)
        return [_group(row) for row in rows]

    def count(self) -> int:
        row = self._unit.one(_COUNT, pool_id=self._pool.id)
        return int(row[0]) if row else 0

    def add(self, group: Group) -> bool:
        """False where the name is taken."""
        added = self._unit.write(
            _ADD,
            pool_id=group.pool_id,
            name=group.name,
            description=group.description,
            role_arn=group.role_arn,
            precedence=group.precedence,
            created_at=group.created_at,
            modified_at=group.modified_at,
        )
        return added == 1

    def change(self, group: Group) -> bool:
        changed = self._unit.write(
            _CHANGE,
            of=group.pool_id,
            which=group.name,
            description=group.description,
            role_arn=group.role_arn,
            precedence=group.precedence,
            modified_at=group.modified_at,
        )
        return changed == 1

    def remove(self, name: str) -> bool:
        return self._unit.write(_REMOVE, pool_id=self._pool.id, name=name) == 1

    # members ---------------------------------------------------------------------------
    def of_user(self, sub: str) -> Sequence[Group]:
        return [_group(row) for row in self._unit.all(_OF_USER, pool_id=self._pool.id, sub=sub)]

    def list_of_user(self, sub: str, after: str, count: int) -> Sequence[Group]:
        rows = self._unit.all(
            _OF_USER_PAGE, pool_id=self._pool.id, sub=sub, after=after, count=count
        )
        return [_group(row) for row in rows]

    def count_of_user(self, sub: str) -> int:
        row = self._unit.one(_COUNT_OF_USER, pool_id=self._pool.id, sub=sub)
        return int(row[0]) if row else 0

    def members(self, name: str, after: str, count: int) -> Sequence[User]:
        rows = self._unit.all(_MEMBERS, pool_id=self._pool.id, name=name, after=after, count=count)
        return [user_of(row) for row in rows]

    def join(self, name: str, sub: str, now: float) -> None:
        """Idempotent."""
        self._unit.write(_JOIN, pool_id=self._pool.id, name=name, sub=sub, joined_at=now)

    def leave(self, name: str, sub: str) -> None:
        """Idempotent."""
        self._unit.write(_LEAVE, pool_id=self._pool.id, name=name, sub=sub)
