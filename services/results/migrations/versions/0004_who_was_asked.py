"""Who a survey asked, and how its sample was drawn: part of the method."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add both; surveys there are asked everybody."""
    asks = sa.Column("asks", sa.Text(), server_default="everybody", nullable=False)
    op.add_column("survey", asks, schema="results")
    op.add_column("survey", sa.Column("sample", JSONB(), nullable=True), schema="results")
