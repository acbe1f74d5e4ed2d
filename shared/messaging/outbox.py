"""Publishing: a fact becomes an outbox row in the transaction that made it true."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import EMITTED, Transaction, run_sql
from shared.events import RESTRICTED_TOPICS, Event
from shared.ids import new_id, random_id
from shared.mechanism import Mechanism, mechanism
from shared.trace import traceparent

#: Kafka's default limit is 1 MB a record; a larger event must fail where it is made, not in the relay.
LARGEST_PAYLOAD = 900_000
#: Facts of state sent again in one transaction, roughly.
STATE_PART = 1000


_LOCK = """
insert into {schema}.subject (id, sequence) select id, 0 from unnest($1::uuid[]) as s(id) order by id
on conflict (id) do update set sequence = subject.sequence
"""
#: Each subject rises by its events in this call; ``before_last`` counts those of them that come after.
_RAISE = """
with sequences as (
    update {schema}.subject s set sequence = s.sequence + more.events
    from (select subject, count(*) as events from unnest($4::uuid[]) as m(subject) group by subject) more
    where s.id = more.subject returning s.id, s.sequence
)"""
_BEGIN = """
with sequences as (
    insert into {schema}.subject (id, sequence)
    select subject, count(*) from unnest($4::uuid[]) as m(subject) where subject is not null group by subject
    returning id, sequence
)"""
_INSERT = """
insert into {schema}.outbox (event_id, topic, type, subject, sequence, headers, payload, restricted)
select t.event_id, t.topic, t.type, t.subject, sequences.sequence - t.before_last, t.headers::jsonb, t.payload,
    t.restricted
from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::bigint[], $6::text[], $7::bytea[], $8::bool[])
    with ordinality as t(event_id, topic, type, subject, before_last, headers, payload, restricted, place)
left join sequences on sequences.id = t.subject
order by t.place
"""
#: State told again: the sequences stay as they are.
_KEEP = """
with sequences as (select id, sequence from {schema}.subject where id = any($4::uuid[]))"""


class SubjectNotLocked(RuntimeError):
    """``emit`` was called for a subject whose row this transaction has not locked."""


class EventTooLarge(ValueError):
    """An event's JSON is over 900 kB."""


def _tables(session: AsyncSession) -> Mechanism:
    return mechanism(session.info["schema"])


async def lock(session: Transaction, *subjects: UUID) -> None:
    """Take the row lock of each subject until the transaction ends.

    Call it before reading the entity the event will be about: whoever holds the lock reads the latest state and
    publishes in order. Ids are locked in sorted order, so that two callers cannot deadlock.
    """
    if not subjects:
        return
    await run_sql(session, _LOCK.format(schema=session.info["schema"]), sorted(set(subjects)))
    session.info["locked"].update(subjects)


async def emit(session: Transaction, *events: Event) -> None:
    """Publish facts about locked subjects; each subject's sequence is raised by one per event.

    Raises SubjectNotLocked without ``lock`` in this transaction, EventTooLarge over 900 kB.
    """
    unlocked = {event.subject for event in events if event.subject is not None} - session.info["locked"]
    if unlocked:
        raise SubjectNotLocked(f"{len(unlocked)} subject(s) of {events[0].type} are not locked")
    await _insert(session, _RAISE, events)


async def emit_new(session: Transaction, events: Sequence[Event]) -> None:
    """Publish the first facts of brand-new subjects, set-based; a new entity is its own lock (sequence 1 and on).

    Raises sqlalchemy IntegrityError when a subject already exists.
    """
    await _insert(session, _BEGIN, events)
    session.info["locked"].update(event.subject for event in events if event.subject is not None)


async def emit_again(session: AsyncSession, *events: Event) -> None:
    """Send an entity's current state once more, marked as replay. The subject must be locked.

    State that takes several facts (opened, then closed) is given oldest first: the last one has the entity's sequence
    and each before it one less, so that existing consumers skip them all and a new one applies them all. Raises
    ValueError for more facts than the entity has ever had.
    """
    subject = events[0].subject
    if subject is None or subject not in session.info["locked"]:
        raise SubjectNotLocked(f"{events[0].type} can only be sent again under its subject's lock")
    table = _tables(session).subject
    last = await session.scalar(sa.select(table.c.sequence).where(table.c.id == subject)) or 0
    if last < len(events):
        raise ValueError(f"{len(events)} facts cannot be the state of an entity at sequence {last}")
    await _insert(session, _KEEP, events, replay=True)


async def emit_state(
    session: AsyncSession, state: AsyncIterator[Event | None], turn: Callable[[], Awaitable[None]] | None = None
) -> int:
    """Send every event of ``state`` again; return their number. Neighbours of one entity and topic go together.

    ``state`` yields None where all it has read is sent. There ``turn`` ends a transaction that has become long, so
    that a panel of 100,000 members is not locked until the last of them is sent.
    """
    facts: list[Event] = []
    count = turned = 0
    async for event in state:
        if facts and (event is None or (facts[0].topic, facts[0].subject) != (event.topic, event.subject)):
            await emit_again(session, *facts)
            facts = []
        if event is not None:
            facts.append(event)
            count += 1
        elif turn is not None and count - turned >= STATE_PART:
            await turn()
            turned = count
    if facts:
        await emit_again(session, *facts)
    return count


async def forget_subject(session: AsyncSession, *subjects: UUID) -> None:
    """Erase what the mechanism keeps of these subjects: pending rows, archive, dead letters.

    The outbox goes first: a row the relay is moving is waited for and then found in the archive.
    """
    tables = _tables(session)
    for table in (tables.outbox, tables.archive, tables.archive_restricted, tables.dead_letter):
        await session.execute(sa.delete(table).where(table.c.subject.in_(subjects)))


def _headers(event: Event, *, replay: bool) -> dict[str, str]:
    headers = {"ce_specversion": "1.0", "ce_type": event.type, "content-type": "application/json"}
    if event.subject is not None:
        headers["ce_time"] = datetime.now(UTC).isoformat()
        if trace := traceparent.get():
            headers["traceparent"] = trace
    if replay:
        headers["ce_replay"] = "true"
    return headers


async def _insert(session: Transaction, sequences: str, events: Sequence[Event], *, replay: bool = False) -> None:
    """Outbox rows in the events' order; ``sequences`` says what each subject's sequence is after the last of them."""
    if not events:
        return
    payloads = [event.model_dump_json().encode() for event in events]
    for event, payload in zip(events, payloads, strict=True):
        if len(payload) > LARGEST_PAYLOAD:
            raise EventTooLarge(f"{event.type} is {len(payload)} bytes; at most {LARGEST_PAYLOAD}")
    still_to_come, before_last = Counter(event.subject for event in events), []
    for event in events:
        still_to_come[event.subject] -= 1
        before_last.append(still_to_come[event.subject])
    session.info[EMITTED] = True
    await run_sql(
        session,
        (sequences + _INSERT).format(schema=session.info["schema"]),
        [new_id() if event.subject is not None else random_id() for event in events],
        [event.topic for event in events],
        [event.type for event in events],
        [event.subject for event in events],
        before_last,
        [json.dumps(_headers(event, replay=replay)) for event in events],
        payloads,
        [event.topic in RESTRICTED_TOPICS for event in events],
    )
