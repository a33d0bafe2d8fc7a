"""Every query on managed policies, inline policies and attachments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Label,
    and_,
    bindparam,
    column,
    delete,
    func,
    literal_column,
    or_,
    select,
    table,
    update,
)

from poolhouse.arns import Arn
from poolhouse.contract import iam as api
from poolhouse.iam.listing import LAST
from poolhouse.iam.policies.rows import (
    Documents,
    ManagedPolicy,
    PolicyVersion,
    iam_attachments,
    iam_inline_policies,
    iam_policies,
    iam_policy_versions,
)
from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.storage.base import insert, values_of

_p = iam_policies.c
_v = iam_policy_versions.c
_i = iam_inline_policies.c
_a = iam_attachments.c
_SEPARATOR = "\x1e"  # no JSON text holds it bare
_DEFAULT = and_(_v.policy_arn == _p.arn, _v.number == _p.default_version)
_HOLDER: BindParameter[str] = bindparam("holder_id")

_BY_ARN = select(iam_policies).where(_p.arn == bindparam("arn"))
_LOCKED = _BY_ARN.with_for_update()
_PAGE = (
    select(iam_policies)
    .where(
        _p.name_key > bindparam("after"),
        _p.path >= bindparam("prefix"),
        _p.path < bindparam("beyond"),
    )
    .order_by(_p.name_key)
    .limit(bindparam("count"))
)
_PAGES = {
    "": _PAGE,
    "PermissionsPolicy": _PAGE.where(_p.arn.in_(select(_a.policy_arn))),
    "PermissionsBoundary": _PAGE.where(
        or_(
            *(
                _p.arn.in_(select(column("boundary_arn")).select_from(table(holders)))
                for holders in ("iam_users", "iam_roles")
            )
        )
    ),
}
_ADD = insert(iam_policies).on_conflict_do_nothing()
_CHANGE = (
    update(iam_policies)
    .where(_p.arn == bindparam("key"))
    .values(
        default_version=bindparam("default_version"),
        latest_version=bindparam("latest_version"),
        updated_at=bindparam("updated_at"),
    )
)
_REMOVE = delete(iam_policies).where(_p.arn == bindparam("arn"))
_VERSIONS = (
    select(iam_policy_versions).where(_v.policy_arn == bindparam("arn")).order_by(_v.number.desc())
)
_ADD_VERSION = insert(iam_policy_versions)
_REMOVE_VERSION = delete(iam_policy_versions).where(
    _v.policy_arn == bindparam("arn"), _v.number == bindparam("number")
)
_DOCUMENTS_BY_ARN = (
    select(_v.document)
    .join(iam_policies, _DEFAULT)
    .where(_p.arn.in_(bindparam("arns", expanding=True)))
)
_ATTACHMENTS = (
    select(func.count()).select_from(iam_attachments).where(_a.policy_arn == bindparam("arn"))
)

_INLINE = select(iam_inline_policies).where(_i.holder_id == _HOLDER)
_INLINE_BY_NAME = _INLINE.where(_i.name == bindparam("name"))
_INLINE_PAGE = (
    select(_i.name)
    .where(_i.holder_id == _HOLDER, _i.name > bindparam("after"))
    .order_by(_i.name)
    .limit(bindparam("count"))
)
_put = insert(iam_inline_policies)
_PUT_INLINE = _put.on_conflict_do_update(
    index_elements=[_i.holder_id, _i.name], set_={"document": _put.excluded.document}
)
_REMOVE_INLINE = delete(iam_inline_policies).where(
    _i.holder_id == _HOLDER, _i.name == bindparam("name")
)
_ATTACHED = (
    select(iam_policies)
    .join(iam_attachments, _a.policy_arn == _p.arn)
    .where(
        _a.holder_id == _HOLDER,
        _p.name_key > bindparam("after"),
        _p.path >= bindparam("prefix"),
        _p.path < bindparam("beyond"),
    )
    .order_by(_p.name_key)
    .limit(bindparam("count"))
)
_COUNT_ATTACHED = select(func.count()).select_from(iam_attachments).where(_a.holder_id == _HOLDER)
_ATTACH = insert(iam_attachments).on_conflict_do_nothing()
_DETACH = delete(iam_attachments).where(_a.holder_id == _HOLDER, _a.policy_arn == bindparam("arn"))


def document_columns(
    holder_id: ColumnElement[str], boundary_arn: ColumnElement[str]
) -> tuple[Label[Any], ...]:
    """Columns for a SELECT of a holder that bring along all its documents, so that whoever
    decides on a caller asks the database once. `documents_of` reads them."""
    inline = select(_joined(_i.document)).where(_i.holder_id == holder_id)
    attached = (
        select(_joined(_v.document))
        .join(iam_policies, _DEFAULT)
        .join(iam_attachments, _a.policy_arn == _p.arn)
        .where(_a.holder_id == holder_id)
    )
    boundary = select(_v.document).join(iam_policies, _DEFAULT).where(_p.arn == boundary_arn)
    return (
        inline.scalar_subquery().label("inline_documents"),
        attached.scalar_subquery().label("attached_documents"),
        boundary.scalar_subquery().label("boundary_document"),
    )


def _joined(documents: ColumnElement[str]) -> ColumnElement[str]:
    # A bound separator would be written into the statement anew at each execution: 15 µs.
    separator: Any = literal_column(f"'{_SEPARATOR}'")
    return func.aggregate_strings(documents, separator)


def documents_of(row: AnyRow) -> Documents:
    """From a row with `document_columns` and `boundary_arn`."""
    identity: list[str] = []
    for texts in (row.inline_documents, row.attached_documents):
        identity += texts.split(_SEPARATOR) if texts else []
    boundary = (row.boundary_document or "") if row.boundary_arn else None
    return Documents(tuple(identity), boundary)


def _policy(row: AnyRow) -> ManagedPolicy:
    return ManagedPolicy(
        row.arn,
        row.id,
        row.name,
        row.path,
        row.description,
        row.tags,
        row.default_version,
        row.latest_version,
        row.created_at,
        row.updated_at,
    )


class ManagedPolicies:
    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def find(self, arn: str) -> ManagedPolicy | None:
        row = self._unit.one(_BY_ARN, arn=arn)
        return _policy(row) if row else None

    def get(self, arn: str) -> ManagedPolicy:
        """Raises NoSuchEntity."""
        return _found(arn, self._unit.one(_BY_ARN, arn=arn))

    def lock(self, arn: str) -> ManagedPolicy:
        """As `get`; nobody else changes, attaches or deletes it until the unit ends."""
        self._unit.begin()
        return _found(arn, self._unit.one(_LOCKED, arn=arn))

    def list(self, after: str, prefix: str, count: int, usage: str = "") -> Sequence[ManagedPolicy]:
        """`usage` is empty, PermissionsPolicy (attached) or PermissionsBoundary (bounding)."""
        rows = self._unit.all(
            _PAGES[usage], after=after, prefix=prefix, beyond=prefix + LAST, count=count
        )
        return [_policy(row) for row in rows]

    def add(self, policy: ManagedPolicy, document: str) -> bool:
        """False where the name is taken."""
        values = values_of(policy) | {"name_key": policy.name.lower()}
        if self._unit.write(_ADD, **values) != 1:
            return False
        self.add_version(PolicyVersion(policy.arn, 1, document, policy.created_at))
        return True

    def change(self, policy: ManagedPolicy) -> None:
        self._unit.write(
            _CHANGE,
            key=policy.arn,
            default_version=policy.default_version,
            latest_version=policy.latest_version,
            updated_at=policy.updated_at,
        )

    def remove(self, arn: str) -> None:
        self._unit.write(_REMOVE, arn=arn)

    def attachments(self, arn: str) -> int:
        row = self._unit.one(_ATTACHMENTS, arn=arn)
        return int(row[0]) if row else 0

    def documents(self, arns: Sequence[str]) -> tuple[str, ...]:
        """The default documents of those that exist."""
        rows = self._unit.all(_DOCUMENTS_BY_ARN, arns=list(arns))
        return tuple(row.document for row in rows)

    # versions --------------------------------------------------------------------------
    def versions(self, arn: str) -> Sequence[PolicyVersion]:
        """The newest first; there are at most five."""
        rows = self._unit.all(_VERSIONS, arn=arn)
        return [
            PolicyVersion(row.policy_arn, row.number, row.document, row.created_at) for row in rows
        ]

    def add_version(self, version: PolicyVersion) -> None:
        self._unit.write(_ADD_VERSION, **values_of(version))

    def remove_version(self, arn: str, number: int) -> None:
        self._unit.write(_REMOVE_VERSION, arn=arn, number=number)


def _found(arn: str, row: AnyRow | None) -> ManagedPolicy:
    if row is None:
        raise api.NoSuchEntityException(f"Policy {arn} was not found.")
    return _policy(row)


def tags_of(unit: Unit, arn: Arn) -> Mapping[str, str]:
    """The tags of the managed policy that an ARN names; none where there is no such."""
    policy = ManagedPolicies(unit).find(str(arn))
    return policy.tags if policy else {}


class HeldPolicies:
    """The policies of one user or role. Lock the holder before writing."""

    def __init__(self, unit: Unit, holder_id: str) -> None:
        self._unit = unit
        self._holder_id = holder_id

    def inline(self) -> dict[str, str]:
        """Documents by name."""
        rows = self._unit.all(_INLINE, holder_id=self._holder_id)
        return {row.name: row.document for row in rows}

    def inline_names(self, after: str, count: int) -> Sequence[str]:
        rows = self._unit.all(_INLINE_PAGE, holder_id=self._holder_id, after=after, count=count)
        return [row.name for row in rows]

    def find_inline(self, name: str) -> str | None:
        row = self._unit.one(_INLINE_BY_NAME, holder_id=self._holder_id, name=name)
        return row.document if row else None

    def put_inline(self, name: str, document: str) -> None:
        self._unit.write(_PUT_INLINE, holder_id=self._holder_id, name=name, document=document)

    def remove_inline(self, name: str) -> bool:
        return self._unit.write(_REMOVE_INLINE, holder_id=self._holder_id, name=name) == 1

    def attached(self, after: str, prefix: str, count: int) -> Sequence[ManagedPolicy]:
        rows = self._unit.all(
            _ATTACHED,
            holder_id=self._holder_id,
            after=after,
            prefix=prefix,
            beyond=prefix + LAST,
            count=count,
        )
        return [_policy(row) for row in rows]

    def count_attached(self) -> int:
        row = self._unit.one(_COUNT_ATTACHED, holder_id=self._holder_id)
        return int(row[0]) if row else 0

    def attach(self, arn: str) -> None:
        self._unit.write(_ATTACH, holder_id=self._holder_id, policy_arn=arn)

    def detach(self, arn: str) -> bool:
        return self._unit.write(_DETACH, holder_id=self._holder_id, arn=arn) == 1
