"""Dates of surveys, meetings and results as each service told them last."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """``told_dates``: one row a thing with dates."""
    op.create_table(
        "told_dates",
        sa.Column("dates_id", sa.Uuid(), nullable=False),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("dates_id", name="pk_told_dates"),
        schema=op.get_context().version_table_schema,
    )
