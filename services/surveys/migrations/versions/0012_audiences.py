"""Whom a survey is for: a filter, a sample and how it was drawn; and the copies the filter asks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add columns and tables; a survey there is is for everybody."""
    for table, column in (
        ("member", sa.Column("language", sa.Text(), nullable=True)),
        ("margins", sa.Column("population", JSONB(), server_default=sa.text("'[]'"), nullable=False)),
        ("survey", sa.Column("audience", JSONB(), server_default=sa.text("'{}'"), nullable=False)),
        ("survey", sa.Column("sample_size", sa.Integer(), nullable=True)),
        ("survey", sa.Column("confirmed", sa.Integer(), nullable=True)),
        ("survey", sa.Column("pooled", sa.Boolean(), server_default=sa.false(), nullable=False)),
        ("survey", sa.Column("sample", JSONB(), nullable=True)),
    ):
        op.add_column(table, column, schema="surveys")
    op.create_table(
        "candidate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("leaf", sa.Text(), nullable=False),
        sa.Column("gender", sa.Text(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="waiting", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_candidate"),
        sa.ForeignKeyConstraint(["survey_id"], ["surveys.survey.id"], name="fk_candidate_survey_id"),
        sa.UniqueConstraint("survey_id", "member_id", name="uq_candidate_survey_id_member_id"),
        sa.CheckConstraint("outcome in ('waiting', 'drawn', 'spared', 'capped')", name="ck_candidate_outcome"),
        schema="surveys",
    )
    op.create_index("ix_candidate_member_id", "candidate", ["member_id"], schema="surveys")
    op.create_index("ix_candidate_survey_id_id", "candidate", ["survey_id", "id"], schema="surveys")
    op.create_table(
        "meeting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("starts_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_meeting"),
        schema="surveys",
    )
    op.create_table(
        "meeting_guest",
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("invitation_id", name="pk_meeting_guest"),
        schema="surveys",
    )
    op.create_index("ix_meeting_guest_meeting_id", "meeting_guest", ["meeting_id"], schema="surveys")
    op.create_index("ix_meeting_guest_member_id", "meeting_guest", ["member_id"], schema="surveys")
