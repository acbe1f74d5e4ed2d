"""What delivery could not do is stored until somebody has seen it: lost content, stretches never read, stale events."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """State ``lost`` of dead letters, counts of skipped events by lane, and the table ``removed_unread``."""
    schema = op.get_context().version_table_schema
    op.drop_constraint("ck_dead_letter_state", "dead_letter", schema=schema)
    op.create_check_constraint(
        "state", "dead_letter", "state in ('dead', 'waiting', 'redriven', 'dropped', 'lost')", schema=schema
    )
    op.add_column(
        "subject_seen", sa.Column("stale", sa.Integer(), server_default=sa.text("0"), nullable=False), schema=schema
    )
    op.add_column("subject_seen", sa.Column("stale_at", sa.DateTime(timezone=True), nullable=True), schema=schema)
    op.create_index(
        "ix_subject_seen_stale", "subject_seen", ["stale_at"], schema=schema, postgresql_where=sa.text("stale > 0")
    )
    op.create_table(
        "removed_unread",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("from_offset", sa.BigInteger(), nullable=False),
        sa.Column("to_offset", sa.BigInteger(), nullable=False),
        sa.Column(
            "noticed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("topic", "partition", "from_offset", name="pk_removed_unread"),
        schema=schema,
    )
