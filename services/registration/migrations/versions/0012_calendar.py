"""Dates of every service, and the secret addresses of staff's own calendars."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "planned_date",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("dates_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("service", "dates_id", "kind", "at", name=op.f("pk_planned_date")),
        schema="registration",
    )
    op.create_index(op.f("ix_planned_date_at"), "planned_date", ["at"], schema="registration")
    op.create_table(
        "calendar_feed",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("digest", name=op.f("uq_calendar_feed_digest")),
        schema="registration",
    )
