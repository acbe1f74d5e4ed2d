"""Draws that are committed to before public randomness picks their outcome; quotas as least and most per value."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

_JSON = postgresql.JSONB(astext_type=sa.Text())
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table, and what meetings and entries need of it; draws made before have no row in it."""
    op.create_table(
        "draw",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("limits", _JSON, nullable=False),
        sa.Column("left_out", _JSON, nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("tickets", _JSON, nullable=True),
        sa.Column("bound", sa.Double(), nullable=True),
        sa.Column("root", sa.Text(), nullable=True),
        sa.Column("relaxed", _JSON, nullable=True),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("committed_at", _TIME, nullable=True),
        sa.Column("randomness", sa.Text(), nullable=True),
        sa.Column("ticket", sa.Integer(), nullable=True),
        sa.Column("drawn_at", _TIME, nullable=True),
        sa.Column("cancelled_at", _TIME, nullable=True),
        sa.CheckConstraint("state in ('preparing', 'committed', 'infeasible', 'drawn', 'cancelled')", name="state"),
        sa.CheckConstraint("(state in ('committed', 'drawn')) <= (root is not null)", name="committed"),
        sa.CheckConstraint("(state = 'drawn') = (ticket is not null)", name="drawn"),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.meeting.id"], name=op.f("fk_draw_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw")),
        schema="meetings",
    )
    op.create_index(op.f("ix_draw_meeting_id"), "draw", ["meeting_id"], schema="meetings")
    op.create_index(
        "ix_draw_preparing", "draw", ["id"], schema="meetings", postgresql_where=sa.text("state = 'preparing'")
    )
    op.create_table(
        "draw_candidate",
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("leaf", sa.Text(), nullable=False),
        sa.Column("gender", sa.Text(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["meetings.draw.id"], name=op.f("fk_draw_candidate_draw_id")),
        sa.PrimaryKeyConstraint("draw_id", "number", name=op.f("pk_draw_candidate")),
        schema="meetings",
    )
    op.create_index(op.f("ix_draw_candidate_member_id"), "draw_candidate", ["member_id"], schema="meetings")
    op.add_column("meeting", sa.Column("limits", _JSON, nullable=True), schema="meetings")
    op.add_column(
        "meeting", sa.Column("rest_days", sa.Integer(), server_default="0", nullable=False), schema="meetings"
    )
    # Who is in no group that keeps the quotas has the chance 0, and is told so.
    op.drop_constraint(op.f("ck_draw_entry_chance"), "draw_entry", schema="meetings")
    op.create_check_constraint(
        op.f("ck_draw_entry_chance"), "draw_entry", "chance >= 0 and chance <= 1", schema="meetings"
    )
