"""Registration's number of the address on a contact card."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; addresses there are count as the first."""
    op.add_column(
        "contact", sa.Column("address_number", sa.Integer(), server_default="1", nullable=False), schema="notifications"
    )
