"""Texts corrected while a survey is open, with both wordings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the columns; nothing has been corrected yet."""
    op.add_column(
        "survey", sa.Column("corrected", sa.Integer(), server_default=sa.text("0"), nullable=False), schema="surveys"
    )
    op.add_column(
        "survey",
        sa.Column("corrections", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        schema="surveys",
    )
