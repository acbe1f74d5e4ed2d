"""The schema ``meetings`` as it was first made."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "follow_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("done", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("done_on", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
        schema="meetings",
    )
    op.create_index(op.f("ix_follow_up_meeting_id"), "follow_up", ["meeting_id"], unique=False, schema="meetings")
    op.create_table(
        "margins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("bands", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("population", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_margins")),
        schema="meetings",
    )
    op.create_table(
        "meeting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("agenda", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("served", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("reply_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stop_hours", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("quotas", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("by_hand", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("bands", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("draw_id", sa.Uuid(), nullable=True),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("protocol", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("attended", sa.Integer(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.Text(), nullable=True),
        sa.Column("minuted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('announced', 'cancelled') or drawn_at is not null", name=op.f("ck_meeting_drawn")
        ),
        sa.CheckConstraint(
            "state in ('announced', 'drawn', 'held', 'minuted', 'cancelled')", name=op.f("ck_meeting_state")
        ),
        sa.CheckConstraint("reply_by < starts_at and starts_at < ends_at", name=op.f("ck_meeting_times")),
        sa.CheckConstraint("seats > 0", name=op.f("ck_meeting_seats")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("slug", name=op.f("uq_meeting_slug")),
        schema="meetings",
    )
    op.create_index(
        "ix_meeting_drawn",
        "meeting",
        ["state"],
        unique=False,
        schema="meetings",
        postgresql_where=sa.text("state = 'drawn'"),
    )
    op.create_table(
        "member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("erased", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("year_of_birth", sa.Integer(), nullable=True),
        sa.Column("gender", sa.Text(), nullable=True),
        sa.Column("purposes", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        schema="meetings",
    )
    op.create_table(
        "draw_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("gender", sa.Text(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("chance", sa.Double(), nullable=False),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.CheckConstraint("chance > 0 and chance <= 1", name=op.f("ck_draw_entry_chance")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.meeting.id"], name=op.f("fk_draw_entry_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw_entry")),
        sa.UniqueConstraint("meeting_id", "member_id", name=op.f("uq_draw_entry_meeting_id_member_id")),
        schema="meetings",
    )
    op.create_index(op.f("ix_draw_entry_member_id"), "draw_entry", ["member_id"], unique=False, schema="meetings")
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("gender", sa.Text(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("replaces", sa.Uuid(), nullable=True),
        sa.Column("reply_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attended", sa.Boolean(), nullable=True),
        sa.Column("needs", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.CheckConstraint("(state = 'invited') = (settled_at is null)", name=op.f("ck_invitation_settled")),
        sa.CheckConstraint("needs is null or state = 'accepted'", name=op.f("ck_invitation_needs")),
        sa.CheckConstraint(
            "state in ('invited', 'accepted', 'declined', 'lapsed', 'withdrawn', 'ended')",
            name=op.f("ck_invitation_state"),
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.meeting.id"], name=op.f("fk_invitation_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("meeting_id", "code", name=op.f("uq_invitation_meeting_id_code")),
        sa.UniqueConstraint("meeting_id", "member_id", name=op.f("uq_invitation_meeting_id_member_id")),
        sa.UniqueConstraint("replaces", name=op.f("uq_invitation_replaces")),
        schema="meetings",
    )
    op.create_index(op.f("ix_invitation_member_id"), "invitation", ["member_id"], unique=False, schema="meetings")
    op.create_index(
        "ix_invitation_unanswered",
        "invitation",
        ["reply_by"],
        unique=False,
        schema="meetings",
        postgresql_where=sa.text("state = 'invited'"),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("follow_up_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["invitation_id"], ["meetings.invitation.id"], name=op.f("fk_notice_invitation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("invitation_id", "follow_up_id", name=op.f("uq_notice_invitation_id_follow_up_id")),
        schema="meetings",
    )
    op.create_index(op.f("ix_notice_invitation_id"), "notice", ["invitation_id"], unique=False, schema="meetings")
