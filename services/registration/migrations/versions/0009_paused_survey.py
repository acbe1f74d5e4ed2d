"""A survey that is paused is not offered on the front page."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column; no survey is paused that nothing has been heard about."""
    op.add_column(
        "survey", sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False), schema="registration"
    )
