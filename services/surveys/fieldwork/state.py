"""Current state for a new or emptied subscriber: surveys that have opened, and their invitations."""

from collections.abc import AsyncIterator

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.audience.drawing import drawn_event, spared_event
from services.surveys.audience.tables import Candidate
from services.surveys.fieldwork.closing import closed_event
from services.surveys.fieldwork.following_up import batched
from services.surveys.fieldwork.inviting import issued_event, opened_event
from services.surveys.steering.domain import RUNNING
from services.surveys.steering.steering import changed_event
from services.surveys.tables import Invitation, Survey
from shared.dates import told_again
from shared.events import Event
from shared.events.surveys import DatesPlanned, SurveyAnswered
from shared.messaging import lock

#: Invitations locked and read at a time.
BATCH = 500


async def state_events(session: AsyncSession) -> AsyncIterator[Event | None]:
    """Each survey that has opened, then each of its invitations: issued, or answered by who took part.

    A survey is opened, then changed (one that went by plan is not), then closed. Released answers are not sent again:
    results has the only copy.
    """
    async for dates in told_again(session, DatesPlanned):
        yield dates
    statement = sa.select(Survey.id).where(Survey.state.in_((*RUNNING, "closed"))).order_by(Survey.opened_at)
    for survey_id in list(await session.scalars(statement)):
        await lock(session, survey_id)
        survey = await session.get_one(Survey, survey_id, populate_existing=True)
        yield opened_event(survey)
        if survey.changed_at is not None:
            yield changed_event(survey)
        if survey.sample is not None:
            yield drawn_event(survey.id, survey.sample)
        if survey.state == "closed":
            yield await closed_event(session, survey)
        ids = await session.scalars(
            sa.select(Invitation.id).where(Invitation.survey_id == survey_id).order_by(Invitation.id)
        )
        for part in batched(ids, BATCH):
            await lock(session, *part)
            rows = await session.scalars(
                sa.select(Invitation)
                .where(Invitation.id.in_(part), Invitation.member_id.is_not(None))
                .order_by(Invitation.id)
            )
            for row in rows:
                yield invitation_event(survey, row)
            yield None
        async for event in _spared(session, survey):
            yield event


async def _spared(session: AsyncSession, survey: Survey) -> AsyncIterator[Event | None]:
    """Members who were not drawn, once all have been told."""
    if survey.sample is None or survey.inviting:
        return
    ids = await session.scalars(
        sa.select(Candidate.id)
        .where(Candidate.survey_id == survey.id, Candidate.outcome != "drawn")
        .order_by(Candidate.id)
    )
    for part in batched(ids, BATCH):
        await lock(session, *part)
        rows = await session.scalars(
            sa.select(Candidate).where(Candidate.id.in_(part), Candidate.member_id.is_not(None)).order_by(Candidate.id)
        )
        for row in rows:
            if row.member_id is not None:
                yield spared_event(row, row.member_id)
        yield None


def invitation_event(survey: Survey, row: Invitation) -> Event:
    """Where the invitation stands; its member has not been erased."""
    assert row.member_id is not None
    if row.answered_at is None:
        return issued_event(survey, row.id, row.member_id, row.generation, row.asked_at)
    return SurveyAnswered(
        invitation_id=row.id,
        survey_id=survey.id,
        member_id=row.member_id,
        answered_at=row.answered_at,
        asked_at=tuple(row.asked_at),
    )
