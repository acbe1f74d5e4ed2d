"""Counts per page: gathered in memory, stored once they are about a handful of people.

A counter raised in the transaction of an answer would be one row that everybody waits for, and would tell by when it
changed whose page it was. So each process counts for itself, keeps what is about fewer than five people to itself, and
stores the rest by a job. What a process that dies has not stored is lost: these are figures, not answers.
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.tables import Draft, Invitation, PageCount, Survey
from services.surveys.watching.domain import FEW, WHOLE, PageFigures, Tally, class_of, figures_of, minute_of, minutes_of
from shared.database import insert_many
from shared.events.questionnaire import Questionnaire
from shared.service import Runtime

#: By survey, what this process has counted and not stored.
_TALLIES: dict[UUID, Tally] = {}


def note_shown(survey_id: UUID, person: UUID, page: int) -> None:
    """The page was opened."""
    _TALLIES.setdefault(survey_id, Tally()).note(person, page, "shown")


def note_sent(survey_id: UUID, person: UUID, page: int, seconds: float | None, *, faulty: bool) -> None:
    """The page was sent in after so many seconds."""
    took = None if seconds is None else class_of(seconds)
    whats = ["sent", *(["faulty"] if faulty else []), *([took] if took else [])]
    _TALLIES.setdefault(survey_id, Tally()).note(person, page, *whats)


def note_finished(survey_id: UUID, person: UUID, seconds: float) -> None:
    """The answers were sent in so many seconds after the link was opened; a pause is counted nowhere."""
    if took := minute_of(seconds):
        _TALLIES.setdefault(survey_id, Tally()).note(person, WHOLE, took)


async def store_counts(rt: Runtime) -> None:
    """Job: store what is about a handful of people or more."""
    for survey_id in [id_ for id_, tally in _TALLIES.items() if len(tally.people) >= FEW]:
        tally = _TALLIES.pop(survey_id)
        async with rt.transaction() as session:
            rows = sorted((page, what, number) for (page, what), number in tally.counts.items())
            await _add(session, survey_id, rows)


async def keep_stopped(session: AsyncSession, survey_id: UUID) -> None:
    """Before half-finished answers go for good: on which page how many had stopped."""
    where = await session.execute(_stopped(survey_id))
    await _add(session, survey_id, [(page, "stopped", number) for page, number in where])


def _stopped(survey_id: UUID) -> sa.Select[int, int]:
    """(page, half-finished answers that rest there, of those who have sent nothing in)."""
    silent = (Draft.survey_id == survey_id, Invitation.id == Draft.invitation_id, Invitation.answered_at.is_(None))
    return sa.select(Draft.page, sa.func.count()).where(*silent).group_by(Draft.page)


async def _add(session: AsyncSession, survey_id: UUID, rows: Sequence[tuple[int, str, int]]) -> None:
    if not rows:
        return
    statement = insert_many(
        PageCount,
        survey_id=[survey_id for _ in rows],
        page=[page for page, _, _ in rows],
        what=[what for _, what, _ in rows],
        number=[number for _, _, number in rows],
    )
    total = PageCount.number + statement.excluded.number
    await session.execute(
        statement.on_conflict_do_update(index_elements=["survey_id", "page", "what"], set_={"number": total})
    )


async def as_measured(session: AsyncSession, questionnaire: Questionnaire) -> Questionnaire:
    """The questionnaire with the minutes it took those who finished it before, at the median; as written at first."""
    earlier = sa.select(Survey.id).where(Survey.questionnaire_id == questionnaire.id)
    rows = await session.execute(
        sa.select(PageCount.what, sa.func.sum(PageCount.number))
        .where(PageCount.page == WHOLE, PageCount.survey_id.in_(earlier))
        .group_by(PageCount.what)
    )
    minutes = minutes_of({what: int(number) for what, number in rows})
    return questionnaire if minutes is None else questionnaire.model_copy(update={"minutes": minutes})


async def page_figures(
    session: AsyncSession, survey_id: UUID, questionnaire: Questionnaire
) -> list[tuple[str, PageFigures]]:
    """(title in Bokmål, figures) of each page, in order."""
    by_page: dict[int, dict[str, int]] = {}
    for row in await session.scalars(sa.select(PageCount).where(PageCount.survey_id == survey_id)):
        by_page.setdefault(row.page, {})[row.what] = row.number
    for page, number in await session.execute(_stopped(survey_id)):
        by_page.setdefault(page, {})["stopped"] = number
    pages = enumerate(questionnaire.pages, start=1)
    return [(page.title.nb, figures_of(by_page.get(number, {}))) for number, page in pages]
