"""What a draw promises is stored as it is published, with what is told of it only after the draw or to an auditor."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    """Add the columns; draws made before have nothing in them."""
    for column in (
        sa.Column("announced", _JSON, nullable=True),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("promise", _JSON, nullable=True),
        sa.Column("full_part", _JSON, nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("conflicts", _JSON, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
    ):
        op.add_column("draw", column, schema="meetings")
    op.add_column("draw_candidate", sa.Column("person", sa.Text(), nullable=True), schema="meetings")
