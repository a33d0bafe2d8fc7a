"""Alembic's environment: it is given a connection by `storage.migrating`, nothing else."""

from __future__ import annotations

from typing import Literal

from alembic import context
from sqlalchemy import text

from poolhouse.storage.base import Json, metadata


def render(kind: str, item: object, _: object) -> str | Literal[False]:
    """A revision must not depend on code that goes on changing: it names plain types."""
    return "sa.Text()" if kind == "type" and isinstance(item, Json) else False


connection = context.config.attributes["connection"]
# Two servers that start at once take turns; the second finds nothing left to do.
if connection.dialect.name == "postgresql":
    connection.execute(text("SELECT pg_advisory_xact_lock(7065656)"))
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
