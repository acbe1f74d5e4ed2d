"""The verifier of a draw's time stays with the draw, and when its pool was fixed."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Only additions; the release before fixes a pool when it is asked to."""
    op.add_column("draw", sa.Column("program", sa.Text()), schema="meetings")
    op.add_column("draw", sa.Column("pooled_at", sa.DateTime(timezone=True)), schema="meetings")
    op.execute("update meetings.draw set pooled_at = asked_at")
