"""Publishing: a fact becomes an outbox row in the transaction that made it true."""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import unnest
from shared.events import RESTRICTED_TOPICS, Event
from shared.ids import new_id, random_id
from shared.mechanism import Mechanism, mechanism
from shared.trace import traceparent

#: Kafka's default limit is 1 MB a record; what would not fit must fail where it is made, not in the relay.
LARGEST_PAYLOAD = 900_000


class SubjectNotLocked(RuntimeError):
    """``emit`` was called for a subject whose row this transaction has not locked."""


class EventTooLarge(ValueError):
    """An event's JSON is over 900 kB."""


def _tables(session: AsyncSession) -> Mechanism:
    return mechanism(session.info["schema"])


async def lock(session: AsyncSession, *subjects: UUID) -> None:
    """Take the row lock of each subject until the transaction ends.

    Call it before reading the entity the event will be about: whoever holds the lock reads the latest state and
    publishes in order. Ids are locked in sorted order, so that two callers cannot deadlock.
    """
    if not subjects:
        return
    subject = _tables(session).subject
    statement = pg_insert(subject).values([{"id": id_, "sequence": 0} for id_ in sorted(set(subjects))])
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"sequence": subject.c.sequence}))
    session.info["locked"].update(subjects)


async def emit(session: AsyncSession, *events: Event) -> None:
    """Publish facts about locked subjects; each subject's sequence is raised by one per event.

    Raises SubjectNotLocked without ``lock`` in this transaction, EventTooLarge over 900 kB.
    """
    subject = _tables(session).subject
    for group in _distinct_subjects(events):
        ids = [event.subject for event in group if event.subject is not None]
        unlocked = set(ids) - session.info["locked"]
        if unlocked:
            raise SubjectNotLocked(f"{len(unlocked)} subject(s) of {group[0].type} are not locked")
        sequences: dict[UUID, int] = {}
        if ids:
            raised = await session.execute(
                sa.update(subject)
                .where(subject.c.id.in_(ids))
                .values(sequence=subject.c.sequence + 1)
                .returning(subject.c.id, subject.c.sequence)
            )
            sequences = {row.id: row.sequence for row in raised}
        await _insert(session, group, [sequences.get(e.subject) if e.subject else None for e in group])


async def emit_new(session: AsyncSession, events: Sequence[Event]) -> None:
    """Publish the first fact of brand-new subjects, set-based; a new entity is its own lock (sequence 1).

    Raises sqlalchemy IntegrityError when a subject already exists.
    """
    if not events:
        return
    ids = [event.subject for event in events if event.subject is not None]
    if ids:
        new = unnest(id=(sa.Uuid, ids))
        await session.execute(
            sa.insert(_tables(session).subject).from_select(
                ["id", "sequence"], sa.select(new.c.id, sa.literal(1, sa.BigInteger))
            )
        )
        session.info["locked"].update(ids)
    await _insert(session, events, [1 if event.subject is not None else None for event in events])


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
    await _insert(session, events, range(last - len(events) + 1, last + 1), replay=True)


async def emit_state(session: AsyncSession, state: AsyncIterator[Event]) -> int:
    """Send every event of ``state`` again, those of one entity and topic that follow each other together; how many."""
    facts: list[Event] = []
    sent = 0
    async for event in state:
        if facts and (facts[0].topic, facts[0].subject) != (event.topic, event.subject):
            await emit_again(session, *facts)
            facts = []
        facts.append(event)
        sent += 1
    if facts:
        await emit_again(session, *facts)
    return sent


async def forget_subject(session: AsyncSession, *subjects: UUID) -> None:
    """Erase what the mechanism keeps of these subjects: pending rows, archive, dead letters.

    The outbox goes first: a row the relay is moving is waited for and then found in the archive.
    """
    tables = _tables(session)
    for table in (tables.outbox, tables.archive, tables.archive_restricted, tables.dead_letter):
        await session.execute(sa.delete(table).where(table.c.subject.in_(subjects)))


def _distinct_subjects(events: Iterable[Event]) -> list[list[Event]]:
    """Split into groups in which no subject appears twice, keeping the order."""
    groups: list[list[Event]] = []
    seen: set[UUID | None] = set()
    for event in events:
        if not groups or (event.subject is not None and event.subject in seen):
            groups.append([])
            seen = set()
        groups[-1].append(event)
        seen.add(event.subject)
    return groups


def _headers(event: Event, *, replay: bool) -> dict[str, str]:
    headers = {"ce_specversion": "1.0", "ce_type": event.type, "content-type": "application/json"}
    if event.subject is not None:
        headers["ce_time"] = datetime.now(UTC).isoformat()
        if trace := traceparent.get():
            headers["traceparent"] = trace
    if replay:
        headers["ce_replay"] = "true"
    return headers


async def _insert(
    session: AsyncSession, events: Sequence[Event], sequences: Sequence[int | None], *, replay: bool = False
) -> None:
    payloads = [event.model_dump_json().encode() for event in events]
    for event, payload in zip(events, payloads, strict=True):
        if len(payload) > LARGEST_PAYLOAD:
            raise EventTooLarge(f"{event.type} is {len(payload)} bytes; at most {LARGEST_PAYLOAD}")
    outbox = _tables(session).outbox
    columns: dict[str, tuple[Any, list[Any]]] = {
        "event_id": (sa.Uuid, [new_id() if event.subject is not None else random_id() for event in events]),
        "topic": (sa.Text, [event.topic for event in events]),
        "type": (sa.Text, [event.type for event in events]),
        "subject": (sa.Uuid, [event.subject for event in events]),
        "sequence": (sa.BigInteger, list(sequences)),
        "headers": (sa.Text, [json.dumps(_headers(event, replay=replay)) for event in events]),
        "payload": (sa.LargeBinary, payloads),
        "restricted": (sa.Boolean, [event.topic in RESTRICTED_TOPICS for event in events]),
    }
    rows = unnest(**columns)
    selected = [sa.cast(rows.c.headers, JSONB) if name == "headers" else rows.c[name] for name in columns]
    await session.execute(sa.insert(outbox).from_select(list(columns), sa.select(*selected).order_by(rows.c.place)))
