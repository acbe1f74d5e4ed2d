"""The schema ``surveys`` as it was first made."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "erased_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erased_member")),
        schema="surveys",
    )
    op.create_table(
        "margins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("bands", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_margins")),
        schema="surveys",
    )
    op.create_table(
        "member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year_of_birth", sa.Integer(), nullable=False),
        sa.Column("gender", sa.Text(), nullable=False),
        sa.Column("purposes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        schema="surveys",
    )
    op.create_table(
        "survey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("questionnaire_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("questionnaire", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opens", sa.Text(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("threshold_size", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminder_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("target_percent", sa.Integer(), server_default=sa.text("50"), nullable=False),
        sa.Column("reminded", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("remind_after", sa.Uuid(), nullable=True),
        sa.Column("inviting", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("invite_after", sa.Uuid(), nullable=True),
        sa.Column("bands", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("bands_year", sa.Integer(), nullable=True),
        sa.Column("cell_minimum", sa.Integer(), server_default=sa.text("5"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("invited", sa.Integer(), nullable=True),
        sa.Column("answered", sa.Integer(), nullable=True),
        sa.Column("released", sa.Integer(), nullable=True),
        sa.Column("result_slug", sa.Text(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_by", sa.Text(), nullable=False),
        sa.CheckConstraint("(opens = 'threshold') = (threshold_size is not null)", name=op.f("ck_survey_threshold")),
        sa.CheckConstraint("opens in ('now', 'date', 'threshold')", name=op.f("ck_survey_opens")),
        sa.CheckConstraint("state in ('planned', 'cancelled') or opened_at is not null", name=op.f("ck_survey_opened")),
        sa.CheckConstraint("state in ('planned', 'open', 'closed', 'cancelled')", name=op.f("ck_survey_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey")),
        schema="surveys",
    )
    op.create_index(
        "ix_survey_unfinished",
        "survey",
        ["state"],
        unique=False,
        schema="surveys",
        postgresql_where=sa.text("state in ('planned', 'open')"),
    )
    op.create_table(
        "threshold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threshold")),
        schema="surveys",
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("gender", sa.Text(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["survey_id"], ["surveys.survey.id"], name=op.f("fk_invitation_survey_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("survey_id", "member_id", name=op.f("uq_invitation_survey_id_member_id")),
        schema="surveys",
    )
    op.create_index(op.f("ix_invitation_member_id"), "invitation", ["member_id"], unique=False, schema="surveys")
    op.create_index(
        "ix_invitation_unanswered",
        "invitation",
        ["survey_id", "id"],
        unique=False,
        schema="surveys",
        postgresql_where=sa.text("answered_at is null"),
    )
    op.create_table(
        "response",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["surveys.survey.id"], name=op.f("fk_response_survey_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response")),
        schema="surveys",
    )
    op.create_index(op.f("ix_response_survey_id"), "response", ["survey_id"], unique=False, schema="surveys")
    op.create_table(
        "draft",
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("page", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["invitation_id"], ["surveys.invitation.id"], name=op.f("fk_draft_invitation_id")),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_draft")),
        schema="surveys",
    )
    op.create_table(
        "follow_up_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("follow_up_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["surveys.invitation.id"], name=op.f("fk_follow_up_notice_invitation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_notice")),
        sa.UniqueConstraint(
            "invitation_id", "follow_up_id", name=op.f("uq_follow_up_notice_invitation_id_follow_up_id")
        ),
        schema="surveys",
    )
