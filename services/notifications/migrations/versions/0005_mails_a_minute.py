"""Bulk mails of the minute, counted for all processes together."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """``minute``: one row, the minute mail went out in last."""
    op.create_table(
        "minute",
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("began_at", name="pk_minute"),
        schema="notifications",
    )
