"""Sessions of residents that can be ended, sign-in links asked for, and new addresses that somebody has already."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_CLOCK = sa.text("clock_timestamp()")


def upgrade() -> None:
    """Make the tables and the column; who is signed in now signs in once more."""
    op.create_table(
        "member_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("opened_with", sa.Uuid(), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=False, server_default=_CLOCK),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_session")),
        schema="registration",
    )
    op.create_index(op.f("ix_member_session_member_id"), "member_session", ["member_id"], schema="registration")
    op.create_table(
        "sign_in_asked",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, server_default=_CLOCK),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_asked")),
        schema="registration",
    )
    op.create_index(op.f("ix_sign_in_asked_email_key"), "sign_in_asked", ["email_key"], schema="registration")
    taken: sa.Column[bool] = sa.Column("taken", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    op.add_column("address_change", taken, schema="registration")
