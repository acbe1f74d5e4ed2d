"""Limits are counted where every replica sees them, and outlive a restart."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """``limit_hit``: one row a post or mail within its window; a crash of the database may forget them."""
    schema = op.get_context().version_table_schema
    op.create_table(
        "limit_hit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_limit_hit"),
        schema=schema,
        prefixes=["unlogged"],
    )
    op.create_index("ix_limit_hit_key_at", "limit_hit", ["key", "at"], schema=schema)
