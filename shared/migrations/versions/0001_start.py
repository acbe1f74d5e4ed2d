"""The tables of shared mechanism as they were first made, and the function that keeps the archive's days."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table.

    ``keep_mechanism()`` runs with its owner's rights: the service's role may not create or drop tables.
    """
    schema = op.get_context().version_table_schema
    if sa.inspect(op.get_bind()).has_table("outbox", schema):
        return  # Made by the service's own first migration, before these tables had a tree of their own.
    op.create_table(
        "archive",
        sa.Column("archived_on", sa.Date(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("archived_on", "id", name=op.f("pk_archive")),
        schema=schema,
        postgresql_partition_by="RANGE (archived_on)",
    )
    op.create_index(op.f("ix_archive_subject"), "archive", ["subject"], unique=False, schema=schema)
    op.create_table(
        "archive_restricted",
        sa.Column("archived_on", sa.Date(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("archived_on", "id", name=op.f("pk_archive_restricted")),
        schema=schema,
        postgresql_partition_by="RANGE (archived_on)",
    )
    op.create_index(
        op.f("ix_archive_restricted_subject"), "archive_restricted", ["subject"], unique=False, schema=schema
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        schema=schema,
    )
    op.create_index(op.f("ix_audit_entry_subject"), "audit_entry", ["subject"], unique=False, schema=schema)
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('dead', 'waiting', 'redriven', 'dropped')", name=op.f("ck_dead_letter_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
        schema=schema,
    )
    op.create_index(
        "ix_dead_letter_open",
        "dead_letter",
        ["subject", "topic", "handler"],
        unique=False,
        schema=schema,
        postgresql_where=sa.text("state in ('dead', 'waiting')"),
    )
    op.create_index(
        "uq_dead_letter_event",
        "dead_letter",
        ["handler", "event_id"],
        unique=True,
        schema=schema,
        postgresql_where=sa.text("handler is not null"),
    )
    op.create_index(
        "uq_dead_letter_record",
        "dead_letter",
        ["topic", "partition", "offset"],
        unique=True,
        schema=schema,
        postgresql_where=sa.text("handler is null"),
    )
    op.create_table(
        "ended_staff_session",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_ended_staff_session")),
        schema=schema,
    )
    op.create_table(
        "inbox",
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("handler", "event_id", name=op.f("pk_inbox")),
        schema=schema,
    )
    op.create_index(
        op.f("ix_inbox_received_at"), "inbox", ["received_at"], unique=False, schema=schema, postgresql_using="brin"
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        schema=schema,
    )
    op.create_index(op.f("ix_outbox_subject"), "outbox", ["subject"], unique=False, schema=schema)
    op.create_table(
        "relay_position",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("acknowledged", sa.BigInteger(), nullable=False),
        sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_relay_position")),
        schema=schema,
    )
    op.create_table(
        "subject",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject")),
        schema=schema,
    )
    op.create_table(
        "subject_seen",
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("handler", "topic", "subject", name=op.f("pk_subject_seen")),
        schema=schema,
    )
    op.execute(_KEEP.format(schema=schema))
    op.execute(f'select "{schema}".keep_mechanism()')


_KEEP = """
create function "{schema}".keep_mechanism() returns void language plpgsql security definer
set search_path = "{schema}", pg_temp as $$
declare
    parent text;
    kept integer;
    day date;
    part record;
begin
    -- Replicas start their keepers at the same moment.
    perform pg_advisory_xact_lock(hashtextextended('{schema}.keep_mechanism', 0));
    foreach parent in array array['archive', 'archive_restricted'] loop
        kept := case parent when 'archive' then 30 else 7 end;
        for day in select d::date from generate_series(current_date - 1, current_date + 2, '1 day') d loop
            execute format('create table if not exists "{schema}".%I partition of "{schema}".%I'
                ' for values from (%L) to (%L)', parent || to_char(day, '_YYYYMMDD'), parent, day, day + 1);
        end loop;
        for part in
            select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = format('"{schema}".%I', parent)::regclass
        loop
            if to_date(right(part.relname, 8), 'YYYYMMDD') < current_date - kept then
                execute format('drop table "{schema}".%I', part.relname);
            end if;
        end loop;
    end loop;
    delete from inbox where received_at < now() - interval '75 days';
    delete from dead_letter where state in ('redriven', 'dropped')
        and received_at < now() - interval '30 days';
    delete from dead_letter where received_at < now() - interval '7 days'
        and topic in ('registration.contacts', 'results.contacts', 'notifications.suggestions', 'surveys.responses');
end $$
"""
