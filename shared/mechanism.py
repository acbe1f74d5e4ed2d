"""Tables every service's schema has besides its own: outbox and archive, inbox, dead letters, audit.

Every change of these tables is a file in ``shared/migrations/versions``, which ``migrate`` applies to all five schemas.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from shared.database import CLOCK, NAMING


@dataclass(frozen=True)
class Mechanism:
    """The mechanism tables of one schema."""

    metadata: sa.MetaData
    subject: sa.Table
    outbox: sa.Table
    archive: sa.Table
    archive_restricted: sa.Table
    relay_position: sa.Table
    inbox: sa.Table
    subject_seen: sa.Table
    removed_unread: sa.Table
    limit_hit: sa.Table
    shown_page: sa.Table
    dead_letter: sa.Table
    audit_entry: sa.Table
    ended_staff_session: sa.Table
    profile: sa.Table
    told_dates: sa.Table


def _event_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subject", sa.Uuid),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("headers", JSONB, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    ]


@cache
def mechanism(schema: str) -> Mechanism:
    """The mechanism tables of ``schema`` as SQLAlchemy Core tables."""
    metadata = sa.MetaData(schema=schema, naming_convention=NAMING)

    def table(name: str, *parts: sa.schema.SchemaItem, **options: Any) -> None:
        sa.Table(name, metadata, *parts, **options)

    table(
        "subject",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    table(
        "outbox",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        *_event_columns(),
        sa.Column("restricted", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=CLOCK),
        sa.Index(None, "subject"),
    )
    table(
        "relay_position",
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("acknowledged", sa.BigInteger, nullable=False),
        sa.Column("emptied_at", sa.DateTime(timezone=True)),
    )
    table(
        "inbox",
        sa.Column("handler", sa.Text, primary_key=True),
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, server_default=CLOCK),
        sa.Index(None, "received_at", postgresql_using="brin"),
    )
    table(
        "subject_seen",
        sa.Column("handler", sa.Text, primary_key=True),
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("subject", sa.Uuid, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("stale", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("stale_at", sa.DateTime(timezone=True)),
        sa.Index("ix_subject_seen_stale", "stale_at", postgresql_where=sa.text("stale > 0")),
    )
    table(
        "removed_unread",
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("from_offset", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("to_offset", sa.BigInteger, nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False, server_default=CLOCK),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
    )
    table(
        "dead_letter",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("handler", sa.Text),
        sa.Column("event_id", sa.Uuid),
        sa.Column("type", sa.Text),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("subject", sa.Uuid),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("headers", JSONB, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, server_default=CLOCK),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("warned_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("state in ('dead', 'waiting', 'redriven', 'dropped', 'lost')", name="state"),
        sa.Index(
            "uq_dead_letter_event", "handler", "event_id", unique=True, postgresql_where=sa.text("handler is not null")
        ),
        sa.Index(
            "uq_dead_letter_record",
            "topic",
            "partition",
            "offset",
            unique=True,
            postgresql_where=sa.text("handler is null"),
        ),
        sa.Index(
            "ix_dead_letter_open",
            "subject",
            "topic",
            "handler",
            postgresql_where=sa.text("state in ('dead', 'waiting')"),
        ),
    )
    table(
        "audit_entry",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=CLOCK),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("actor_name", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("detail", JSONB, nullable=False),
        sa.Index(None, "subject"),
    )
    table(
        "ended_staff_session",
        sa.Column("session_id", sa.Uuid, primary_key=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
    )
    table(
        "profile",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("choices", JSONB, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name="one_row"),
    )
    table(
        "told_dates",
        sa.Column("dates_id", sa.Uuid, primary_key=True),
        sa.Column("told", JSONB, nullable=False),
    )
    table(
        "limit_hit",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("key", sa.BigInteger, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=CLOCK),
        sa.Index(None, "key", "at"),
        prefixes=["unlogged"],
    )
    table(
        "shown_page",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=CLOCK),
        prefixes=["unlogged"],
    )
    for name in ("archive", "archive_restricted"):
        table(
            name,
            sa.Column("archived_on", sa.Date, primary_key=True),
            sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
            *_event_columns(),
            sa.Column("partition", sa.Integer, nullable=False),
            sa.Column("offset", sa.BigInteger, nullable=False),
            sa.Index(None, "subject"),
            postgresql_partition_by="RANGE (archived_on)",
        )
    return Mechanism(metadata=metadata, **{each.name: each for each in metadata.tables.values()})
