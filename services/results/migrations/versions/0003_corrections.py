"""Texts that were corrected while a survey was open, with both wordings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; nothing has been corrected yet."""
    op.add_column(
        "survey",
        sa.Column("corrections", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        schema="results",
    )
