"""When each mail that asked a member something went out, by surveys and by meetings: what the contact cap counts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add both; invitations of the last year say when they and their reminder went out."""
    op.add_column(
        "invitation",
        sa.Column("asked_at", ARRAY(sa.DateTime(timezone=True)), server_default=sa.text("'{}'"), nullable=False),
        schema="surveys",
    )
    op.execute(
        """
        update surveys.invitation set asked_at = array_remove(array[invited_at, reminded_at], null)
        where invited_at > (select max(invited_at) from surveys.invitation) - interval '1 year'
        """
    )
    op.create_table(
        "asked_to_meeting",
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("invitation_id", "number", name="pk_asked_to_meeting"),
        schema="surveys",
    )
    op.create_index("ix_asked_to_meeting_member_id", "asked_to_meeting", ["member_id"], schema="surveys")
    op.create_index("ix_asked_to_meeting_asked_at", "asked_to_meeting", ["asked_at"], schema="surveys")
