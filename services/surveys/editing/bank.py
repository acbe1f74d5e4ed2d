"""The question bank: each question that surveys have asked, once, in the words it was last asked in."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.tables import Survey
from shared.events.questionnaire import identity_of

#: Surveys looked back on: some years of a panel.
_MOST_SURVEYS = 100
#: A survey's areas are its municipality's of that day, so that kind of question is simply added anew.
_NOT_KEPT = ("information", "area")


async def asked_before(session: AsyncSession) -> dict[str, Mapping[str, object]]:
    """Identity (``klima.reisemate``) -> the question as a file holds it, the last asked first."""
    surveys = await session.scalars(
        sa.select(Survey.questionnaire)
        .where(Survey.opened_at.is_not(None))
        .order_by(Survey.opened_at.desc(), Survey.id)
        .limit(_MOST_SURVEYS)
    )
    bank: dict[str, Mapping[str, object]] = {}
    for questionnaire in surveys:
        for part in questionnaire.questions:
            question = part.model_dump(mode="json")
            if part.type not in _NOT_KEPT:
                bank.setdefault(identity_of(questionnaire.id, question), question)
    return bank
