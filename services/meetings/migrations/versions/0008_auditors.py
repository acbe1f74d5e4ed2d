"""To whom the full file of a draw was given."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "audited_draw",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("auditor", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["meetings.draw.id"], name=op.f("fk_audited_draw_draw_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audited_draw")),
        schema="meetings",
    )
    op.create_index(op.f("ix_audited_draw_draw_id"), "audited_draw", ["draw_id"], schema="meetings")
