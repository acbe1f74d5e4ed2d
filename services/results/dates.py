"""What is due about results, for the calendar of staff."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.forgetting import ANSWERS
from services.results.settings import results_settings
from services.results.tables import FollowUp, Publication, Survey, title_of
from shared.dates import tell_dates
from shared.events.calendar import PlannedDate, dates_id
from shared.events.results import DatesPlanned
from shared.service import Runtime


async def tell_result_dates(rt: Runtime) -> None:
    """Job: dates of each closed survey's result that have changed since they were told."""
    await tell_dates(rt, _planned, Survey, Publication, FollowUp)


async def _planned(session: AsyncSession) -> list[DatesPlanned]:
    rows = await session.execute(
        sa.select(Survey, Publication)
        .outerjoin(Publication, Publication.survey_id == Survey.id)
        .where(Survey.closed_at.is_not(None), Survey.questionnaire.is_not(None))
        .order_by(Survey.id)
    )
    followed = set(await session.scalars(sa.select(FollowUp.about_id)))
    return [dates_of(survey, publication, followed=survey.id in followed) for survey, publication in rows]


def dates_of(survey: Survey, publication: Publication | None, *, followed: bool) -> DatesPlanned:
    """When what it led to should be told, until it has been, and when single answers are forgotten."""
    dates: list[PlannedDate] = []
    if publication is not None and not followed:
        due = publication.published_at + timedelta(days=results_settings().follow_up_days)
        dates.append(PlannedDate(kind="follow_up_due", at=due))
    if survey.closed_at is not None:
        dates.append(PlannedDate(kind="answers_forgotten", at=survey.closed_at + ANSWERS))
    return DatesPlanned(
        dates_id=dates_id(survey.id), heading=title_of(survey), path=f"/staff/results/{survey.id}", dates=tuple(dates)
    )
