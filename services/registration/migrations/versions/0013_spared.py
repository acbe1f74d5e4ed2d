"""A survey was for a member, and others were drawn: shown on the own page."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "spared",
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("candidate_id", name="pk_spared"),
        schema="registration",
    )
    op.create_index("ix_spared_member_id", "spared", ["member_id"], schema="registration")
