"""Mails about surveys, and the texts they need."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.kinds import KINDS, codes_about
from services.notifications.messages.creating import NewMessage, create_messages, message, release_waiting
from services.notifications.messages.suppressing import settle_invitation, suppress_needless
from services.notifications.tables import Message, Survey
from shared.database import upsert
from shared.events.results import ResultsPublished
from shared.events.surveys import (
    SurveyAnswered,
    SurveyChanged,
    SurveyClosed,
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
    """Invitations, reminders and notices, set-based; a member who has answered needs no reminder."""
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
                kind = KINDS["reminder" if event.last else "first_reminder"]
                rows.append(message(kind, event, event.invitation_id, survey_id=event.survey_id))
            case SurveyResultsNoticeDue():
                rows.append(message(KINDS["results"], event, event.invitation_id, survey_id=event.survey_id))
    await create_messages(session, rows)


async def keep_survey(session: AsyncSession, event: SurveyOpened | SurveyChanged | SurveyClosed, _: Delivery) -> None:
    """The survey's texts and how it stands; messages that waited for it are due now, or wait, or are needless."""
    survey_id = event.survey_id
    about = sa.and_(Message.survey_id == survey_id, Message.purpose.in_(codes_about("survey")))
    match event:
        case SurveyOpened():
            await _keep(session, survey_id, questionnaire=event.questionnaire, closes_at=event.closes_at, state="open")
        case SurveyChanged():
            # A mail that has not gone is worth sending for as long as the survey takes answers.
            await session.execute(
                sa.update(Message)
                .where(about, Message.state.in_(("waiting", "pending")))
                .values(send_before=event.closes_at, link_expires_at=event.closes_at)
            )
            if event.state != "open":
                await session.execute(
                    sa.update(Message)
                    .where(about, Message.state == "pending")
                    .values(state="waiting", reason="survey_held")
                )
            facts = {"questionnaire": event.questionnaire, "closes_at": event.closes_at, "state": event.state}
            await _keep(session, survey_id, **facts)
        case SurveyClosed():
            await _keep(session, survey_id, state="closed")
            await suppress_needless(session, about)


async def keep_result_address(session: AsyncSession, event: ResultsPublished, _: Delivery) -> None:
    """Where the result stands; it may come before the survey's own texts."""
    await _keep(session, event.survey_id, slug=event.slug)


async def _keep(session: AsyncSession, survey_id: UUID, **values: object) -> None:
    await upsert(session, Survey, id=survey_id, **values)
    await release_waiting(session, Message.survey_id == survey_id)
