"""The area members live in, and the municipality's areas with their residents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; rows from before areas were named have none."""
    op.add_column("member", sa.Column("area", sa.Text(), nullable=True), schema="meetings")
    op.add_column("draw_entry", sa.Column("area", sa.Text(), nullable=True), schema="meetings")
    op.add_column("invitation", sa.Column("area", sa.Text(), nullable=True), schema="meetings")
    op.add_column(
        "margins",
        sa.Column("areas", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        schema="meetings",
    )
    op.add_column("margins", sa.Column("area_source", sa.Text(), server_default="", nullable=False), schema="meetings")
