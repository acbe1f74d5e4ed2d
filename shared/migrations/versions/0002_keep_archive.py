"""Only partitions need the owner's rights; what is deleted by age is decided by the service's own code."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """``keep_archive(days, days_restricted)`` makes the coming days' partitions and drops the old ones.

    ``keep_mechanism()`` stays while a release that calls it may still run.
    """
    op.execute(_KEEP.format(schema=op.get_context().version_table_schema))


_KEEP = """
create function "{schema}".keep_archive(days integer, days_restricted integer) returns void
language plpgsql security definer set search_path = "{schema}", pg_temp as $$
declare
    parent text;
    kept integer;
    day date;
    part record;
begin
    -- Replicas start their keepers at the same moment.
    perform pg_advisory_xact_lock(hashtextextended('{schema}.keep_mechanism', 0));
    foreach parent in array array['archive', 'archive_restricted'] loop
        kept := case parent when 'archive' then days else days_restricted end;
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
end $$
"""
