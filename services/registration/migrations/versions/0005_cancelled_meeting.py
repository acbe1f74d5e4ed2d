"""A meeting that is cancelled is no longer what happens next."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column, false for what is there."""
    op.add_column(
        "meeting",
        sa.Column("cancelled", sa.Boolean(), nullable=False, server_default=sa.false()),
        schema="registration",
    )
