"""What a meeting changed: means before and after it, of those who were there and of the control group.

A mean is shown only where as many answered as any group must be (`SMALLEST_GROUP`). The difference is the change of
those who were there less that of the control group; what changed for both alike is not the meeting's doing.
"""

from collections.abc import Sequence
from statistics import mean
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.counting import Answers
from services.results.domain import SMALLEST_GROUP
from services.results.tables import Answer, Survey, asked_in
from shared.events.questionnaire import Scale

#: (group, wave) -> the field of a row.
_PLACES = {
    ("guest", "before"): "before",
    ("present", "after"): "after",
    ("control", "before"): "control_before",
    ("control", "after"): "control_after",
}


async def surveys_beside(session: AsyncSession, survey: Survey) -> list[Survey]:
    """Every survey about the meeting that this one asks those present about; none of any other survey."""
    meeting = survey.meeting
    if meeting is None or (meeting["group"], meeting["wave"]) != ("present", "after"):
        return []
    same = Survey.meeting["meeting_id"].astext == meeting["meeting_id"]
    return list(await session.scalars(sa.select(Survey).where(same).order_by(Survey.id)))


async def changes_of(session: AsyncSession, survey: Survey, beside: Sequence[Survey]) -> list[dict[str, Any]]:
    """A row for each scale asked before and after: {"id", "before", "after", "control_before", "control_after"}.

    None where too few answered, or the answers are not all here yet. Empty where nothing was asked before.
    """
    answers: dict[str, list[Answers]] = {}
    for other in beside:
        place = _PLACES.get((other.meeting["group"], other.meeting["wave"])) if other.meeting else None
        if place is not None:
            answers[place] = await _answers(session, other)
    if "before" not in answers:
        return []
    scales = [question.id for question in asked_in(survey).questions if isinstance(question, Scale)]
    rows = [{"id": id_} | {place: mean_of(id_, answers.get(place, ())) for place in _PLACES.values()} for id_ in scales]
    return [row for row in rows if row["before"] is not None and row["after"] is not None]


def mean_of(question: str, answers: Sequence[Answers]) -> float | None:
    """The mean of those who took a stand, to one decimal; None where they are too few to be shown."""
    steps = [int(answer[question]) for answer in answers if str(answer.get(question, "")).isdigit()]
    return round(mean(steps), 1) if len(steps) >= SMALLEST_GROUP else None


def waiting_for(survey: Survey, beside: Sequence[Survey]) -> int:
    """How many of the meeting's surveys have not released their answers yet, this one apart."""
    return sum(other.id != survey.id and other.released is None for other in beside)


async def _answers(session: AsyncSession, survey: Survey) -> list[Answers]:
    answers = list(await session.scalars(sa.select(Answer.answers).where(Answer.survey_id == survey.id)))
    return answers if survey.released is not None and len(answers) >= survey.released else []
