"""The schema as it starts: shared mechanism and this service's tables."""

from alembic import op

from services.surveys.tables import metadata
from shared.mechanism import create_mechanism

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything."""
    connection = op.get_bind()
    create_mechanism(connection, "surveys")
    metadata.create_all(connection, checkfirst=False)
