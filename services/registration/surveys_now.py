"""The state of the panel's surveys, for every page that tells it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.tables import PublishedResult, Survey, Threshold

#: One is open; none was yet and the panel is too small; none was yet, and it is large enough; between two.
Stage = Literal["open", "too_few", "enough", "between"]


@dataclass(frozen=True)
class SurveysNow:
    """The open surveys, the first to close at the front, and the state where there is none."""

    stage: Stage
    open: tuple[Survey, ...]


async def surveys_now(session: AsyncSession, start_size: int, now: datetime) -> SurveysNow:
    """``start_size`` is how many the first survey waits for."""
    surveys = await session.scalars(
        sa.select(Survey).where(Survey.closes_at > now, ~Survey.paused).order_by(Survey.closes_at, Survey.id)
    )
    if taking := tuple(surveys):
        return SurveysNow("open", taking)
    was_any = sa.or_(sa.exists(sa.select(Survey.id)), sa.exists(sa.select(PublishedResult.survey_id)))
    if await session.scalar(sa.select(was_any)):
        return SurveysNow("between", ())
    reached = sa.exists().where(Threshold.size == start_size, Threshold.reached_at.is_not(None))
    return SurveysNow("enough" if await session.scalar(sa.select(reached)) else "too_few", ())
