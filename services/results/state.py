"""Current state for a new or emptied subscriber."""

from collections.abc import AsyncIterator

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.follow_ups.store import recorded_event
from services.results.publishing import published_event
from services.results.suggestions.store import answered_event, lock_suggestion, registered_event
from services.results.tables import FollowUp, Publication, Suggestion, Survey
from shared.dates import told_again
from shared.events import Event
from shared.events.results import DatesPlanned
from shared.messaging import lock


async def state_events(session: AsyncSession) -> AsyncIterator[Event | None]:
    """Each publication, suggestion and follow-up, read under its lock."""
    async for dates in told_again(session, DatesPlanned):
        yield dates
    for survey_id in list(await session.scalars(sa.select(Publication.survey_id).order_by(Publication.published_at))):
        await lock(session, survey_id)
        publication = await session.get_one(Publication, survey_id, populate_existing=True)
        yield published_event(publication, await session.get_one(Survey, survey_id, populate_existing=True))
    for suggestion_id in list(await session.scalars(sa.select(Suggestion.id).order_by(Suggestion.registered_at))):
        suggestion = await lock_suggestion(session, suggestion_id)
        assert suggestion is not None
        if suggestion.answered_at is None:
            yield registered_event(suggestion)
        else:
            yield answered_event(suggestion)
    for follow_up_id in list(await session.scalars(sa.select(FollowUp.id).order_by(FollowUp.recorded_at))):
        await lock(session, follow_up_id)
        yield recorded_event(await session.get_one(FollowUp, follow_up_id, populate_existing=True))
