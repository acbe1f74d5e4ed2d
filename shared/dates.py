"""Telling dates: a service compares its planned dates with those it told last, and publishes the differences.

So a page or job that moves a date need not think of the calendar.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from shared.database import run_sql, upsert
from shared.events.calendar import Dates
from shared.mechanism import mechanism
from shared.messaging import emit, lock
from shared.service import Runtime

Told = TypeVar("Told", bound=Dates)


Planned = Callable[[AsyncSession], Awaitable[Iterable[Dates]]]

#: What the tables looked like when this process last told what differed.
_LOOKED_AT: WeakKeyDictionary[Runtime, list[object]] = WeakKeyDictionary()


async def tell_dates(rt: Runtime, read: Planned, *tables: type[DeclarativeBase]) -> None:
    """Publish the dates of each survey, meeting or result that differ from those told last.

    ``read`` gives all dates from ``tables`` (mapped classes). It runs only when a row there has been written since
    this process last looked, because years of surveys need not be read every few seconds.
    """
    async with rt.transaction() as session:
        looks = [await _looks(session, table) for table in tables]
        if _LOOKED_AT.get(rt) == looks:
            return
        await _tell(session, await read(session))
    _LOOKED_AT[rt] = looks


async def _looks(session: AsyncSession, table: type[DeclarativeBase]) -> object:
    """Another value once a row has been added, changed or removed: each version bears its transaction's number."""
    name = f"{session.info['schema']}.{table.__tablename__}"
    (row,) = await run_sql(session, f"select count(*), sum(xmin::text::bigint) from {name}")
    return tuple(row)


async def _tell(session: AsyncSession, all_dates: Iterable[Dates]) -> None:
    table = mechanism(session.info["schema"]).told_dates
    before_by_id = {row.dates_id: row.told for row in await session.execute(sa.select(table))}
    for event in all_dates:
        told_now = event.model_dump(mode="json")
        before = before_by_id.get(event.dates_id)
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
        content: dict[str, object] | None = await session.scalar(
            sa.select(table.c.told).where(table.c.dates_id == dates_id)
        )
        if content is not None:
            yield event_type.model_validate(content)
