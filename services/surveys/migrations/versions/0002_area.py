"""The area members live in, kept with the member and with each invitation."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; None outside every area, and for invitations sent before areas were named."""
    op.add_column("member", sa.Column("area", sa.Text(), nullable=True), schema="surveys")
    op.add_column("invitation", sa.Column("area", sa.Text(), nullable=True), schema="surveys")
