"""Every query on passwords."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from sqlalchemy import Select, and_, bindparam, delete, select, update

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.kernel.unit import AnyRow
from poolhouse.storage.base import insert
from poolhouse.userpools.passwords import srp
from poolhouse.userpools.passwords.rows import Password, Prepared, passwords
from poolhouse.userpools.passwords.rules import policy_of
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import User, users

SALT_OCTETS = 16

_t = passwords.c
_OF_USER = select(passwords).where(_t.pool_id == bindparam("pool_id"), _t.sub == bindparam("sub"))
_ADD = insert(passwords)
_PUT = _ADD.on_conflict_do_update(
    index_elements=[_t.pool_id, _t.sub],
    set_={
        name: _ADD.excluded[name]
        for name in (
            "hash",
            "srp_salt",
            "srp_verifier",
            "temporary",
            "set_at",
            "expires_at",
            "earlier",
        )
    },
)
_REHASH = (
    update(passwords)
    .where(_t.pool_id == bindparam("of"), _t.sub == bindparam("who"), _t.hash == bindparam("seen"))
    .values(hash=bindparam("hash"))
)
_REMOVE = delete(passwords).where(_t.pool_id == bindparam("pool_id"), _t.sub == bindparam("sub"))


def with_password(users_found: Select[Any]) -> Select[Any]:
    """The users that a statement finds, each with their password's columns, which `password_of`
    reads."""
    beside = and_(_t.pool_id == users.c.pool_id, _t.sub == users.c.sub)
    columns = [column for column in _t if column.name not in ("pool_id", "sub")]
    return users_found.outerjoin(passwords, beside).add_columns(*columns)


def password_of(row: AnyRow) -> Password | None:
    """None in the row of a user without a password."""
    if row.hash is None:
        return None
    return Password(
        row.hash,
        row.srp_salt,
        row.srp_verifier,
        row.temporary,
        row.set_at,
        row.expires_at,
        tuple(row.earlier),
    )


class Passwords:
    def __init__(self, call: Call[Any], pool: Pool) -> None:
        self._unit = call.unit
        self._hasher = call.services.hasher
        self._sealer = call.services.sealer
        self._pool = pool

    def prepare(self, username: str, password: str) -> Prepared:
        """Hashes for Argon2id and for SRP. Takes long, so it must come before the first write.
        The verifier is made with the real user name, which never changes."""
        self._unit.outside()
        salt = ids.octets(SALT_OCTETS)
        verifier = self._hasher.run(srp.verifier, self._pool.short_name, username, password, salt)
        return Prepared(self._hasher.hash(password), salt.hex(), verifier)

    def replacing(self, user: User, password: str) -> Prepared:
        """The same for a user who may have had passwords before.

        Raises PasswordHistoryPolicyViolationException for one that the pool remembers.
        """
        size = policy_of(self._pool).password_history_size or 0
        current = self.find(user) if size else None
        if current is None:
            return self.prepare(user.username, password)
        remembered = (current.hash, *current.earlier)[:size]
        if any(self._hasher.verify(password, old).ok for old in remembered):
            raise idp.PasswordHistoryPolicyViolationException("Password has previously been used")
        return replace(self.prepare(user.username, password), earlier=remembered[: size - 1])

    def put(
        self,
        user: User,
        prepared: Prepared,
        *,
        now: float,
        temporary: bool = False,
        expires_at: float | None = None,
    ) -> None:
        """Sets the password, whatever it was before."""
        self._unit.write(
            _PUT,
            pool_id=user.pool_id,
            sub=user.sub,
            hash=prepared.hash,
            srp_salt=prepared.srp_salt,
            srp_verifier=self._sealer.seal(prepared.srp_verifier, _context(user)),
            temporary=temporary,
            set_at=now,
            expires_at=expires_at,
            earlier=list(prepared.earlier),
        )

    def find(self, user: User) -> Password | None:
        """None for a user without a password."""
        row = self._unit.one(_OF_USER, pool_id=user.pool_id, sub=user.sub)
        return password_of(row) if row else None

    def verifier(self, user: User, password: Password) -> bytes:
        """SRP's v, big-endian octets, of the user's own password."""
        return self._sealer.open(password.sealed_verifier, _context(user))

    def rehash(self, user: User, seen: Password, password: str) -> None:
        """Hashes a password that was just proved with the parameters of today, unless it was
        changed meanwhile."""
        self._unit.outside()
        self._unit.note(
            _REHASH,
            of=user.pool_id,
            who=user.sub,
            seen=seen.hash,
            hash=self._hasher.hash(password),
        )

    def remove(self, user: User) -> None:
        self._unit.write(_REMOVE, pool_id=user.pool_id, sub=user.sub)


def _context(user: User) -> str:
    return f"passwords/{user.pool_id}/{user.sub}/srp_verifier"
