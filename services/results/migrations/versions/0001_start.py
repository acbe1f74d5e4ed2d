"""The schema as it starts."""

from alembic import op

from services.results.tables import metadata
from shared.mechanism import create_mechanism

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Mechanism first, then the service's own tables."""
    connection = op.get_bind()
    create_mechanism(connection, "results")
    metadata.create_all(connection, checkfirst=False)
