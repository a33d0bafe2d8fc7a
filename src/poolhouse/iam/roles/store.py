"""Every query on roles."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, func, select, update

from poolhouse.contract import iam as api
from poolhouse.iam.listing import LAST
from poolhouse.iam.roles.rows import Role, iam_roles
from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.storage.base import insert, values_of

_t = iam_roles.c
_BY_NAME = select(iam_roles).where(_t.name_key == bindparam("key"))
_LOCKED = _BY_NAME.with_for_update()
_PAGE = (
    select(iam_roles)
    .where(
        _t.name_key > bindparam("after"),
        _t.path >= bindparam("prefix"),
        _t.path < bindparam("beyond"),
    )
    .order_by(_t.name_key)
    .limit(bindparam("count"))
)
_ADD = insert(iam_roles).on_conflict_do_nothing()
_CHANGE = (
    update(iam_roles)
    .where(_t.id == bindparam("key"))
    .values(
        trust=bindparam("trust"),
        description=bindparam("description"),
        max_session=bindparam("max_session"),
        boundary_arn=bindparam("boundary_arn"),
        tags=bindparam("tags"),
    )
)
_REMOVE = delete(iam_roles).where(_t.id == bindparam("id"))
_BOUNDED_BY = select(func.count()).select_from(iam_roles).where(_t.boundary_arn == bindparam("arn"))


def role_of(row: AnyRow) -> Role:
    return Role(
        row.id,
        row.name,
        row.path,
        row.arn,
        row.trust,
        row.description,
        row.max_session,
        row.boundary_arn,
        row.tags,
        row.created_at,
    )


class Roles:
    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def find(self, name: str) -> Role | None:
        """By its name, in any case."""
        row = self._unit.one(_BY_NAME, key=name.lower())
        return role_of(row) if row else None

    def by_arn(self, arn: str) -> Role | None:
        """The role of exactly this ARN: account, path and name."""
        role = self.find(arn.rpartition("/")[2])
        return role if role is not None and role.arn == arn else None

    def lock(self, name: str) -> Role | None:
        """As `find`; nobody else changes it until the unit ends."""
        self._unit.begin()
        row = self._unit.one(_LOCKED, key=name.lower())
        return role_of(row) if row else None

    def list(self, after: str, prefix: str, count: int) -> Sequence[Role]:
        """By name, those whose path begins with `prefix`; `after` is a name in lower case."""
        rows = self._unit.all(_PAGE, after=after, prefix=prefix, beyond=prefix + LAST, count=count)
        return [role_of(row) for row in rows]

    def add(self, role: Role) -> bool:
        """False where the name is taken, in whatever case."""
        return self._unit.write(_ADD, **values_of(role), name_key=role.name.lower()) == 1

    def change(self, role: Role) -> None:
        """Writes everything but name and path, which a role keeps. Lock it first."""
        self._unit.write(
            _CHANGE,
            key=role.id,
            trust=role.trust,
            description=role.description,
            max_session=role.max_session,
            boundary_arn=role.boundary_arn,
            tags=role.tags,
        )

    def remove(self, role: Role) -> None:
        self._unit.write(_REMOVE, id=role.id)

    def bounded_by(self, arn: str) -> int:
        """How many have this policy as their boundary."""
        row = self._unit.one(_BOUNDED_BY, arn=arn)
        return int(row[0]) if row else 0


def missing(name: str) -> api.NoSuchEntityException:
    return api.NoSuchEntityException(f"The role with name {name} cannot be found.")
