"""How an invited member answered: by the link, or on paper that staff keyed in."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; who has answered so far used the link."""
    op.add_column("invitation", sa.Column("mode", sa.Text(), server_default="link", nullable=False), schema="surveys")
    op.create_check_constraint(op.f("ck_invitation_mode"), "invitation", "mode in ('link', 'paper')", schema="surveys")
