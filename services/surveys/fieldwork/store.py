"""Queries that staff pages, closing and the list share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.steering.domain import RUNNING
from services.surveys.tables import Invitation, Survey, Threshold
from shared.database import count_rows
from shared.events.surveys import StratumCount


@dataclass(frozen=True)
class Turnout:
    """How many have been invited and how many have taken part."""

    invited: int
    answered: int

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return self.answered / self.invited if self.invited else 0.0


async def all_surveys(session: AsyncSession) -> Sequence[Survey]:
    """Every survey, newest plan first."""
    return (await session.scalars(sa.select(Survey).order_by(Survey.planned_at.desc()))).all()


#: How a list of surveys may be ordered.
ORDERS = {
    "newest": (Survey.planned_at.desc(), Survey.id),
    "oldest": (Survey.planned_at, Survey.id),
    "closing": (Survey.closes_at, Survey.id),
    "topic": (sa.type_coerce(Survey.questionnaire, JSONB)["title"]["nb"].astext, Survey.planned_at.desc(), Survey.id),
}


async def turnouts(session: AsyncSession, surveys: Iterable[Survey]) -> dict[UUID, Turnout]:
    """Turnout per survey: those of closed ones were written down at release, the others are counted now."""
    written_down = {survey.id: Turnout(survey.invited or 0, survey.answered or 0) for survey in surveys}
    rows = await session.execute(
        sa.select(Invitation.survey_id, sa.func.count(), sa.func.count(Invitation.answered_at))
        .where(Invitation.survey_id.in_([survey.id for survey in surveys if survey.state in RUNNING]))
        .group_by(Invitation.survey_id)
    )
    return written_down | {survey_id: Turnout(invitations, answers) for survey_id, invitations, answers in rows}


async def answers_per_day(session: AsyncSession, survey_ids: Sequence[UUID], zone: str) -> dict[UUID, dict[date, int]]:
    """How many took part on each day of ``zone``, per survey."""
    day = sa.cast(sa.func.timezone(zone, Invitation.answered_at), sa.Date)
    rows = await session.execute(
        sa.select(Invitation.survey_id, day, sa.func.count())
        .where(Invitation.survey_id.in_(survey_ids), Invitation.answered_at.is_not(None))
        .group_by(Invitation.survey_id, day)
    )
    per_survey: dict[UUID, dict[date, int]] = {survey_id: {} for survey_id in survey_ids}
    for survey_id, on, number in rows:
        per_survey[survey_id][on] = number
    return per_survey


async def count_strata(session: AsyncSession, survey_id: UUID, *, by_area: bool = False) -> list[StratumCount]:
    """Invited and answered per gender and age band, and where asked for per area."""
    area = Invitation.area if by_area else sa.null().label("area")
    rows = await session.execute(
        sa.select(
            Invitation.gender,
            Invitation.band,
            area,
            sa.func.count().label("invited"),
            sa.func.count(Invitation.answered_at).label("answered"),
        )
        .where(Invitation.survey_id == survey_id)
        .group_by(Invitation.gender, Invitation.band, *([Invitation.area] if by_area else []))
        .order_by(Invitation.gender, Invitation.band, area)
    )
    return [
        StratumCount(gender=r.gender, band=r.band, area=r.area, invited=r.invited, answered=r.answered) for r in rows
    ]


async def answers_on_paper(session: AsyncSession, survey_id: UUID) -> int:
    """How many of those who have answered did so on paper."""
    on_paper = (Invitation.survey_id == survey_id, Invitation.mode == "paper")
    return await count_rows(session, sa.select(Invitation).where(*on_paper))


async def members_reminded(session: AsyncSession, survey_id: UUID) -> int:
    """How many have been reminded: not those who had answered, were at the contact cap or in a group with enough."""
    were = (Invitation.survey_id == survey_id, Invitation.reminded_at.is_not(None))
    return await count_rows(session, sa.select(Invitation).where(*were))


async def size_reached_without_survey(session: AsyncSession) -> int | None:
    """The first announced size, when the panel has reached it and no survey has ever been planned."""
    if await session.scalar(sa.select(Survey.id).limit(1)) is not None:
        return None
    return await session.scalar(
        sa.select(Threshold.size)
        .where(Threshold.role != "", Threshold.reached_at.is_not(None))
        .order_by(Threshold.size)
        .limit(1)
    )
