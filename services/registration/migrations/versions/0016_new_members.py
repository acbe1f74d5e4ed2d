"""What a survey's rule says of who joins while it is open: told on the front page and when joining."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the column; of the surveys there are it is not known, so the word that promises nothing."""
    op.add_column(
        "survey", sa.Column("new_members", sa.Text(), server_default="some", nullable=False), schema="registration"
    )
