"""Refusals that may pass are counted by address, and a letter may be a machine's."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; each has a default or may be null, so the release before goes on."""
    for column in (
        sa.Column("soft_refusals", sa.Integer(), server_default="0", nullable=False),
        sa.Column("soft_since", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("contact", column, schema="notifications")
    op.add_column(
        "correspondent",
        sa.Column("doubtful", sa.Boolean(), server_default="false", nullable=False),
        schema="notifications",
    )
