"""Current state for a new or emptied subscriber: open surveys and their invitations."""

from collections.abc import AsyncIterator

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.fieldwork.inviting import issued_event, opened_event
from services.surveys.tables import Invitation, Survey
from shared.events import Event
from shared.events.surveys import SurveyAnswered
from shared.messaging import lock


async def state_events(session: AsyncSession) -> AsyncIterator[Event]:
    """Each open survey, then each of its invitations: issued, or answered where the member has taken part."""
    for survey_id in list(await session.scalars(sa.select(Survey.id).where(Survey.state == "open"))):
        await lock(session, survey_id)
        survey = await session.get(Survey, survey_id, populate_existing=True)
        if survey is None or survey.state != "open":
            continue
        yield opened_event(survey)
        ids = list(await session.scalars(sa.select(Invitation.id).where(Invitation.survey_id == survey_id)))
        for invitation_id in ids:
            await lock(session, invitation_id)
            row = await session.get(Invitation, invitation_id, populate_existing=True)
            if row is None or row.member_id is None:
                continue
            if row.answered_at is None:
                yield issued_event(survey, row.id, row.member_id, row.generation)
            else:
                yield SurveyAnswered(
                    invitation_id=row.id, survey_id=survey_id, member_id=row.member_id, answered_at=row.answered_at
                )
