"""Every query on the passkeys of one pool, and on registrations that have begun there."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, bindparam, delete, func, or_, select, update

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.storage.base import insert, values_of
from poolhouse.userpools.passkeys.rows import Challenge, Passkey, passkey_challenges, passkeys
from poolhouse.userpools.pools.rows import Pool

_t = passkeys.c
_c = passkey_challenges.c
_ONE = select(passkeys).where(_t.pool_id == bindparam("of"), _t.credential_id == bindparam("which"))
_OF_USER = (
    select(passkeys)
    .where(_t.pool_id == bindparam("of"), _t.sub == bindparam("who"))
    .order_by(_t.created_at, _t.credential_id)
)
_ANY = (
    select(_t.credential_id)
    .where(
        _t.pool_id == bindparam("of"), _t.sub == bindparam("who"), _t.rp_id == bindparam("party")
    )
    .limit(1)
)
_OF_OTHERS = (
    select(func.count())
    .select_from(passkeys)
    .where(_t.pool_id == bindparam("of"), _t.rp_id != bindparam("party"))
)
_ADD = insert(passkeys).on_conflict_do_nothing()
_REMOVE = delete(passkeys).where(
    _t.pool_id == bindparam("of"),
    _t.credential_id == bindparam("which"),
    _t.sub == bindparam("who"),
)
# WebAuthn, 7.2, step 22: the counter grows, or the authenticator has none.
_GROWS = or_(_t.sign_count < bindparam("count"), and_(_t.sign_count == 0, bindparam("count") == 0))
_USE = (
    update(passkeys)
    .where(
        _t.pool_id == bindparam("of"),
        _t.credential_id == bindparam("which"),
        _t.sub == bindparam("who"),
        _GROWS,
    )
    .values(
        sign_count=bindparam("count"),
        backed_up=bindparam("set_backed_up"),
        last_used_at=bindparam("now"),
    )
)
_OUTSTANDING = select(passkey_challenges).where(
    _c.pool_id == bindparam("of"), _c.sub == bindparam("who")
)
_PUT = insert(passkey_challenges)
_BEGIN = _PUT.on_conflict_do_update(
    index_elements=[_c.pool_id, _c.sub],
    set_={
        name: _PUT.excluded[name]
        for name in ("hash", "client_id", "session_id", "rp_id", "expires_at")
    },
)
_TAKE = delete(passkey_challenges).where(
    _c.pool_id == bindparam("of"), _c.sub == bindparam("who"), _c.hash == bindparam("seen")
)
_SWEEP = delete(passkey_challenges).where(_c.expires_at < bindparam("before"))


def _passkey(row: AnyRow) -> Passkey:
    return Passkey(
        row.pool_id,
        row.credential_id,
        row.sub,
        row.rp_id,
        row.public_key,
        row.sign_count,
        row.aaguid,
        row.name,
        row.attachment,
        tuple(row.transports),
        row.user_verified,
        row.backup_eligible,
        row.backed_up,
        row.created_at,
        row.last_used_at,
    )


class Passkeys:
    def __init__(self, unit: Unit, pool: Pool) -> None:
        self._unit = unit
        self._pool = pool

    def find(self, credential_id: str) -> Passkey | None:
        """Whosever it is."""
        row = self._unit.one(_ONE, of=self._pool.id, which=credential_id)
        return _passkey(row) if row else None

    def list(self, sub: str) -> Sequence[Passkey]:
        """All of a user, oldest first."""
        return [_passkey(row) for row in self._unit.all(_OF_USER, of=self._pool.id, who=sub)]

    def any(self, sub: str, rp_id: str) -> bool:
        """Whether the user has one for this relying party."""
        return self._unit.one(_ANY, of=self._pool.id, who=sub, party=rp_id) is not None

    def count_of_others(self, rp_id: str) -> int:
        """How many of the pool are for another relying party, and cannot be used."""
        row = self._unit.one(_OF_OTHERS, of=self._pool.id, party=rp_id)
        return int(row[0]) if row else 0

    def add(self, passkey: Passkey) -> bool:
        """False where the credential id is taken in the pool, by whomever."""
        return self._unit.write(_ADD, **values_of(passkey)) == 1

    def use(self, passkey: Passkey, sign_count: int, *, backed_up: bool, now: float) -> bool:
        """Keeps the counter of a use that was judged right, at once: of two with one counter the
        second is none. False for it, and where the passkey is gone. No transaction may be open."""
        used = self._unit.at_once(
            _USE,
            of=passkey.pool_id,
            which=passkey.credential_id,
            who=passkey.sub,
            count=sign_count,
            set_backed_up=backed_up,
            now=now,
        )
        return used == 1

    def remove(self, sub: str, credential_id: str) -> None:
        """Raises ResourceNotFoundException, also for another user's."""
        if self._unit.write(_REMOVE, of=self._pool.id, which=credential_id, who=sub) != 1:
            raise missing()


class Challenges:
    """Registrations that have begun: one a user, the newest."""

    def __init__(self, unit: Unit, pool: Pool) -> None:
        self._unit = unit
        self._pool = pool

    def put(self, challenge: Challenge) -> None:
        self._unit.write(_BEGIN, **values_of(challenge))

    def take(self, sub: str) -> Challenge | None:
        """Removes it at once, whatever becomes of the registration; None where there is none or
        another was faster. No transaction may be open."""
        row = self._unit.one(_OUTSTANDING, of=self._pool.id, who=sub)
        if row is None:
            return None
        if self._unit.at_once(_TAKE, of=row.pool_id, who=row.sub, seen=row.hash) != 1:
            return None
        return Challenge(
            row.pool_id,
            row.sub,
            row.hash,
            row.client_id,
            row.session_id,
            row.rp_id,
            row.expires_at,
        )


def sweep(unit: Unit, now: float) -> int:
    """Removes registrations that nobody completed in time."""
    return unit.write(_SWEEP, before=now)


def missing() -> idp.ResourceNotFoundException:
    return idp.ResourceNotFoundException("The passkey does not exist.")
