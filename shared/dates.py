"""Telling dates: what a service has planned is compared with what it told last, and what differs is told.

So no page or job that moves a date has to think of the calendar.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import upsert
from shared.events.calendar import Dates
from shared.mechanism import mechanism
from shared.messaging import emit, lock

Told = TypeVar("Told", bound=Dates)


async def tell_dates(session: AsyncSession, planned: Iterable[Dates]) -> None:
    """Publish each of ``planned`` that is not as it was told last; ``planned`` holds everything the service has."""
    table = mechanism(session.info["schema"]).told_dates
    told = {row.dates_id: row.told for row in await session.execute(sa.select(table))}
    for event in planned:
        told_now = event.model_dump(mode="json")
        before = told.get(event.dates_id)
        if before == told_now or (before is None and not event.dates):
            continue
        await lock(session, event.dates_id)
        await upsert(session, table, dates_id=event.dates_id, told=told_now)
        await emit(session, event)


async def told_again(session: AsyncSession, event_type: type[Told]) -> AsyncIterator[Told]:
    """The dates as they were told last, each read under its lock; for a new or emptied subscriber."""
    table = mechanism(session.info["schema"]).told_dates
    ids: list[UUID] = list(await session.scalars(sa.select(table.c.dates_id)))
    for dates_id in ids:
        await lock(session, dates_id)
        told: dict[str, Any] | None = await session.scalar(sa.select(table.c.told).where(table.c.dates_id == dates_id))
        if told is not None:
            yield event_type.model_validate(told)
