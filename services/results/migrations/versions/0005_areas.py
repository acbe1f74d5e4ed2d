"""The population's areas, so that a result says where those who answered live."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Only additions."""
    op.add_column("population", sa.Column("areas", JSONB(), server_default="[]", nullable=False), schema="results")
    op.add_column(
        "population", sa.Column("area_source", sa.Text(), server_default="", nullable=False), schema="results"
    )
