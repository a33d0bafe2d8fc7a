"""Every query on the software tokens of one pool, and the one judgement that the database takes
part in: that no code is accepted twice."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, delete, select, update

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.storage.base import insert
from poolhouse.userpools.mfa.guessing import Guess
from poolhouse.userpools.mfa.rows import SoftwareToken, software_tokens
from poolhouse.userpools.mfa.totp import step_of
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import User

_t = software_tokens.c
_OF = and_(_t.pool_id == bindparam("of"), _t.sub == bindparam("who"))
_FIND = select(_t.seed, _t.name, _t.last_step, _t.pending).where(_OF)
_ADD = insert(software_tokens)
_ASSOCIATE = _ADD.on_conflict_do_update(
    index_elements=[_t.pool_id, _t.sub], set_={"pending": _ADD.excluded.pending}
)
_REGISTER = _ADD.on_conflict_do_update(
    index_elements=[_t.pool_id, _t.sub],
    set_={
        "seed": _ADD.excluded.seed,
        "name": _ADD.excluded.name,
        "last_step": _ADD.excluded.last_step,
        "pending": None,
    },
    where=_t.seed.is_(None),
)
_VERIFY = (
    update(software_tokens)
    .where(_OF, _t.pending == bindparam("seen"))
    .values(
        seed=_t.pending,
        pending=None,
        name=bindparam("set_name"),
        last_step=bindparam("step"),
    )
)
_USE = (
    update(software_tokens)
    .where(_OF, _t.seed == bindparam("seen"), _t.last_step < bindparam("step"))
    .values(last_step=bindparam("step"))
)
_REMOVE = delete(software_tokens).where(_OF)


class SoftwareTokens:
    def __init__(self, call: Call[Any], pool: Pool) -> None:
        self._call = call
        self._unit = call.unit
        self._pool = pool

    # judging ---------------------------------------------------------------------------
    def judge(self, user: User, code: str) -> None:
        """Judges a code of the user's registered token, and spends it at once: whatever becomes
        of the sign-in, it is never right again. No transaction may be open.

        Raises:
            CodeMismatchException: a wrong code.
            ExpiredCodeException: one that was used, or is older than one that was.
            NotAuthorizedException: too many wrong ones.
            TooManyRequestsException: too many at once.
        """
        guess = Guess(self._call, self._pool, f"totp:{user.sub}")
        token = self.find(user)
        step = None
        if token is not None and token.seed is not None:
            step = step_of(self.opened(user, token.seed), code, self._call.now)
        if token is None or step is None:
            guess.wrong()
            raise mismatch()
        used = {"of": user.pool_id, "who": user.sub, "seen": token.seed, "step": step}
        if self._unit.at_once(_USE, **used) != 1:
            guess.late()
            raise idp.ExpiredCodeException("Your software token has already been used once.")
        guess.right()

    # finding ---------------------------------------------------------------------------
    def find(self, user: User) -> SoftwareToken | None:
        row = self._unit.one(_FIND, of=user.pool_id, who=user.sub)
        return SoftwareToken(row.seed, row.name, row.last_step, row.pending) if row else None

    def name_of(self, user: User) -> str:
        """What the user called the device; empty where they did not."""
        found = self.find(user)
        return found.name if found else ""

    def opened(self, user: User, sealed: bytes) -> bytes:
        return self._call.services.sealer.open(sealed, _context(user))

    # changing --------------------------------------------------------------------------
    def associate(self, user: User, seed: bytes) -> None:
        """A seed that waits to be verified, in the place of another. A registered one stays."""
        self._unit.write(
            _ASSOCIATE,
            pool_id=user.pool_id,
            sub=user.sub,
            seed=None,
            name="",
            last_step=0,
            pending=self._sealed(user, seed),
        )

    def verify(self, user: User, pending: bytes, name: str, step: int) -> bool:
        """Registers the seed that waits, by a code of this step. False where it waits no more."""
        return (
            self._unit.write(
                _VERIFY, of=user.pool_id, who=user.sub, seen=pending, set_name=name, step=step
            )
            == 1
        )

    def register(self, user: User, seed: bytes, name: str, step: int) -> bool:
        """Registers a seed that a sign-in has verified. False where one is registered."""
        added = self._unit.write(
            _REGISTER,
            pool_id=user.pool_id,
            sub=user.sub,
            seed=self._sealed(user, seed),
            name=name,
            last_step=step,
            pending=None,
        )
        return added == 1

    def remove(self, user: User) -> bool:
        return self._unit.write(_REMOVE, of=user.pool_id, who=user.sub) == 1

    def _sealed(self, user: User, seed: bytes) -> bytes:
        return self._call.services.sealer.seal(seed, _context(user))


def mismatch() -> idp.CodeMismatchException:
    return idp.CodeMismatchException("Invalid code received for user")


def _context(user: User) -> str:
    return f"software_tokens/{user.pool_id}/{user.sub}"
