"""What is planned and due about surveys, for the calendar of staff."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.forgetting import PARTICIPATION
from services.surveys.tables import Survey
from shared.dates import tell_dates
from shared.events.calendar import PlannedDate, dates_id
from shared.events.surveys import DatesPlanned
from shared.service import Runtime

#: An end is the first instant after it; people plan by the day before midnight.
_BEFORE = timedelta(minutes=1)


async def tell_survey_dates(rt: Runtime) -> None:
    """Job: dates of each survey that have changed since they were told."""
    await tell_dates(rt, _planned, Survey)


async def _planned(session: AsyncSession) -> list[DatesPlanned]:
    return [dates_of(survey) for survey in await session.scalars(sa.select(Survey).order_by(Survey.id))]


def dates_of(survey: Survey) -> DatesPlanned:
    """Opening, reminder unless it ended before, end, and when it is forgotten who was asked; none when cancelled."""
    dates: list[PlannedDate] = []
    if survey.state != "cancelled":
        opens = survey.opened_at or (survey.opens_at if survey.opens == "date" else None)
        if opens is not None:
            dates.append(PlannedDate(kind="opens", at=opens))
        if survey.reminder_at is not None and (survey.closed_at is None or survey.reminder_at < survey.closed_at):
            dates.append(PlannedDate(kind="reminder", at=survey.reminder_at))
        ends = survey.closed_at or survey.closes_at - _BEFORE
        dates.append(PlannedDate(kind="closes", at=ends))
        if survey.closed_at is not None:
            dates.append(PlannedDate(kind="participation_forgotten", at=survey.closed_at + PARTICIPATION))
    return DatesPlanned(
        dates_id=dates_id(survey.id),
        heading=survey.questionnaire.title.nb,
        path=f"/staff/surveys/{survey.id}",
        dates=tuple(dates),
    )
