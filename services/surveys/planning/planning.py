"""Storing a plan, and dropping one that has not opened."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.audience.domain import EVERYBODY, Audience
from services.surveys.fieldwork.domain import TARGET_PERCENT, Plan
from services.surveys.planning.how import columns_of
from services.surveys.reminding.domain import Reminding
from services.surveys.tables import Margins, Survey, Threshold
from shared.database import insert_new
from shared.events.questionnaire import Questionnaire


async def announced_sizes(session: AsyncSession) -> Sequence[Threshold]:
    """Panel sizes registration has announced, small to large; only these can open a survey."""
    return (await session.scalars(sa.select(Threshold).where(Threshold.role != "").order_by(Threshold.size))).all()


async def named_areas(session: AsyncSession) -> list[tuple[str, str]]:
    """(code, name) of the areas staff have named."""
    areas = await session.scalar(sa.select(Margins.areas).order_by(Margins.year.desc()).limit(1))
    return [(area["code"], area["name"]) for area in areas or ()]


async def add_survey(
    session: AsyncSession,
    survey_id: UUID,
    questionnaire: Questionnaire,
    opens: str,
    threshold_size: int | None,
    plan: Plan,
    now: datetime,
    target_percent: int = TARGET_PERCENT,
    *,
    invites_new: bool = False,
    reminding: Reminding = Reminding(),  # noqa: B008 - frozen
    soft_size: int | None = None,
    audience: Audience = EVERYBODY,
    sample_size: int | None = None,
    confirmed: int | None = None,
) -> bool:
    """Store a plan under the id its confirmation page was shown with; False when it is there already.

    ``confirmed`` is the number of people that page said.
    """
    return await insert_new(
        session,
        Survey,
        id=survey_id,
        questionnaire_id=questionnaire.id,
        version=questionnaire.version,
        questionnaire=questionnaire,
        state="planned",
        opens=opens,
        opens_at=plan.opens_at,
        threshold_size=threshold_size,
        closes_at=plan.closes_at,
        reminder_at=plan.reminder_at,
        planned_at=now,
        target_percent=target_percent,
        invites_new=invites_new,
        soft_size=soft_size,
        **columns_of(reminding),
        audience=audience,
        sample_size=sample_size,
        confirmed=confirmed,
    )


async def cancel_plan(session: AsyncSession, survey_id: UUID) -> bool:
    """Drop a plan that has not opened; False when it has."""
    cancelled = await session.scalar(
        sa.update(Survey)
        .where(Survey.id == survey_id, Survey.state == "planned")
        .values(state="cancelled")
        .returning(Survey.id)
    )
    return cancelled is not None
