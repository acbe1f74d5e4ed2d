"""Whether those who join while a survey is open are invited, and the areas a question may be about."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add both columns; surveys there are go on as they were planned."""
    op.add_column(
        "survey", sa.Column("invites_new", sa.Boolean(), server_default=sa.false(), nullable=False), schema="surveys"
    )
    op.add_column(
        "margins", sa.Column("areas", JSONB(), server_default=sa.text("'[]'"), nullable=False), schema="surveys"
    )
