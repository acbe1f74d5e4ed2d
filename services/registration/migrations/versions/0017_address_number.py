"""Which of a member's addresses the present one is: reports of the one before may still be on their way."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the column; addresses there are count as the first."""
    op.add_column(
        "member", sa.Column("address_number", sa.Integer(), server_default="1", nullable=False), schema="registration"
    )
