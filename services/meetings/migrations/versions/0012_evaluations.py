"""Surveys about a meeting, and its control group."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Only additions."""
    at = sa.DateTime(timezone=True)
    op.add_column(
        "draw_entry", sa.Column("control", sa.Boolean(), server_default="false", nullable=False), schema="meetings"
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("compared", sa.Boolean(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("closes_at", at, nullable=False),
        sa.Column("asked_at", at, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.meeting.id"], name=op.f("fk_evaluation_meeting_id_meeting")),
        sa.UniqueConstraint("meeting_id", "group", "wave", name=op.f("uq_evaluation_meeting_id_group_wave")),
        schema="meetings",
    )
