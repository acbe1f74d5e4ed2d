"""How far the making of a draw's tickets is, and whose turn it is."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns; only draws that are being prepared have anything in them."""
    for column in (
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("done", sa.Double(), nullable=True),
        sa.Column("taken_until", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("draw", column, schema="meetings")
