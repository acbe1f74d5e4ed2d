"""A survey may be paused, and ends a while before its answers leave, so that it can be opened again."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_STATES = "('planned', 'open', 'paused', 'ended', 'closed', 'cancelled')"


def upgrade() -> None:
    """Two more states, when a survey changed last, and when the answers of one that has ended leave."""
    op.add_column("survey", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True), schema="surveys")
    op.add_column("survey", sa.Column("release_at", sa.DateTime(timezone=True), nullable=True), schema="surveys")
    op.drop_constraint(op.f("ck_survey_state"), "survey", schema="surveys", type_="check")
    op.create_check_constraint(op.f("ck_survey_state"), "survey", f"state in {_STATES}", schema="surveys")
    op.create_check_constraint(
        op.f("ck_survey_ended"), "survey", "state != 'ended' or release_at is not null", schema="surveys"
    )
    op.drop_index("ix_survey_unfinished", "survey", schema="surveys")
    op.create_index(
        "ix_survey_unfinished",
        "survey",
        ["state"],
        schema="surveys",
        postgresql_where=sa.text("state in ('planned', 'open', 'paused', 'ended')"),
    )
