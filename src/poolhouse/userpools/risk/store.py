"""Every query on quotas."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, case, delete, or_

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import Unit
from poolhouse.storage.base import insert
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.risk.rows import quotas
from poolhouse.userpools.risk.rules import DAILY, DAY, HOUR, Limit

_t = quotas.c
_ADD = insert(quotas)
_OVER = _t.since <= bindparam("over")
_SPEND = _ADD.on_conflict_do_update(
    index_elements=[_t.pool_id, _t.action, _t.subject],
    set_={
        "used": case((_OVER, 1), else_=_t.used + 1),
        "since": case((_OVER, _ADD.excluded.since), else_=_t.since),
    },
    where=or_(_OVER, _t.used < bindparam("most")),
)
_SWEEP = delete(quotas).where(
    or_(
        and_(_t.since < bindparam("hour_before"), _t.action != DAILY),
        _t.since < bindparam("day_before"),
    )
)


class Quotas:
    def __init__(self, unit: Unit, pool: Pool) -> None:
        self._unit = unit
        self._pool = pool

    def spend(self, limit: Limit, subject: str, now: float) -> None:
        """Counts a use, committed whatever becomes of the unit. Raises LimitExceededException."""
        if self._unit.at_once(_SPEND, **self._values(limit, subject, now)) != 1:
            raise exceeded()

    def spend_with_unit(self, limit: Limit, subject: str, now: float) -> None:
        """Counts a use that counts only if the unit is kept. Raises LimitExceededException."""
        if self._unit.write(_SPEND, **self._values(limit, subject, now)) != 1:
            raise exceeded()

    def _values(self, limit: Limit, subject: str, now: float) -> dict[str, Any]:
        return {
            "pool_id": self._pool.id,
            "action": limit.action,
            "subject": subject,
            "used": 1,
            "since": now,
            "over": now - limit.seconds,
            "most": limit.most,
        }


def sweep(unit: Unit, now: float) -> int:
    """Removes counts whose time is over."""
    return unit.write(_SWEEP, hour_before=now - HOUR, day_before=now - DAY)


def exceeded() -> idp.LimitExceededException:
    return idp.LimitExceededException("Attempt limit exceeded, please try after some time.")
