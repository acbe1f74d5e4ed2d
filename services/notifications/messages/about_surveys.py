"""Mails about surveys, and the texts they need."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.kinds import KINDS
from services.notifications.messages.creating import NewMessage, create_messages, message, release_waiting
from services.notifications.messages.suppressing import settle_invitation
from services.notifications.tables import Message, Survey
from shared.database import upsert
from shared.events.results import ResultsPublished
from shared.events.surveys import (
    SurveyAnswered,
    SurveyFollowUpNoticeDue,
    SurveyInvitationIssued,
    SurveyOpened,
    SurveyReminderDue,
    SurveyResultsNoticeDue,
)
from shared.messaging import Delivery

AboutSurvey = (
    SurveyInvitationIssued | SurveyReminderDue | SurveyResultsNoticeDue | SurveyFollowUpNoticeDue | SurveyAnswered
)


async def write_about_surveys(
    session: AsyncSession, events: Sequence[AboutSurvey], deliveries: Sequence[Delivery]
) -> None:
    """Invitations, reminders and notices, set-based; who has answered needs no reminder any more."""
    rows: list[NewMessage] = []
    for event, delivery in zip(events, deliveries, strict=True):
        if delivery.replay:
            continue
        match event:
            case SurveyAnswered():
                await create_messages(session, rows)
                rows = []
                await settle_invitation(session, event.invitation_id, "answered")
            case SurveyFollowUpNoticeDue():
                rows.append(message(KINDS["survey_follow_up"], event, event.notice_id, survey_id=event.survey_id))
            case SurveyInvitationIssued():
                rows.append(message(KINDS["survey"], event, event.invitation_id, survey_id=event.survey_id))
            case SurveyReminderDue():
                rows.append(message(KINDS["reminder"], event, event.invitation_id, survey_id=event.survey_id))
            case SurveyResultsNoticeDue():
                rows.append(message(KINDS["results"], event, event.invitation_id, survey_id=event.survey_id))
    await create_messages(session, rows)


async def keep_survey_texts(session: AsyncSession, event: SurveyOpened, _: Delivery) -> None:
    """The survey's texts; messages that waited for them are due now."""
    await _keep(session, event.survey_id, questionnaire=event.questionnaire, closes_at=event.closes_at)


async def keep_result_address(session: AsyncSession, event: ResultsPublished, _: Delivery) -> None:
    """Where the result stands; it may come before the survey's own texts."""
    await _keep(session, event.survey_id, slug=event.slug)


async def _keep(session: AsyncSession, survey_id: UUID, **values: Any) -> None:
    await upsert(session, Survey, id=survey_id, **values)
    await release_waiting(session, Message.survey_id == survey_id)
