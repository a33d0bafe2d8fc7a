"""Every query on access keys, and on who stands behind them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, or_, select, update

from poolhouse.iam.credentials.rows import KEYS_OF_A_USER, ROOT, AccessKey, access_keys
from poolhouse.iam.policies.rows import Documents
from poolhouse.iam.policies.store import document_columns, documents_of
from poolhouse.iam.roles.rows import Role, iam_roles
from poolhouse.iam.roles.store import role_of
from poolhouse.iam.users.rows import User, iam_users
from poolhouse.iam.users.store import user_of
from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.keys.sealing import Sealer
from poolhouse.storage.base import insert, values_of
from poolhouse.values import Value

USED_EVERY = 900.0
"""Seconds between two notes of a key's use: a note is a write, and keys are used all the time."""

_k = access_keys.c
_u = iam_users.c
_r = iam_roles.c
_USER = select(iam_users, *document_columns(_u.id, _u.boundary_arn))
_USER_BY_ID = _USER.where(_u.id == bindparam("id"))
_ROLE_BY_ID = select(iam_roles, *document_columns(_r.id, _r.boundary_arn)).where(
    _r.id == bindparam("id")
)
_WITH_USER = (
    _USER.add_columns(
        _k.id.label("key_id"), _k.sealed.label("key_sealed"), _k.status.label("key_status"),
        _k.owner_id.label("key_owner"), _k.used_at.label("key_used_at"),
    )
    .select_from(access_keys)
    .outerjoin(iam_users, _u.id == _k.owner_id)
    .where(_k.id == bindparam("key_id"))
)  # fmt: skip
_BY_ID = select(access_keys).where(_k.id == bindparam("id"))
_OF = select(access_keys).where(_k.owner_id == bindparam("owner_id"))
_PAGE = _OF.where(_k.id > bindparam("after")).order_by(_k.id).limit(bindparam("count"))
_ADD = insert(access_keys).on_conflict_do_nothing()
_CHANGE = (
    update(access_keys)
    .where(_k.id == bindparam("key"), _k.owner_id == bindparam("whose"))
    .values(status=bindparam("status"))
)
_REMOVE = delete(access_keys).where(_k.id == bindparam("id"), _k.owner_id == bindparam("owner_id"))
_USED = (
    update(access_keys)
    .where(_k.id == bindparam("key"), or_(_k.used_at.is_(None), _k.used_at < bindparam("before")))
    .values(
        used_at=bindparam("used_at"),
        used_service=bindparam("used_service"),
        used_region=bindparam("used_region"),
    )
)


class KeyInUse(Value, frozen=True):
    """A key with the user behind it and all the user's documents; no user: the root's key, or
    one left behind by a user that is gone."""

    id: str
    sealed: bytes
    status: str
    owner_id: str
    used_at: float | None
    user: User | None
    documents: Documents


class AccessKeys:
    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def in_use(self, key_id: str) -> KeyInUse | None:
        row = self._unit.one(_WITH_USER, key_id=key_id)
        if row is None:
            return None
        return KeyInUse(
            row.key_id,
            row.key_sealed,
            row.key_status,
            row.key_owner,
            row.key_used_at,
            user_of(row) if row.id else None,
            documents_of(row),
        )

    def find(self, key_id: str) -> AccessKey | None:
        row = self._unit.one(_BY_ID, id=key_id)
        return _key(row) if row else None

    def of(self, owner_id: str) -> Sequence[AccessKey]:
        return [_key(row) for row in self._unit.all(_OF, owner_id=owner_id)]

    def list(self, owner_id: str, after: str, count: int) -> Sequence[AccessKey]:
        rows = self._unit.all(_PAGE, owner_id=owner_id, after=after, count=count)
        return [_key(row) for row in rows]

    def add(self, key: AccessKey) -> bool:
        """False where the slot of the owner is taken."""
        return self._unit.write(_ADD, **values_of(key)) == 1

    def change(self, key_id: str, owner_id: str, status: str) -> bool:
        return self._unit.write(_CHANGE, key=key_id, whose=owner_id, status=status) == 1

    def remove(self, key_id: str, owner_id: str) -> bool:
        return self._unit.write(_REMOVE, id=key_id, owner_id=owner_id) == 1

    def note_use(self, key: KeyInUse, service: str, region: str, now: float) -> None:
        """Kept whatever becomes of the request; at most once in `USED_EVERY` seconds."""
        if key.used_at is None or key.used_at < now - USED_EVERY:
            self._unit.note(
                _USED,
                key=key.id,
                before=now - USED_EVERY,
                used_at=now,
                used_service=service,
                used_region=region,
            )


class Holders:
    """Who stands behind temporary credentials, with all documents as they are now."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def user(self, user_id: str) -> tuple[User, Documents] | None:
        row = self._unit.one(_USER_BY_ID, id=user_id)
        return (user_of(row), documents_of(row)) if row else None

    def role(self, role_id: str) -> tuple[Role, Documents] | None:
        row = self._unit.one(_ROLE_BY_ID, id=role_id)
        return (role_of(row), documents_of(row)) if row else None


def slots(owner_id: str) -> range:
    return range(1, 2 if owner_id == ROOT else KEYS_OF_A_USER + 1)


def sealed_secret(sealer: Sealer, key_id: str, secret: str) -> bytes:
    return sealer.seal(secret.encode(), f"access_keys/{key_id}/secret")


def opened_secret(sealer: Sealer, key_id: str, sealed: bytes) -> str:
    return sealer.open(sealed, f"access_keys/{key_id}/secret").decode()


def _key(row: AnyRow) -> AccessKey:
    return AccessKey(
        row.id,
        row.owner_id,
        row.slot,
        row.sealed,
        row.status,
        row.created_at,
        row.used_at,
        row.used_service,
        row.used_region,
    )
