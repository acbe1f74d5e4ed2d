"""Questionnaires that staff write in the browser, in numbered versions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "written_questionnaire",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("current", sa.Integer(), nullable=False),
        sa.Column("ready", sa.Integer(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_written_questionnaire"),
        schema="surveys",
    )
    op.create_table(
        "written_version",
        sa.Column("questionnaire_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"],
            ["surveys.written_questionnaire.id"],
            name="fk_written_version_questionnaire_id_written_questionnaire",
        ),
        sa.PrimaryKeyConstraint("questionnaire_id", "version", name="pk_written_version"),
        schema="surveys",
    )
