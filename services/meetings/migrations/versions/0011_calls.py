"""A call for volunteers: what is asked and until when, who was asked, and the answer to its question as a feature."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Only additions; meetings of the release before have no call."""
    at = sa.DateTime(timezone=True)
    for column in (sa.Column("call", JSONB()), sa.Column("called_until", at), sa.Column("calling", sa.Uuid())):
        op.add_column("meeting", column, schema="meetings")
    for table in ("draw_candidate", "draw_entry", "invitation"):
        op.add_column(table, sa.Column("answer", sa.Text()), schema="meetings")
    op.create_table(
        "called",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("asked_at", at, nullable=False),
        sa.Column("answered_at", at),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_called")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.meeting.id"], name=op.f("fk_called_meeting_id_meeting")),
        sa.UniqueConstraint("meeting_id", "member_id", name=op.f("uq_called_meeting_id_member_id")),
        sa.CheckConstraint("state in ('asked', 'yes', 'no')", name=op.f("ck_called_state")),
        sa.CheckConstraint("answer is null or state = 'yes'", name=op.f("ck_called_answer")),
        schema="meetings",
    )
    op.create_index(op.f("ix_called_member_id"), "called", ["member_id"], schema="meetings")
    op.create_index(op.f("ix_called_asked_at"), "called", ["asked_at"], schema="meetings")
