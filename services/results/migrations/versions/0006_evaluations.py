"""What meetings changed: the meeting a survey is about, and the change that was published."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Only additions."""
    op.add_column("survey", sa.Column("meeting", JSONB()), schema="results")
    op.add_column("publication", sa.Column("changes", JSONB(), server_default="[]", nullable=False), schema="results")
