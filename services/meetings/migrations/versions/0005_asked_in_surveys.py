"""When surveys asked each member, for the contact cap."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table; it fills from the topic of surveys."""
    op.create_table(
        "asked_in_survey",
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("invitation_id", "number", name="pk_asked_in_survey"),
        schema="meetings",
    )
    op.create_index("ix_asked_in_survey_member_id", "asked_in_survey", ["member_id"], schema="meetings")
    op.create_index("ix_asked_in_survey_asked_at", "asked_in_survey", ["asked_at"], schema="meetings")
