"""Mails about surveys, and the texts they need."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.messages import create_messages, message, release_waiting, settle_invitation
from services.notifications.tables import Message, Survey
from shared.events import Event
from shared.events.results import ResultsPublished
from shared.events.surveys import (
    SurveyAnswered,
    SurveyFollowUpNoticeDue,
    SurveyInvitationIssued,
    SurveyOpened,
    SurveyReminderDue,
    SurveyResultsNoticeDue,
)
from shared.messaging import Delivery, subscribe

_PURPOSES: dict[type[Event], str] = {
    SurveyInvitationIssued: "survey",
    SurveyReminderDue: "reminder",
    SurveyResultsNoticeDue: "results",
}


async def write_about_surveys(session: AsyncSession, events: Sequence[Any], deliveries: Sequence[Delivery]) -> None:
    """Invitations, reminders and notices, set-based; who has answered needs no reminder any more."""
    rows: list[dict[str, Any]] = []
    for event, delivery in zip(events, deliveries, strict=True):
        if delivery.replay:
            continue
        if isinstance(event, SurveyAnswered):
            await create_messages(session, rows)
            rows = []
            await settle_invitation(session, event.invitation_id, "answered")
        elif isinstance(event, SurveyFollowUpNoticeDue):
            rows.append(message("survey_follow_up", event, event.notice_id, survey_id=event.survey_id))
        else:
            rows.append(message(_PURPOSES[type(event)], event, event.invitation_id, survey_id=event.survey_id))
    await create_messages(session, rows)


async def keep_survey_texts(session: AsyncSession, event: SurveyOpened, _: Delivery) -> None:
    """The survey's texts; messages that waited for them are due now."""
    await _keep(session, event.survey_id, questionnaire=event.questionnaire, closes_at=event.closes_at)


async def keep_result_address(session: AsyncSession, event: ResultsPublished, _: Delivery) -> None:
    """Where the result stands; it may come before the survey's own texts."""
    await _keep(session, event.survey_id, slug=event.slug)


async def _keep(session: AsyncSession, survey_id: Any, **values: Any) -> None:
    await session.execute(
        pg_insert(Survey).values(id=survey_id, **values).on_conflict_do_update(index_elements=["id"], set_=values)
    )
    await release_waiting(session, Message.survey_id == survey_id)


HANDLERS = [
    subscribe(
        "notifications.write_about_surveys",
        write_about_surveys,
        SurveyInvitationIssued,
        SurveyReminderDue,
        SurveyResultsNoticeDue,
        SurveyFollowUpNoticeDue,
        SurveyAnswered,
        batch=True,
    ),
    subscribe("notifications.keep_survey_texts", keep_survey_texts, SurveyOpened),
    subscribe("notifications.keep_result_address", keep_result_address, ResultsPublished),
]
