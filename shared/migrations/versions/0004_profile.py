"""What staff chose of the municipality's profile, in every service."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """One row at most; none while the installed profile stands as it is."""
    op.create_table(
        "profile",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile")),
        sa.CheckConstraint("id = 1", name=op.f("ck_profile_one_row")),
        schema=op.get_context().version_table_schema,
    )
