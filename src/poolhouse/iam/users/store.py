"""Every query on IAM users."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, func, select, update

from poolhouse.contract import iam as api
from poolhouse.iam.listing import LAST
from poolhouse.iam.users.rows import User, iam_users
from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.storage.base import insert, values_of

_t = iam_users.c
_BY_NAME = select(iam_users).where(_t.name_key == bindparam("key"))
_BY_ID = select(iam_users).where(_t.id == bindparam("id"))
_LOCKED = _BY_NAME.with_for_update()
_PAGE = (
    select(iam_users)
    .where(
        _t.name_key > bindparam("after"),
        _t.path >= bindparam("prefix"),
        _t.path < bindparam("beyond"),
    )
    .order_by(_t.name_key)
    .limit(bindparam("count"))
)
_ADD = insert(iam_users).on_conflict_do_nothing()
_CHANGE = (
    update(iam_users)
    .where(_t.id == bindparam("key"))
    .values(
        name=bindparam("name"),
        name_key=bindparam("name_key"),
        path=bindparam("path"),
        arn=bindparam("arn"),
        boundary_arn=bindparam("boundary_arn"),
        tags=bindparam("tags"),
    )
)
_REMOVE = delete(iam_users).where(_t.id == bindparam("id"))
_BOUNDED_BY = select(func.count()).select_from(iam_users).where(_t.boundary_arn == bindparam("arn"))


def user_of(row: AnyRow) -> User:
    return User(row.id, row.name, row.path, row.arn, row.boundary_arn, row.tags, row.created_at)


class Users:
    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def find(self, name: str) -> User | None:
        """By name, in any case."""
        row = self._unit.one(_BY_NAME, key=name.lower())
        return user_of(row) if row else None

    def by_id(self, user_id: str) -> User | None:
        row = self._unit.one(_BY_ID, id=user_id)
        return user_of(row) if row else None

    def lock(self, name: str) -> User | None:
        """As `find`; nobody else changes it until the unit ends."""
        self._unit.begin()
        row = self._unit.one(_LOCKED, key=name.lower())
        return user_of(row) if row else None

    def list(self, after: str, prefix: str, count: int) -> Sequence[User]:
        """By name, those whose path begins with `prefix`; `after` is a name in lower case."""
        rows = self._unit.all(_PAGE, after=after, prefix=prefix, beyond=prefix + LAST, count=count)
        return [user_of(row) for row in rows]

    def add(self, user: User) -> bool:
        """False where the name is taken, in whatever case."""
        return self._unit.write(_ADD, **values_of(user), name_key=user.name.lower()) == 1

    def change(self, user: User) -> None:
        """Lock it first. A new name must be free: see that before."""
        values = values_of(user)
        del values["id"], values["created_at"]
        self._unit.write(_CHANGE, key=user.id, name_key=user.name.lower(), **values)

    def remove(self, user: User) -> None:
        self._unit.write(_REMOVE, id=user.id)

    def bounded_by(self, arn: str) -> int:
        """How many have this policy as their boundary."""
        row = self._unit.one(_BOUNDED_BY, arn=arn)
        return int(row[0]) if row else 0


def missing(name: str) -> api.NoSuchEntityException:
    return api.NoSuchEntityException(f"The user with name {name} cannot be found.")
