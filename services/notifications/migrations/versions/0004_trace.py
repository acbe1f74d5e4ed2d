"""A mail's trace, back to the page that asked for it; and cards of made-up residents, whose mails are not counted."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns; mails that are written already have no trace."""
    op.add_column("message", sa.Column("traceparent", sa.Text()), schema="notifications")
    op.add_column(
        "contact",
        sa.Column("synthetic", sa.Boolean(), server_default="false", nullable=False),
        schema="notifications",
    )
