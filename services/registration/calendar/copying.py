"""Copies of other services' dates."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.tables import PlannedDate
from shared.events.calendar import Dates
from shared.messaging import Delivery


async def keep_dates(session: AsyncSession, event: Dates, _: Delivery) -> None:
    """Replace the dates of one survey, meeting or result by those of today."""
    service = event.source_service()
    mine = (PlannedDate.service == service, PlannedDate.dates_id == event.dates_id)
    await session.execute(sa.delete(PlannedDate).where(*mine))
    session.add_all(
        PlannedDate(
            service=service,
            dates_id=event.dates_id,
            kind=date.kind,
            at=date.at,
            until=date.until,
            title=event.heading,
            page=event.path,
        )
        for date in event.dates
    )
