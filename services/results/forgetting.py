"""Forgetting single answers: what was counted and published stays, the answers behind it do not."""

from datetime import timedelta

import sqlalchemy as sa

from services.results.tables import Answer, Survey
from shared.service import Runtime

#: Long enough for a recount beside the next surveys on the same matter.
ANSWERS = timedelta(days=5 * 365)


async def forget_answers(rt: Runtime) -> None:
    """Job: released answers, which nobody can tie to a person, end five years after their survey closed."""
    old = sa.select(Survey.id).where(Survey.closed_at < rt.now() - ANSWERS)
    async with rt.transaction() as session:
        await session.execute(sa.delete(Answer).where(Answer.survey_id.in_(old)))
