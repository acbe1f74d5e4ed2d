"""A second reminder, when reminders go and whom they skip; a soft launch to the first few."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns; surveys there are remind once, as planned, and were sent to all."""
    for column in (
        sa.Column("reminder", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("again_after", sa.Integer(), nullable=True),
        sa.Column("remind_from", sa.Integer(), server_default=sa.text("9"), nullable=False),
        sa.Column("remind_to", sa.Integer(), server_default=sa.text("20"), nullable=False),
        sa.Column("remind_until_enough", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("remind_skips", JSONB(), nullable=True),
        sa.Column("soft_size", sa.Integer(), nullable=True),
        sa.Column("soft", sa.Boolean(), server_default=sa.false(), nullable=False),
    ):
        op.add_column("survey", column, schema="surveys")
