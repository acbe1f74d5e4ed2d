"""A meeting's evaluation: the survey that meetings asks for, of shipped questionnaires."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.audience.domain import Audience
from services.surveys.audience.meetings import GROUPS
from services.surveys.audience.tables import MeetingGuest
from services.surveys.fieldwork.domain import Plan
from services.surveys.planning.planning import add_survey
from services.surveys.questionnaire.shelf import shipped
from services.surveys.tables import Survey
from shared.events.meetings import MeetingSurveyAsked
from shared.events.questionnaire import Questionnaire
from shared.messaging import Delivery, PermanentError

#: How the meeting was; and what is asked before and after it.
HOW_IT_WAS, COMPARED = "moteevaluering", "foretter"
#: The members of a group arrive one by one. After so long the survey opens with those who have arrived.
_LONGEST = timedelta(hours=1)


def questionnaire_for(group: str, *, compared: bool) -> Questionnaire:
    """The questionnaire of a group: people present tell how it was; where waves are compared, all answer the same."""
    there = shipped()
    if group != "present":
        return there[COMPARED]
    if not compared:
        return there[HOW_IT_WAS]
    both = (*there[HOW_IT_WAS].pages, *there[COMPARED].pages)
    minutes = there[HOW_IT_WAS].minutes + there[COMPARED].minutes
    return there[HOW_IT_WAS].model_copy(update={"pages": both, "minutes": minutes})


async def plan_evaluation(session: AsyncSession, event: MeetingSurveyAsked, delivery: Delivery) -> None:
    """Plan the survey; it opens by itself once the group's members are known here."""
    if event.group not in ("guest", *GROUPS) or event.wave not in ("before", "after"):
        raise PermanentError(f"no survey of {event.group} {event.wave} a meeting")
    if delivery.replay or event.closes_at <= delivery.now:
        return
    is_new = await add_survey(
        session,
        event.survey_id,
        questionnaire_for(event.group, compared=event.compared),
        "date",
        None,
        Plan(event.asked_at, event.closes_at, None),
        delivery.now,
        audience=Audience(meeting=event.meeting_id, group=event.group),
        confirmed=event.members,
    )
    if is_new:
        survey = await session.get_one(Survey, event.survey_id)
        survey.wave = event.wave


def group_is_known(now: datetime) -> sa.ColumnElement[bool]:
    """As many of the group are here as meetings counted; True of surveys of no such group."""
    audience = sa.type_coerce(Survey.audience, JSONB)
    here = (
        sa.select(sa.func.count())
        .where(
            sa.cast(MeetingGuest.meeting_id, sa.Text) == audience["meeting"].astext,
            MeetingGuest.group == audience["group"].astext,
        )
        .correlate(Survey)
        .scalar_subquery()
    )
    return sa.or_(Survey.wave.is_(None), here >= Survey.confirmed, Survey.opens_at <= now - _LONGEST)
