"""What the first revision lacked in its first days, when it was still being changed: databases that
were made by then, and went on as if they had gone through all of it, get the rest here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    found = sa.inspect(op.get_bind())
    _add_column(found, "users", sa.Column("factors", sa.Text(), nullable=False), "[]")
    key = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    _add_column(found, "messages", sa.Column("topic", key, nullable=False), "")
    _add_index(found, "messages", "topic")
    _add_index(found, "identities", "merged_into")


def _add_column(
    found: sa.Inspector, table: str, column: sa.Column[str], of_those_there: str
) -> None:
    if column.name in {each["name"] for each in found.get_columns(table)}:
        return
    column.server_default = sa.DefaultClause(of_those_there)
    with op.batch_alter_table(table) as batch_op:
        batch_op.add_column(column)
    with op.batch_alter_table(table) as batch_op:
        batch_op.alter_column(column.name, server_default=None)


def _add_index(found: sa.Inspector, table: str, column: str) -> None:
    name = f"ix_{table}_{column}"
    if name not in {each["name"] for each in found.get_indexes(table)}:
        op.create_index(op.f(name), table, [column])


def downgrade() -> None:
    """Nothing: the revisions before this one have it all."""
