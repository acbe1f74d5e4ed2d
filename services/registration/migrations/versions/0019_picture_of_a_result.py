"""Which question the picture of a public result is of, for the front page."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the column; results of before get it when results sends its state again."""
    op.add_column("published_result", sa.Column("picture", JSONB(), nullable=True), schema="registration")
