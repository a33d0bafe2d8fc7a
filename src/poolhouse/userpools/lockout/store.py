"""Every query on lock-outs. Reserving and failing commit at once: they must outlive a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto

from sqlalchemy import and_, bindparam, case, delete, or_, select, update

from poolhouse.kernel.unit import Unit
from poolhouse.storage.base import insert
from poolhouse.userpools.lockout.rows import lockouts
from poolhouse.userpools.lockout.rules import (
    ABANDONED_AFTER,
    FORGOTTEN_AFTER,
    FREE_TRIES,
    MOST_IN_A_ROW,
    ROW_FORGOTTEN_AFTER,
    lock_after,
    longest_growth,
)
from poolhouse.userpools.pools.rows import Pool

_t = lockouts.c
_ABANDONED = _t.last_at < bindparam("abandoned")
_ADD = insert(lockouts)
_RESERVE = _ADD.on_conflict_do_update(
    index_elements=[_t.pool_id, _t.subject],
    set_={
        "failures": case((_t.last_at < bindparam("forgotten"), 0), else_=_t.failures),
        "pending": case((_ABANDONED, 1), else_=_t.pending + 1),
        "last_at": _ADD.excluded.last_at,
    },
    where=and_(
        _t.locked_until <= _ADD.excluded.last_at,
        _t.in_a_row + case((_ABANDONED, 0), else_=_t.pending) < MOST_IN_A_ROW,
        or_(
            _ABANDONED,
            and_(_t.failures < FREE_TRIES, _t.failures + _t.pending < FREE_TRIES),
            and_(_t.failures >= FREE_TRIES, _t.pending < 1),
        ),
    ),
)
_LOCKED = select(_t.locked_until, _t.in_a_row).where(
    _t.pool_id == bindparam("pool_id"), _t.subject == bindparam("subject")
)
_ONE_LESS_PENDING = case((_t.pending > 0, _t.pending - 1), else_=0)
_LOCK_OF_NEXT = case(
    *((_t.failures + 1 == n, lock_after(n)) for n in range(FREE_TRIES, longest_growth())),
    (_t.failures + 1 < FREE_TRIES, 0.0),
    else_=lock_after(longest_growth()),
)
_OF_SUBJECT = and_(_t.pool_id == bindparam("of"), _t.subject == bindparam("which"))
_FAIL = (
    update(lockouts)
    .where(_OF_SUBJECT)
    .values(
        failures=_t.failures + 1,
        in_a_row=_t.in_a_row + 1,
        pending=_ONE_LESS_PENDING,
        last_at=bindparam("now"),
        locked_until=bindparam("now") + _LOCK_OF_NEXT,
    )
)
_SUCCEED = (
    update(lockouts)
    .where(_OF_SUBJECT)
    .values(
        failures=0,
        in_a_row=0,
        pending=_ONE_LESS_PENDING,
        last_at=bindparam("now"),
        locked_until=0,
    )
)
_WITHDRAW = update(lockouts).where(_OF_SUBJECT).values(pending=_ONE_LESS_PENDING)
_CLEAR = update(lockouts).where(_OF_SUBJECT).values(failures=0, in_a_row=0, locked_until=0)
_SWEEP = delete(lockouts).where(
    or_(
        and_(_t.last_at < bindparam("before"), _t.in_a_row == 0),
        _t.last_at < bindparam("long_before"),
    )
)


class Admission(Enum):
    """What becomes of a try: judged, refused, or to wait for those under way."""

    ADMITTED = auto()
    LOCKED = auto()
    BUSY = auto()


class Lockouts:
    def __init__(self, unit: Unit, pool: Pool) -> None:
        self._unit = unit
        self._pool = pool

    def reserve(self, subject: str, now: float) -> Admission:
        """Counts a try before it is judged. At most five failed and pending ones together are
        let in; after a lock, one at a time; after a hundred failures in a row, none."""
        admitted = self._unit.at_once_for_now(
            _RESERVE,
            pool_id=self._pool.id,
            subject=subject,
            failures=0,
            in_a_row=0,
            pending=1,
            last_at=now,
            locked_until=0.0,
            abandoned=now - ABANDONED_AFTER,
            forgotten=now - FORGOTTEN_AFTER,
        )
        if admitted == 1:
            return Admission.ADMITTED
        row = self._unit.one(_LOCKED, pool_id=self._pool.id, subject=subject)
        if row is None:
            return Admission.BUSY
        out = row.locked_until > now or row.in_a_row >= MOST_IN_A_ROW
        return Admission.LOCKED if out else Admission.BUSY

    def fail(self, subject: str, now: float) -> None:
        """Judges an admitted try a failure, whatever becomes of the unit."""
        self._unit.at_once(_FAIL, of=self._pool.id, which=subject, now=now)

    def succeed(self, subject: str, now: float) -> None:
        """Judges an admitted try a success, with the unit."""
        self._unit.write(_SUCCEED, of=self._pool.id, which=subject, now=now)

    def withdraw(self, subject: str) -> None:
        """Takes an admitted try back that was never judged: the server was too busy."""
        self._unit.note(_WITHDRAW, of=self._pool.id, which=subject)

    @contextmanager
    def judging(self, subject: str) -> Iterator[None]:
        """Around the judging itself: where it breaks off, the try does not stay pending."""
        try:
            yield
        except BaseException:
            self.withdraw(subject)
            raise

    def forgive(self, subject: str, now: float) -> None:
        """The same where the sign-in is about to be refused for another reason than the
        password: it was right, and no failed try."""
        self._unit.note(_SUCCEED, of=self._pool.id, which=subject, now=now)

    def clear(self, subject: str) -> None:
        """Forgets all failures with the unit: the password was set anew."""
        self._unit.write(_CLEAR, of=self._pool.id, which=subject)


def sweep(unit: Unit, now: float) -> int:
    """Removes counts that nothing depends on any more."""
    before, long_before = now - FORGOTTEN_AFTER, now - ROW_FORGOTTEN_AFTER
    return unit.write(_SWEEP, before=before, long_before=long_before)
