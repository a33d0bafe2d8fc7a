"""One-time recovery codes: for whoever has lost their second factor. An extension of Poolhouse;
Cognito has none. A code is kept as a keyed hash, and is taken by one DELETE."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, select

from poolhouse import ids
from poolhouse.kernel.call import Call
from poolhouse.storage.base import insert
from poolhouse.userpools.mfa.rows import recovery_codes
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import User

HOW_MANY = 10
_FORM = re.compile(r"[a-z2-7]{16}")

_t = recovery_codes.c
_OF = and_(_t.pool_id == bindparam("of"), _t.sub == bindparam("who"))
_ONE = select(_t.mac).where(_OF, _t.mac == bindparam("seen"))
_LEFT = select(func.count().label("number"), func.min(_t.created_at).label("since")).where(_OF)
_ADD = insert(recovery_codes)
_TAKE = delete(recovery_codes).where(_OF, _t.mac == bindparam("seen"))
_REMOVE = delete(recovery_codes).where(_OF)


def canonical(typed: str) -> str | None:
    """The code as it was made, in whatever case and grouping it is typed; None where this is no
    recovery code. The digits of other factors never are."""
    bare = re.sub(r"[\s-]", "", typed).lower()
    return bare if _FORM.fullmatch(bare) else None


class RecoveryCodes:
    def __init__(self, call: Call[Any], pool: Pool) -> None:
        self._call = call
        self._unit = call.unit
        self._pool = pool

    def renew(self, user: User) -> list[str]:
        """New codes in the place of all that the user had, as `abcd-efgh-ijkl-mnop`."""
        self.remove(user)
        codes = [ids.recovery_code() for _ in range(HOW_MANY)]
        rows = [
            {
                "pool_id": self._pool.id,
                "sub": user.sub,
                "mac": self._mac(user, code),
                "created_at": self._call.now,
            }
            for code in codes
        ]
        self._unit.write_many(_ADD, rows)
        return ["-".join(re.findall("....", code)) for code in codes]

    def find(self, user: User, code: str) -> bytes | None:
        """What `take` takes, where the canonical code is one of the user's."""
        row = self._unit.one(_ONE, of=self._pool.id, who=user.sub, seen=self._mac(user, code))
        return row.mac if row else None

    def take(self, user: User, mac: bytes) -> bool:
        """Spends the code with the unit; False where another was faster."""
        return self._unit.write(_TAKE, of=self._pool.id, who=user.sub, seen=mac) == 1

    def left(self, user: User) -> tuple[int, float | None]:
        """How many there are, and since when (epoch seconds)."""
        row = self._unit.one(_LEFT, of=self._pool.id, who=user.sub)
        return (row.number, row.since) if row else (0, None)

    def remove(self, user: User) -> None:
        self._unit.write(_REMOVE, of=self._pool.id, who=user.sub)

    def _mac(self, user: User, code: str) -> bytes:
        message = f"{self._pool.id}\x00{user.sub}\x00{code}".encode()
        return self._call.services.sealer.mac(message, "recovery code")
