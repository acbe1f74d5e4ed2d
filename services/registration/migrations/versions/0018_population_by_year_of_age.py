"""The population by single year of age, so that it can be counted from another lowest age."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the column; a row of an older release has the bands alone."""
    op.add_column("margins", sa.Column("figures", sa.Text(), nullable=True), schema="registration")
