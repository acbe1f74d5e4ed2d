"""The proof of having been in a draw's pool, for the own page."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table; it fills from the next draw on."""
    op.create_table(
        "draw_proof",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("proof", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_draw_proof")),
        schema="registration",
    )
    op.create_index(op.f("ix_draw_proof_member_id"), "draw_proof", ["member_id"], schema="registration")
