"""Every query on codes."""

from __future__ import annotations

import hmac
from typing import Any

import msgspec
from sqlalchemy import bindparam, case, delete, select

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.kernel.unit import Unit
from poolhouse.storage.base import insert
from poolhouse.userpools.codes import rules
from poolhouse.userpools.codes.rows import Code, codes
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import User

_t = codes.c
_KEY = (
    _t.pool_id == bindparam("of"),
    _t.sub == bindparam("who"),
    _t.purpose == bindparam("what"),
)
_ONE = select(codes).where(*_KEY)
_ADD = insert(codes)
_RECENT = _t.guessed_since > bindparam("forgotten")
_ISSUE = _ADD.on_conflict_do_update(
    index_elements=[_t.pool_id, _t.sub, _t.purpose],
    set_={
        name: _ADD.excluded[name]
        for name in ("attribute", "value", "basis", "mac", "created_at", "expires_at")
    }
    | {"guesses": case((_RECENT, _t.guesses), else_=0)},
)
_GUESS = _ADD.on_conflict_do_update(
    index_elements=[_t.pool_id, _t.sub, _t.purpose],
    set_={
        "guesses": _t.guesses + 1,
        "guessed_since": case(
            (_t.guesses == 0, _ADD.excluded.guessed_since), else_=_t.guessed_since
        ),
    },
).returning(*_t)
_TAKE = delete(codes).where(*_KEY, _t.mac == bindparam("seen"), _t.expires_at > bindparam("now"))
_DROP = delete(codes).where(*_KEY)
_SWEEP = delete(codes).where(_t.expires_at < bindparam("before"))

_encode = msgspec.json.Encoder().encode


class Codes:
    def __init__(self, call: Call[Any], pool: Pool) -> None:
        self._unit = call.unit
        self._mac = call.services.sealer.mac
        self._now = call.now
        self._pool = pool

    def issue(self, sub: str, purpose: str, attribute: str, value: str, basis: str) -> str:
        """A new code, as part of the unit; it replaces the one before. The digits are in no row:
        whoever asks for them must send them at once."""
        digits = ids.digits(rules.DIGITS)
        self._unit.write(
            _ISSUE,
            pool_id=self._pool.id,
            sub=sub,
            purpose=purpose,
            attribute=attribute,
            value=value,
            basis=basis,
            mac=self._bound(sub, purpose, attribute, value, digits),
            created_at=self._now,
            expires_at=self._now + rules.lifetime(purpose),
            guesses=0,
            guessed_since=self._now,
            forgotten=self._now - rules.GUESSES_FORGOTTEN_AFTER,
        )
        return digits

    def guessed(self, sub: str, purpose: str) -> Code:
        """Counts a try, committed before it is judged; the code as it was at this very try, so
        that each of many at once is told a number of its own. Where there is no code, a row that
        can never be redeemed counts it, at the same cost."""
        row = self._unit.returned_at_once(
            _GUESS,
            pool_id=self._pool.id,
            sub=sub,
            purpose=purpose,
            attribute="",
            value="",
            basis="",
            mac=b"",
            created_at=self._now,
            expires_at=self._now,
            guesses=1,
            guessed_since=self._now,
        )
        assert row is not None
        return _code(row)

    def find(self, sub: str, purpose: str) -> Code | None:
        row = self._unit.one(_ONE, of=self._pool.id, who=sub, what=purpose)
        return None if row is None else _code(row)

    def pending_value(self, user: User, purpose: str) -> str | None:
        """The new value that waits to be proved, if one does; also after its code has expired,
        so that another can be asked for."""
        code = self.find(user.sub, purpose)
        if code is None or not code.pending:
            return None
        return code.value if user.attributes.get(code.attribute, "") == code.basis else None

    def matches(self, code: Code, digits: str) -> bool:
        """Whether these are exactly the digits that were sent."""
        bound = self._bound(code.sub, code.purpose, code.attribute, code.value, digits)
        return hmac.compare_digest(code.mac, bound)

    def take(self, code: Code) -> bool:
        """Removes exactly this code, if it has not expired; False where another was faster, or a
        newer code has replaced it."""
        where = {"of": code.pool_id, "who": code.sub, "what": code.purpose}
        return self._unit.write(_TAKE, seen=code.mac, now=self._now, **where) == 1

    def drop(self, sub: str, purpose: str) -> None:
        """Nothing of this purpose can be redeemed any more."""
        self._unit.write(_DROP, of=self._pool.id, who=sub, what=purpose)

    def _bound(self, sub: str, purpose: str, attribute: str, value: str, digits: str) -> bytes:
        message = _encode([self._pool.id, sub, purpose, attribute, value, digits])
        return self._mac(message, "one-time code")


def _code(row: Any) -> Code:
    return Code(
        row.pool_id,
        row.sub,
        row.purpose,
        row.attribute,
        row.value,
        row.basis,
        row.mac,
        row.created_at,
        row.expires_at,
        row.guesses,
    )


def sweep(unit: Unit, before: float) -> int:
    """Removes codes that expired before this moment."""
    return unit.write(_SWEEP, before=before)


def mismatch() -> idp.CodeMismatchException:
    return idp.CodeMismatchException("Invalid verification code provided, please try again.")


def expired() -> idp.ExpiredCodeException:
    return idp.ExpiredCodeException("Invalid code provided, please request a code again.")


def exceeded() -> idp.LimitExceededException:
    return idp.LimitExceededException("Attempt limit exceeded, please try after some time.")
