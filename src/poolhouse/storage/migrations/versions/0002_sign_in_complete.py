"""Second factors, devices, passkeys, session records, functions, password history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "function_calls",
        sa.Column(
            "id", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column(
            "arn", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "source",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_function_calls")),
    )
    with op.batch_alter_table("function_calls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_function_calls_at"), ["at"], unique=False)

    op.create_table(
        "devices",
        sa.Column(
            "pool_id",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "key", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "sub", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "group_key",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("remembered", sa.Boolean(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("waiting", sa.Text(), nullable=True),
        sa.Column(
            "last_ip",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("modified_at", sa.Double(), nullable=False),
        sa.Column("last_seen_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id", "sub"],
            ["users.pool_id", "users.sub"],
            name=op.f("fk_devices_pool_id_sub"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("pool_id", "key", name=op.f("pk_devices")),
    )
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.create_index("ix_devices_sub", ["pool_id", "sub", "key"], unique=False)

    op.create_table(
        "passkey_challenges",
        sa.Column(
            "pool_id",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "sub", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "hash", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "client_id",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "session_id",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "rp_id",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id", "sub"],
            ["users.pool_id", "users.sub"],
            name=op.f("fk_passkey_challenges_pool_id_sub"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("pool_id", "sub", name=op.f("pk_passkey_challenges")),
    )
    with op.batch_alter_table("passkey_challenges", schema=None) as batch_op:
        batch_op.create_index("ix_passkey_challenges_expires_at", ["expires_at"], unique=False)

    op.create_table(
        "passkeys",
        sa.Column(
            "pool_id",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "credential_id",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "sub", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "rp_id",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column(
            "sign_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "aaguid",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "attachment",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("transports", sa.Text(), nullable=False),
        sa.Column("user_verified", sa.Boolean(), nullable=False),
        sa.Column("backup_eligible", sa.Boolean(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("last_used_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["pool_id", "sub"],
            ["users.pool_id", "users.sub"],
            name=op.f("fk_passkeys_pool_id_sub"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("pool_id", "credential_id", name=op.f("pk_passkeys")),
    )
    with op.batch_alter_table("passkeys", schema=None) as batch_op:
        batch_op.create_index("ix_passkeys_sub", ["pool_id", "sub"], unique=False)

    op.create_table(
        "recovery_codes",
        sa.Column(
            "pool_id",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "sub", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id", "sub"],
            ["users.pool_id", "users.sub"],
            name=op.f("fk_recovery_codes_pool_id_sub"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("pool_id", "sub", "mac", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "software_tokens",
        sa.Column(
            "pool_id",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "sub", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("seed", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "last_step", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("pending", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["pool_id", "sub"],
            ["users.pool_id", "users.sub"],
            name=op.f("fk_software_tokens_pool_id_sub"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("pool_id", "sub", name=op.f("pk_software_tokens")),
    )
    op.create_table(
        "sso_sessions",
        sa.Column(
            "pool_id",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "id", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "sub", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "client_id",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("last_active_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column(
            "source_ip",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id", "sub"],
            ["users.pool_id", "users.sub"],
            name=op.f("fk_sso_sessions_pool_id_sub"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("pool_id", "id", name=op.f("pk_sso_sessions")),
    )
    with op.batch_alter_table("sso_sessions", schema=None) as batch_op:
        batch_op.create_index("ix_sso_sessions_expires_at", ["expires_at"], unique=False)
        batch_op.create_index("ix_sso_sessions_sub", ["pool_id", "sub"], unique=False)

    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "sso_minutes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )

    with op.batch_alter_table("passwords", schema=None) as batch_op:
        batch_op.add_column(sa.Column("earlier", sa.Text(), nullable=False, server_default="[]"))

    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("last_active_at", sa.Double(), nullable=False, server_default="0")
        )
        batch_op.add_column(
            sa.Column(
                "source_ip",
                sa.String().with_variant(sa.String(collation="C"), "postgresql"),
                nullable=False,
                server_default="",
            )
        )
        batch_op.add_column(sa.Column("user_agent", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("amr", sa.Text(), nullable=False, server_default="[]"))
        batch_op.add_column(
            sa.Column(
                "acr",
                sa.String().with_variant(sa.String(collation="C"), "postgresql"),
                nullable=True,
            )
        )
        batch_op.add_column(
            sa.Column(
                "sso_id",
                sa.String().with_variant(sa.String(collation="C"), "postgresql"),
                nullable=True,
            )
        )
        batch_op.add_column(
            sa.Column(
                "device_key",
                sa.String().with_variant(sa.String(collation="C"), "postgresql"),
                nullable=False,
                server_default="",
            )
        )

    with op.batch_alter_table("user_pools", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tracking", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("mfa", sa.Text(), nullable=True))
    op.execute("UPDATE sessions SET last_active_at = created_at")

    # The rows that were there are filled; from now on each row says it.
    with op.batch_alter_table("passwords", schema=None) as batch_op:
        batch_op.alter_column("earlier", server_default=None)
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.alter_column("last_active_at", server_default=None)
        batch_op.alter_column("source_ip", server_default=None)
        batch_op.alter_column("user_agent", server_default=None)
        batch_op.alter_column("amr", server_default=None)
        batch_op.alter_column("device_key", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("user_pools", schema=None) as batch_op:
        batch_op.drop_column("mfa")
        batch_op.drop_column("tracking")

    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_column("device_key")
        batch_op.drop_column("sso_id")
        batch_op.drop_column("acr")
        batch_op.drop_column("amr")
        batch_op.drop_column("user_agent")
        batch_op.drop_column("source_ip")
        batch_op.drop_column("last_active_at")

    with op.batch_alter_table("passwords", schema=None) as batch_op:
        batch_op.drop_column("earlier")

    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.drop_column("sso_minutes")

    with op.batch_alter_table("sso_sessions", schema=None) as batch_op:
        batch_op.drop_index("ix_sso_sessions_sub")
        batch_op.drop_index("ix_sso_sessions_expires_at")

    op.drop_table("sso_sessions")
    op.drop_table("software_tokens")
    op.drop_table("recovery_codes")
    with op.batch_alter_table("passkeys", schema=None) as batch_op:
        batch_op.drop_index("ix_passkeys_sub")

    op.drop_table("passkeys")
    with op.batch_alter_table("passkey_challenges", schema=None) as batch_op:
        batch_op.drop_index("ix_passkey_challenges_expires_at")

    op.drop_table("passkey_challenges")
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.drop_index("ix_devices_sub")

    op.drop_table("devices")
    with op.batch_alter_table("function_calls", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_function_calls_at"))

    op.drop_table("function_calls")
