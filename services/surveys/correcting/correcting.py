"""Correcting texts: a correction is stored with the survey and published to every service that has its texts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.correcting.domain import Change, Wishes, changes_in, corrected
from services.surveys.steering.steering import changed_event, hold_running
from services.surveys.tables import Invitation
from shared.database import count_rows
from shared.events.questionnaire import strict
from shared.events.surveys import TextChange, TextCorrection
from shared.messaging import emit

#: The most corrections of one survey: each travels with every later event about it.
MOST = 50


async def correct(session: AsyncSession, survey_id: UUID, wishes: Wishes, now: datetime) -> Sequence[Change]:
    """Correct an open or paused survey's texts; what has changed. Raises RulesBroken when the new ones break a rule."""
    survey = await hold_running(session, survey_id)
    if survey is None or survey.state == "ended" or survey.corrected >= MOST:
        return []
    content = survey.questionnaire.content()
    changes = changes_in(content, wishes)
    if not changes:
        return []
    survey.questionnaire = strict(corrected(content, changes))
    invitations = sa.select(Invitation).where(Invitation.survey_id == survey_id, Invitation.answered_at.is_not(None))
    texts = tuple(
        TextChange(place=change.path, language=change.language, before=change.before, after=change.after)
        for change in changes
    )
    correction = TextCorrection(corrected_at=now, answered=await count_rows(session, invitations), changes=texts)
    survey.corrections = (*survey.corrections, correction)
    survey.corrected += 1
    survey.changed_at = now
    await emit(session, changed_event(survey))
    return changes
