"""What staff do for a member who asked by phone or on paper, and where the consents of a sign-up come from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table, and give sign-ups a source."""
    op.create_table(
        "on_behalf",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("what", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["registration.member.id"], name=op.f("fk_on_behalf_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_behalf")),
        schema="registration",
    )
    op.create_index(op.f("ix_on_behalf_member_id"), "on_behalf", ["member_id"], schema="registration")
    op.add_column(
        "sign_up",
        sa.Column("source", sa.Text(), nullable=False, server_default="form"),
        schema="registration",
    )
