"""The relay's statements; it uses asyncpg directly, because all its work is moving rows."""

#: Whether no other relay works (``mine``), what is there, and whether the broker was found empty: asked together, since
#: an event waits for each question. Rows another has moved meanwhile are gone for this one too, since it locks them.
_SELECT = """
select lock.mine, rows.*
from (select pg_try_advisory_xact_lock(hashtextextended($2, 0)) as mine) as lock
left join lateral (
    select id, event_id, topic, type, subject, sequence, headers, payload, restricted,
        exists (select from {schema}.relay_position where emptied_at is not null) as emptied
    from {schema}.outbox where lock.mine order by id limit $1 for update
) as rows on true
order by rows.id
"""
_MOVE = """
with sent as (
    select * from unnest($1::bigint[], $2::int[], $3::bigint[]) as s(id, "partition", "offset")
), gone as (
    delete from {schema}.outbox o using sent where o.id = sent.id and o.restricted = $4 returning o.*
)
insert into {schema}.{archive}
    (archived_on, id, event_id, topic, type, subject, sequence, headers, payload, "partition", "offset")
select current_date, gone.id, event_id, topic, type, subject, sequence, headers, payload,
    sent."partition", sent."offset"
from gone join sent on sent.id = gone.id
"""
_POSITION = """
with acked as (
    select * from unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[]) as a(topic, "partition", highest, lowest)
), lower as (
    select from {schema}.relay_position p join acked using (topic, "partition") where p.acknowledged >= acked.lowest
), stored as (
    insert into {schema}.relay_position (topic, "partition", acknowledged)
    select topic, "partition", highest from acked
    on conflict (topic, "partition") do update set acknowledged = excluded.acknowledged
)
select count(*) from lower
"""
_POSITIONS = """
select topic, "partition", acknowledged, extract(epoch from clock_timestamp() - emptied_at) as emptied_for
from {schema}.relay_position
"""
_EMPTIED = "update {schema}.relay_position set emptied_at = clock_timestamp()"
_FORGET_POSITIONS = "delete from {schema}.relay_position"
_ARCHIVED = """
select id, event_id, topic, type, subject, sequence, headers, payload from {schema}.archive
union all
select id, event_id, topic, type, subject, sequence, headers, payload from {schema}.archive_restricted
order by id
"""


def statements(schema: str) -> dict[str, str]:
    """Each statement of the relay of one schema, by what it does."""
    return {
        "select": _SELECT.format(schema=schema),
        "move": _MOVE.format(schema=schema, archive="archive"),
        "move_restricted": _MOVE.format(schema=schema, archive="archive_restricted"),
        "position": _POSITION.format(schema=schema),
        "positions": _POSITIONS.format(schema=schema),
        "emptied": _EMPTIED.format(schema=schema),
        "forget_positions": _FORGET_POSITIONS.format(schema=schema),
        "archived": _ARCHIVED.format(schema=schema),
    }
