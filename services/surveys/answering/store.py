"""An invitation as its holder meets it: opened, held while something is changed, sent in once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.answering.domain import only_shown
from services.surveys.answering.sealing import Seal
from services.surveys.fieldwork.closing import hold_open
from services.surveys.questionnaire.model import Questionnaire
from services.surveys.tables import Draft, Invitation, Response, Survey
from shared.events.surveys import SurveyAnswered
from shared.ids import random_id
from shared.messaging import emit, lock


class Refusal(StrEnum):
    """Why an invitation cannot be used; each has its own page."""

    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True)
class Opened:
    """An invitation that may be answered, its open survey, and what has been written so far."""

    invitation: Invitation
    survey: Survey
    questionnaire: Questionnaire
    seal: Seal
    answers: dict[str, Any]
    """Right answers so far."""
    typed: dict[str, list[str]]
    """What was typed and is no answer yet."""
    page: int | None
    """Where the person is; None who has not begun."""


async def look(
    session: AsyncSession, seal: Seal, invitation_id: UUID, generation: int, now: datetime
) -> Opened | Refusal:
    """The invitation as it is, to show a page; holds nothing."""
    invitation = await session.get(Invitation, invitation_id)
    survey = await session.get(Survey, invitation.survey_id) if invitation else None
    is_open = survey is not None and survey.state == "open" and survey.closes_at > now
    return await _opened(session, seal, invitation, survey if is_open else None, generation)


async def hold(
    session: AsyncSession, seal: Seal, invitation_id: UUID, generation: int, now: datetime
) -> Opened | Refusal:
    """The invitation, kept from being answered elsewhere, closed or erased until this transaction ends.

    Every change an answering person causes starts here. The survey is held first (closing waits), then the invitation
    (another tab and an erasure wait), and only then is it read: nothing can be written for one that is over.
    """
    survey_id = await session.scalar(sa.select(Invitation.survey_id).where(Invitation.id == invitation_id))
    if survey_id is None:
        return Refusal.UNKNOWN
    survey = await hold_open(session, survey_id, now)
    await lock(session, invitation_id)
    invitation = await session.get(Invitation, invitation_id, populate_existing=True)
    return await _opened(session, seal, invitation, survey, generation)


async def _opened(
    session: AsyncSession, seal: Seal, invitation: Invitation | None, survey: Survey | None, generation: int
) -> Opened | Refusal:
    if invitation is None:
        return Refusal.UNKNOWN
    if invitation.member_id is None or invitation.generation > generation:
        return Refusal.WITHDRAWN
    if invitation.answered_at is not None:
        return Refusal.ANSWERED
    if survey is None:
        return Refusal.CLOSED
    draft = await session.get(Draft, invitation.id, populate_existing=True)
    questionnaire = Questionnaire.model_validate(survey.questionnaire)
    if draft is None:
        return Opened(invitation, survey, questionnaire, seal, {}, {}, None)
    kept = seal.open(draft.invitation_id, draft.sealed)
    return Opened(invitation, survey, questionnaire, seal, kept["answers"], kept["typed"], draft.page)


async def keep(
    session: AsyncSession, held: Opened, answers: Mapping[str, Any], typed: Mapping[str, Any], page: int
) -> None:
    """Store the half-finished answers of a held invitation, and what was typed that is no answer yet."""
    sealed = held.seal.close(held.invitation.id, {"answers": dict(answers), "typed": dict(typed)})
    values = {"sealed": sealed, "page": page}
    await session.execute(
        pg_insert(Draft)
        .values(invitation_id=held.invitation.id, **values)
        .on_conflict_do_update(index_elements=["invitation_id"], set_=values)
    )


async def submit(session: AsyncSession, held: Opened, answers: Mapping[str, Any], now: datetime) -> None:
    """Send in the answers of a held invitation.

    The answer's row has a random id, no time and no invitation, and is sealed. The draft, which could lead to the
    person, goes in the same transaction.
    """
    invitation, survey = held.invitation, held.survey
    assert invitation.member_id is not None
    id_, kept = random_id(), only_shown(held.questionnaire, answers)
    sealed = held.seal.close(id_, {"answers": kept, "gender": invitation.gender, "band": invitation.band})
    session.add(Response(id=id_, survey_id=survey.id, sealed=sealed))
    invitation.answered_at = now
    await session.flush()
    await session.execute(sa.delete(Draft).where(Draft.invitation_id == invitation.id))
    await emit(
        session,
        SurveyAnswered(
            invitation_id=invitation.id, survey_id=survey.id, member_id=invitation.member_id, answered_at=now
        ),
    )
