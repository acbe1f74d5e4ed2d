"""What was cut from a letter because it quotes us is kept for staff to see, as long as the letter's own words."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; the release before leaves it empty."""
    op.add_column("suggestion", sa.Column("removed", sa.Text(), nullable=True), schema="results")
