"""When a member's address changed: a mail that comes back later may have gone to the one before."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; of addresses that changed earlier nobody knows when."""
    op.add_column("contact", sa.Column("address_since", sa.DateTime(timezone=True)), schema="notifications")
