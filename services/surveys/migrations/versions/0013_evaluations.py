"""Surveys that evaluate a meeting: before or after it, and which of its groups a guest is in."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Only additions; guests so far are those who said yes."""
    op.add_column("survey", sa.Column("wave", sa.Text()), schema="surveys")
    op.add_column(
        "meeting_guest", sa.Column("group", sa.Text(), server_default="guest", nullable=False), schema="surveys"
    )
