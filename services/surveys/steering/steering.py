"""Steering an opened survey: pause, go on, extend, end, open again."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.locks import hold_alone
from services.surveys.steering.domain import RUNNING, Deed, Life, after, ended_by_plan
from services.surveys.tables import Survey
from shared.events.surveys import SurveyChanged
from shared.messaging import emit, lock
from shared.service import Runtime


def life_of(survey: Survey) -> Life:
    """The point of an opened survey in its life."""
    assert survey.opened_at is not None
    return Life(survey.state, survey.opened_at, survey.closes_at, survey.release_at, survey.soft)


async def hold_running(session: AsyncSession, survey_id: UUID) -> Survey | None:
    """The survey, held from answers and from other staff until the transaction ends; None when it is not running."""
    await hold_alone(session, survey_id)
    await lock(session, survey_id)
    return await session.scalar(
        sa.select(Survey).where(Survey.id == survey_id, Survey.state.in_(RUNNING)).with_for_update()
    )


async def steer(
    session: AsyncSession, survey_id: UUID, deed: Deed, now: datetime, closes_at: datetime | None = None
) -> Survey | None:
    """Do the deed; the survey, or None when it is no longer possible. Answers being sent in are waited for."""
    survey = await hold_running(session, survey_id)
    life = None if survey is None else after(life_of(survey), deed, now, closes_at)
    if survey is None or life is None:
        return None
    await put(session, survey, life, now)
    return survey


async def end_due_surveys(rt: Runtime) -> None:
    """Job: end what has reached the end of its last day, one survey per transaction."""
    async with rt.transaction() as session:
        due = list(
            await session.scalars(
                sa.select(Survey.id)
                .where(Survey.state.in_(("open", "paused")), Survey.closes_at <= rt.now())
                .order_by(Survey.id)
            )
        )
    for survey_id in due:
        async with rt.transaction() as session:
            survey, now = await hold_running(session, survey_id), rt.now()
            if survey is not None and survey.state != "ended" and survey.closes_at <= now:
                await put(session, survey, ended_by_plan(life_of(survey)), now)


async def put(session: AsyncSession, survey: Survey, life: Life, now: datetime) -> None:
    """Store where a held survey is now, and say so."""
    joined_meanwhile = survey.state == "ended" and life.state == "open" and survey.invites_new and not life.soft
    if joined_meanwhile or (survey.soft and not life.soft):
        # Some people have not been asked yet; inviting leaves out those who have.
        survey.inviting, survey.invite_after = True, None
    if life.state != survey.state:
        survey.closed_at = now if life.state == "ended" else None
    survey.state, survey.closes_at, survey.release_at = life.state, life.closes_at, life.release_at
    survey.soft = life.soft
    survey.changed_at = now
    await emit(session, changed_event(survey))


def changed_event(survey: Survey) -> SurveyChanged:
    """The fact, which is also the state of a survey that has changed since it opened."""
    assert survey.changed_at is not None
    return SurveyChanged(
        survey_id=survey.id,
        # Once the answers have left, its end is what changed last, and SurveyClosed follows.
        state="ended" if survey.state == "closed" else survey.state,
        closes_at=survey.closes_at,
        changed_at=survey.changed_at,
        questionnaire=survey.questionnaire,
        corrections=survey.corrections,
    )
