"""Which users and roles a managed policy serves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Boolean,
    Select,
    Table,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
    union_all,
)

from poolhouse.iam.listing import LAST
from poolhouse.iam.policies.rows import iam_attachments
from poolhouse.iam.roles.rows import iam_roles
from poolhouse.iam.users.rows import iam_users
from poolhouse.kernel.unit import Unit


def _of(kind: str, table: Table) -> Select[tuple[str, str, str, str]]:
    holder = table.c
    attached = select(iam_attachments.c.holder_id).where(
        iam_attachments.c.policy_arn == bindparam("arn")
    )
    served = or_(
        and_(bindparam("permissions", type_=Boolean()), holder.id.in_(attached)),
        and_(bindparam("boundaries", type_=Boolean()), holder.boundary_arn == bindparam("arn")),
    )
    place = literal_column(f"'{kind}/'").concat(holder.name_key)
    return select(
        literal_column(f"'{kind}'").label("kind"), holder.id, holder.name, place.label("place")
    ).where(
        served,
        place > bindparam("after"),
        holder.path >= bindparam("prefix"),
        holder.path < bindparam("beyond"),
    )


_SERVED = union_all(_of("role", iam_roles), _of("user", iam_users))
_PAGE = _SERVED.order_by(_SERVED.selected_columns.place).limit(bindparam("count"))


@dataclass(frozen=True, slots=True)
class Entity:
    """A user or role. `place` orders them: roles before users, then by name."""

    kind: str
    id: str
    name: str
    place: str


def entities(
    unit: Unit,
    arn: str,
    *,
    permissions: bool,
    boundaries: bool,
    prefix: str,
    after: str,
    count: int,
) -> Sequence[Entity]:
    """Those that the policy is attached to (`permissions`) or bounds (`boundaries`)."""
    rows = unit.all(
        _PAGE,
        arn=arn,
        permissions=permissions,
        boundaries=boundaries,
        prefix=prefix,
        beyond=prefix + LAST,
        after=after,
        count=count,
    )
    return [Entity(row.kind, row.id, row.name, row.place) for row in rows]
