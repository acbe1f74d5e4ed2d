"""Pages that were the answer to a form of staff have addresses; staff are warned once of a letter that expires."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """``shown_page``: one row a page, sealed; a crash of the database may forget them. ``dead_letter.warned_at``."""
    schema = op.get_context().version_table_schema
    op.add_column("dead_letter", sa.Column("warned_at", sa.DateTime(timezone=True)), schema=schema)
    op.create_table(
        "shown_page",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shown_page"),
        schema=schema,
        prefixes=["unlogged"],
    )
