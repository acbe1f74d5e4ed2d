"""A survey of one made-up person, from its plan to the release of answers, in a transaction that is never committed.

A made-up resident who walks in from outside is asked nothing (docs/decisions/0031-a-synthetic-resident.md). This finds
out, before residents do, that no survey can open or be answered here: the folder of keys, the tables of resting
answers, sealing, release. Nothing of it is in a count, a list, an event or a mail, because none of it is ever stored.
"""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.answering.store import Opened, hold, let_go, look, submit
from services.surveys.fieldwork.closing import close_survey
from services.surveys.fieldwork.domain import Plan
from services.surveys.fieldwork.inviting import invite, open_survey
from services.surveys.planning.planning import add_survey
from services.surveys.sealing import SurveyKeys, keys_of
from services.surveys.tables import Invitation, Member, Survey
from shared.events.questionnaire import Questionnaire
from shared.events.questionnaire.example import ANSWERS, QUESTIONNAIRE
from shared.ids import new_id
from shared.service import RehearsalFailed, Runtime


async def rehearse_survey(rt: Runtime) -> None:
    """Job: where a made-up resident walks, somebody as made up is asked every kind of question, and answers."""
    if not rt.settings.synthetic_email:
        return
    keys, survey_id = keys_of(rt.settings), new_id()
    keys.make(survey_id)
    try:
        async with rt.database.rehearsal() as session:
            await _from_plan_to_release(session, keys, survey_id, rt.now())
    finally:
        keys.destroy(survey_id)
        let_go(survey_id)


async def _from_plan_to_release(session: AsyncSession, keys: SurveyKeys, survey_id: UUID, now: datetime) -> None:
    questionnaire = Questionnaire.model_validate(QUESTIONNAIRE)
    plan = Plan(opens_at=now, closes_at=now + timedelta(hours=1), reminder_at=None)
    await add_survey(session, survey_id, questionnaire, "now", None, plan, now)
    survey = await session.get_one(Survey, survey_id)
    survey.cell_minimum = 1
    person = Member(
        id=new_id(), year_of_birth=1970, gender="other", area=None, purposes=["surveys"], status="active",
        joined_at=now, language="nb",
    )  # fmt: skip
    session.add(person)
    await open_survey(session, survey, keys.seal(survey_id), now)
    await invite(session, survey, [person], now)
    invitation = await session.scalar(sa.select(Invitation.id).where(Invitation.survey_id == survey_id))
    if invitation is None:
        raise RehearsalFailed("nobody was invited")
    opening = await hold(session, keys, invitation, 1, now)
    if not isinstance(opening, Opened):
        raise RehearsalFailed(f"the invitation is {opening}")
    await submit(session, opening, ANSWERS, now)
    opening_again = await look(session, keys, invitation, 1, now)
    if not isinstance(opening_again, Opened) or opening_again.answers != ANSWERS:
        raise RehearsalFailed("the answers rest otherwise than they were given")
    numbers = await close_survey(session, keys, survey_id, now)
    if numbers is None or (numbers.invited, numbers.answered, numbers.released) != (1, 1, 1):
        raise RehearsalFailed("not one answer of one person asked was released")
