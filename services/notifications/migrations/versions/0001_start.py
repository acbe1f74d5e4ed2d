"""The schema ``notifications`` as it was first made."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "contact",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), server_default="nb", nullable=False),
        sa.Column("removed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("unreachable", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_contact")),
        schema="notifications",
    )
    op.create_table(
        "correspondent",
        sa.Column("suggestion_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("in_reply_to", sa.Text(), nullable=True),
        sa.Column("by_mail", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("suggestion_id", name=op.f("pk_correspondent")),
        schema="notifications",
    )
    op.create_index(
        "ix_correspondent_email",
        "correspondent",
        [sa.literal_column("lower(email)")],
        unique=False,
        schema="notifications",
    )
    op.create_table(
        "journal",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column(
            "started_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("message_id", "fence", name=op.f("pk_journal")),
        schema="notifications",
    )
    op.create_table(
        "letter",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_letter")),
        schema="notifications",
    )
    op.create_table(
        "meeting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=True),
        sa.Column("heading", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("done", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        schema="notifications",
    )
    op.create_table(
        "member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purposes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        schema="notifications",
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("survey_id", sa.Uuid(), nullable=True),
        sa.Column("meeting_id", sa.Uuid(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("link_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("send_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("consent", sa.Text(), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("asked_for_card", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(
            "state in ('waiting', 'pending', 'sending', 'sent', 'failed', 'suppressed', 'expired', "
            "'no_address', 'unknown')",
            name=op.f("ck_message_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint(
            "subject_id",
            "purpose",
            "member_id",
            "generation",
            name=op.f("uq_message_subject_id_purpose_member_id_generation"),
            postgresql_nulls_not_distinct=True,
        ),
        schema="notifications",
    )
    op.create_index(
        "ix_message_due",
        "message",
        [sa.literal_column("urgent desc"), "created_at"],
        unique=False,
        schema="notifications",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_message_expiring",
        "message",
        ["send_before"],
        unique=False,
        schema="notifications",
        postgresql_where=sa.text("state in ('waiting', 'pending')"),
    )
    op.create_index(
        "ix_message_meeting",
        "message",
        ["meeting_id"],
        unique=False,
        schema="notifications",
        postgresql_where=sa.text("meeting_id is not null"),
    )
    op.create_index(
        "ix_message_member",
        "message",
        ["member_id"],
        unique=False,
        schema="notifications",
        postgresql_where=sa.text("state in ('waiting', 'pending')"),
    )
    op.create_index(
        "ix_message_sending",
        "message",
        ["created_at"],
        unique=False,
        schema="notifications",
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "ix_message_survey",
        "message",
        ["survey_id"],
        unique=False,
        schema="notifications",
        postgresql_where=sa.text("survey_id is not null"),
    )
    op.create_index(
        "ix_message_unknown",
        "message",
        ["created_at"],
        unique=False,
        schema="notifications",
        postgresql_where=sa.text("state = 'unknown'"),
    )
    op.create_index(
        "ix_message_waiting",
        "message",
        ["member_id"],
        unique=False,
        schema="notifications",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "sending",
        sa.Column("id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "changed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_sending_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sending")),
        schema="notifications",
    )
    op.create_table(
        "settled_invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settled_invitation")),
        schema="notifications",
    )
    op.create_table(
        "survey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("questionnaire", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("slug", sa.Text(), nullable=True),
        sa.Column("done", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey")),
        schema="notifications",
    )
