"""What members chose to tell about themselves, by the questions of the municipality's profile."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns, empty for everybody there is."""
    for table in ("member", "sign_up"):
        op.add_column(
            table,
            sa.Column("own_answers", ARRAY(sa.Text()), nullable=False, server_default="{}"),
            schema="registration",
        )
