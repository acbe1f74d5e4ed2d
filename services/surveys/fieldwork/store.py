"""Queries of the staff side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.fieldwork.domain import GENDERS, Plan, gender_of
from services.surveys.questionnaire.model import Questionnaire
from services.surveys.tables import Invitation, Member, Survey, Threshold


@dataclass(frozen=True)
class Turnout:
    """How many have been invited and how many have taken part."""

    invited: int
    answered: int

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return self.answered / self.invited if self.invited else 0.0


async def announced_sizes(session: AsyncSession) -> Sequence[Threshold]:
    """Panel sizes registration has announced, small to large; only these can open a survey."""
    return (await session.scalars(sa.select(Threshold).where(Threshold.role != "").order_by(Threshold.size))).all()


async def would_be_invited(session: AsyncSession) -> dict[str, int]:
    """Active members who consent to surveys today, by gender in the fixed order."""
    found = await session.execute(
        sa.select(Member.gender, sa.func.count())
        .where(Member.status == "active", Member.purposes.contains(["surveys"]))
        .group_by(Member.gender)
    )
    counts = dict.fromkeys(GENDERS, 0)
    for gender, number in found:
        counts[gender_of(gender)] += number
    return counts


async def all_surveys(session: AsyncSession) -> Sequence[Survey]:
    """Every survey, newest plan first."""
    return (await session.scalars(sa.select(Survey).order_by(Survey.planned_at.desc()))).all()


async def turnouts(session: AsyncSession) -> dict[UUID, Turnout]:
    """Turnout per survey."""
    found = await session.execute(
        sa.select(Invitation.survey_id, sa.func.count(), sa.func.count(Invitation.answered_at)).group_by(
            Invitation.survey_id
        )
    )
    return {survey_id: Turnout(invited, answered) for survey_id, invited, answered in found}


async def answer_moments(session: AsyncSession, survey_id: UUID) -> Sequence[datetime]:
    """When each of those who took part did so, oldest first."""
    found = await session.scalars(
        sa.select(Invitation.answered_at)
        .where(Invitation.survey_id == survey_id, Invitation.answered_at.is_not(None))
        .order_by(Invitation.answered_at)
    )
    return [moment for moment in found if moment is not None]


async def add_survey(
    session: AsyncSession,
    survey_id: UUID,
    questionnaire: Questionnaire,
    opens: str,
    threshold_size: int | None,
    plan: Plan,
    now: datetime,
    planned_by: str,
) -> bool:
    """Store a plan under the id its confirmation page was shown with; False when it is there already."""
    statement = pg_insert(Survey).values(
        id=survey_id,
        questionnaire_id=questionnaire.id,
        version=questionnaire.version,
        questionnaire=questionnaire.content(),
        state="planned",
        opens=opens,
        opens_at=plan.opens_at,
        threshold_size=threshold_size,
        closes_at=plan.closes_at,
        reminder_at=plan.reminder_at,
        planned_at=now,
        planned_by=planned_by,
    )
    return await session.scalar(statement.on_conflict_do_nothing().returning(Survey.id)) is not None


async def cancel_plan(session: AsyncSession, survey_id: UUID) -> bool:
    """Drop a plan that has not opened; False when it has."""
    cancelled = await session.scalar(
        sa.update(Survey)
        .where(Survey.id == survey_id, Survey.state == "planned")
        .values(state="cancelled")
        .returning(Survey.id)
    )
    return cancelled is not None
