"""Failures in a row get a column of their own: one number held them beside the recent ones, as a
thousand times their count."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_count = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_lockouts = sa.table(
    "lockouts", sa.column("failures", sa.Integer), sa.column("in_a_row", sa.Integer)
)
_failures, _in_a_row = _lockouts.c.failures, _lockouts.c.in_a_row


def upgrade() -> None:
    with op.batch_alter_table("lockouts") as batch_op:
        batch_op.add_column(sa.Column("in_a_row", _count, server_default="0", nullable=False))
    op.execute(_lockouts.update().values(in_a_row=_failures // 1000, failures=_failures % 1000))
    with op.batch_alter_table("lockouts") as batch_op:
        batch_op.alter_column("in_a_row", server_default=None)


def downgrade() -> None:
    op.execute(_lockouts.update().values(failures=_failures + _in_a_row * 1000))
    with op.batch_alter_table("lockouts") as batch_op:
        batch_op.drop_column("in_a_row")
