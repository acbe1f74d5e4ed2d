"""Receipts are counted by mailbox, whatever tag an address has."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Index what is counted."""
    mailbox = sa.text(r"regexp_replace(lower(email), '\+[^@]*@', '@')")
    op.create_index("ix_correspondent_mailbox", "correspondent", [mailbox], schema="notifications")
