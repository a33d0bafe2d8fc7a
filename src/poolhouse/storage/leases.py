"""Leases on work that one process at a time should do, and a few facts about the database."""

from __future__ import annotations

from sqlalchemy import Column, Table, bindparam, select, update

from poolhouse.storage.base import Key, Moment, Words, insert, metadata

leases = Table(
    "leases",
    metadata,
    Column("name", Key, primary_key=True),
    Column("due_at", Moment, nullable=False),
    Column("leased_until", Moment, nullable=False),
)

facts = Table(
    "facts",
    metadata,
    Column("name", Key, primary_key=True),
    Column("value", Words, nullable=False),
    Column("since", Moment, nullable=False),
)

_t = leases.c
ENTER = insert(leases).on_conflict_do_nothing()
TAKE = (
    update(leases)
    .where(
        _t.name == bindparam("which"),
        _t.due_at <= bindparam("now"),
        _t.leased_until <= bindparam("now"),
    )
    .values(leased_until=bindparam("until"))
)
RETURN = (
    update(leases)
    .where(_t.name == bindparam("which"))
    .values(due_at=bindparam("next"), leased_until=0)
)
FACT = select(facts.c.value, facts.c.since).where(facts.c.name == bindparam("name"))
_STATE = insert(facts)
STATE_ONCE = _STATE.on_conflict_do_nothing()
STATE = _STATE.on_conflict_do_update(
    index_elements=[facts.c.name],
    set_={"value": _STATE.excluded.value, "since": _STATE.excluded.since},
)
