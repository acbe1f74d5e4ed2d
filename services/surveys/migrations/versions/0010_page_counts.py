"""How often each page of a survey was opened, sent in, faulty, and how long it took: numbers without a person."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "page_count",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("survey_id", "page", "what", name="pk_page_count"),
        schema="surveys",
    )
