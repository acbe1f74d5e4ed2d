"""Events a reader has missed, stored until staff settle them: stretches never read, and stale lanes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events import REGISTRY
from shared.events.attention import EventsMissed
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.messaging.envelope import Delivery
from shared.messaging.outbox import emit_new
from shared.messaging.subscription import Subscription, subscribe

#: Each service's own kind.
_MISSED = {event.source_service(): event for event in REGISTRY.values() if issubclass(event, EventsMissed)}

log = structlog.get_logger()


async def note_removed(session: AsyncSession, topic: str, partition: int, from_offset: int, to_offset: int) -> None:
    """Store that the broker removed records ``from_offset`` up to but not ``to_offset`` before they were read.

    Their publisher hears of each stretch once and sends it again.
    """
    table = mechanism(session.info["schema"]).removed_unread
    statement = pg_insert(table).values(topic=topic, partition=partition, from_offset=from_offset, to_offset=to_offset)
    # The same gap is found again until something behind it has been read.
    new = await session.execute(
        statement.on_conflict_do_update(
            index_elements=["topic", "partition", "from_offset"],
            set_={"to_offset": statement.excluded.to_offset},
            where=table.c.to_offset < statement.excluded.to_offset,
        ).returning(table.c.to_offset)
    )
    fact = _MISSED.get(session.info["schema"])
    if new.all() and fact is not None:
        stretch = {"missed_topic": topic, "partition": partition, "from_offset": from_offset, "to_offset": to_offset}
        await emit_new(session, [fact.model_validate({"miss_id": new_id(), **stretch})])


async def send_missed(session: AsyncSession, event: EventsMissed, delivery: Delivery) -> None:
    """Send again what another service has missed of ours: it applies what it had not, and everybody else skips it."""
    if delivery.replay or event.missed_topic.partition(".")[0] != session.info["schema"]:
        return
    count = await send_again(session, event.missed_topic, event.partition, event.from_offset, event.to_offset)
    missing = event.to_offset - event.from_offset - count
    log.warning("messaging.missed.sent_again", topic=event.missed_topic, events=count, not_archived=missing)


def missed_events(service: str) -> Subscription:
    """The subscription by which a service hears what others have missed of it."""
    others = [fact for name, fact in _MISSED.items() if name != service]
    return subscribe(f"{service}.send_missed", send_missed, *others)


async def removed_unread(session: AsyncSession) -> Sequence[sa.Row[Any]]:
    """Stretches (topic, partition, from_offset, to_offset, noticed_at) that nobody has settled, oldest first."""
    table = mechanism(session.info["schema"]).removed_unread
    stretches = await session.execute(
        sa.select(table).where(table.c.settled_at.is_(None)).order_by(table.c.noticed_at, table.c.partition)
    )
    return stretches.all()


async def settle_removed(session: AsyncSession) -> int:
    """Every stretch has been sent again, or is known to be lost; how many there were."""
    table = mechanism(session.info["schema"]).removed_unread
    result = await session.execute(
        sa.update(table)
        .where(table.c.settled_at.is_(None))
        .values(settled_at=sa.func.clock_timestamp())
        .returning(table.c.partition)
    )
    return len(result.all())


async def stale_lanes(session: AsyncSession) -> Sequence[sa.Row[Any]]:
    """Lanes (handler, topic, subject, sequence, stale, stale_at) whose publisher went on below what was applied."""
    table = mechanism(session.info["schema"]).subject_seen
    lanes = await session.execute(
        sa.select(table).where(table.c.stale > 0).order_by(table.c.stale_at.desc()).limit(100)
    )
    return lanes.all()


async def reset_lanes(session: AsyncSession, topic: str, subject: UUID | None = None) -> int:
    """Forget what was applied last of a subject, or of every one of the topic; how many lanes that were.

    Its state, sent again, counts then.
    """
    table = mechanism(session.info["schema"]).subject_seen
    whose = sa.true() if subject is None else table.c.subject == subject
    result = await session.execute(sa.delete(table).where(table.c.topic == topic, whose).returning(table.c.handler))
    return len(result.all())


async def send_again(session: AsyncSession, topic: str, partition: int, from_offset: int, to_offset: int) -> int:
    """Put the archived events of a stretch into the outbox again, unchanged; return their number.

    Readers that know an event skip it by its id. A reader that missed it applies it, unless it has applied a newer one.
    """
    schema = session.info["schema"]
    tables, count = mechanism(schema), 0
    columns = ("event_id", "topic", "type", "subject", "sequence", "headers", "payload")
    for archive, restricted in ((tables.archive, False), (tables.archive_restricted, True)):
        stretch = (
            sa.select(*(archive.c[name] for name in columns), sa.literal(restricted))
            .where(archive.c.topic == topic, archive.c.partition == partition)
            .where(archive.c.offset >= from_offset, archive.c.offset < to_offset)
            .order_by(archive.c.offset)
        )
        result = await session.execute(
            sa.insert(tables.outbox).from_select([*columns, "restricted"], stretch).returning(tables.outbox.c.id)
        )
        count += len(result.all())
    return count
