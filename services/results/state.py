"""Current state for a new or emptied subscriber."""

from collections.abc import AsyncIterator

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.publishing import published_event
from services.results.tables import Publication, Survey
from shared.events import Event
from shared.messaging import lock


async def state_events(session: AsyncSession) -> AsyncIterator[Event]:
    """Each publication, read under its survey's lock."""
    for survey_id in list(await session.scalars(sa.select(Publication.survey_id).order_by(Publication.published_at))):
        await lock(session, survey_id)
        publication = await session.get_one(Publication, survey_id, populate_existing=True)
        yield published_event(publication, await session.get_one(Survey, survey_id, populate_existing=True))
