"""Whether the people of a file get a mail of welcome."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column."""
    op.add_column(
        "member_import",
        sa.Column("welcome", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        schema="registration",
    )
