"""How many rows of a file are members': they are no faults."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the column; in files looked over before they are among the faults."""
    column = sa.Column("members_before", sa.Integer(), server_default="0", nullable=False)
    op.add_column("member_import", column, schema="registration")
