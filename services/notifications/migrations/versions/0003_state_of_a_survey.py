"""How a survey stands: mails about one that is paused wait, and those about one that has closed are needless."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; surveys that are known count as open, as they did."""
    op.add_column(
        "survey", sa.Column("state", sa.Text(), server_default="open", nullable=False), schema="notifications"
    )
