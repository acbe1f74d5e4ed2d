"""An invitation whose mail came back says so."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; the release before leaves it false."""
    op.add_column(
        "invitation",
        sa.Column("unreached", sa.Boolean(), server_default="false", nullable=False),
        schema="meetings",
    )
