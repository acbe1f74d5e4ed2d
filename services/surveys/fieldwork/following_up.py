"""Reminders by plan, and word of the public result to those who took part."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.fieldwork.domain import NOTICE_LASTS
from services.surveys.tables import Invitation, Member, Survey
from shared.events.results import ResultsPublished
from shared.events.surveys import SurveyReminderDue, SurveyResultsNoticeDue
from shared.messaging import Delivery, emit, lock
from shared.service import Runtime

#: Invitations per transaction.
BATCH = 500


async def remind_due(rt: Runtime) -> None:
    """Job: publish the one reminder of every open survey whose day has come, to those who have not answered."""
    while await _remind_next(rt):
        pass


async def _remind_next(rt: Runtime) -> bool:
    now = rt.now()
    async with rt.transaction() as session:
        survey = await session.scalar(
            sa.select(Survey)
            .where(
                Survey.state == "open",
                Survey.reminded.is_(False),
                Survey.inviting.is_(False),
                Survey.reminder_at <= now,
                Survey.closes_at > now,
            )
            .order_by(Survey.id)
            .limit(1)
            .with_for_update(key_share=True, skip_locked=True)
        )
        if survey is None:
            return False
        silent = list(await session.scalars(_silent(survey.id).order_by(Invitation.id).limit(BATCH)))
        # Locked first and read again: somebody may have answered between the two.
        await lock(session, *silent)
        rows = await session.execute(
            sa.update(Invitation)
            .where(Invitation.id.in_(silent), Invitation.id.in_(_silent(survey.id)))
            .values(reminded_at=now)
            .returning(Invitation.id, Invitation.member_id, Invitation.generation)
        )
        events = [
            SurveyReminderDue(
                invitation_id=row.id,
                survey_id=survey.id,
                member_id=row.member_id,
                generation=row.generation,
                reminder=1,
                link_expires_at=survey.closes_at,
                send_before=survey.closes_at,
            )
            for row in rows
        ]
        if events:
            await emit(session, *events)
        survey.reminded = len(silent) < BATCH
        return True


def _silent(survey_id: UUID) -> sa.Select[UUID]:
    """Invitations that may be reminded: unanswered, not reminded, of a member who still takes part in surveys."""
    return (
        sa.select(Invitation.id)
        .join(Member, Member.id == Invitation.member_id)
        .where(
            Invitation.survey_id == survey_id,
            Invitation.answered_at.is_(None),
            Invitation.reminded_at.is_(None),
            Member.status == "active",
            Member.purposes.contains(["surveys"]),
        )
    )


async def tell_of_results(session: AsyncSession, event: ResultsPublished, delivery: Delivery) -> None:
    """Publish one notice for each who took part and consented to ``results``; remember where the result is."""
    await session.execute(sa.update(Survey).where(Survey.id == event.survey_id).values(result_slug=event.slug))
    if delivery.replay:
        return
    wanted = (
        sa.select(Invitation.id)
        .join(Member, Member.id == Invitation.member_id)
        .where(
            Invitation.survey_id == event.survey_id,
            Invitation.answered_at.is_not(None),
            Invitation.noticed_at.is_(None),
            Member.status == "active",
            Member.purposes.contains(["results"]),
        )
    )
    ids = list(await session.scalars(wanted.order_by(Invitation.id)))
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        await lock(session, *part)
        rows = await session.execute(
            sa.update(Invitation)
            .where(Invitation.id.in_(part), Invitation.id.in_(wanted))
            .values(noticed_at=delivery.now)
            .returning(Invitation.id, Invitation.member_id, Invitation.generation)
        )
        events = [
            SurveyResultsNoticeDue(
                invitation_id=row.id,
                survey_id=event.survey_id,
                member_id=row.member_id,
                generation=row.generation,
                send_before=event.published_at + NOTICE_LASTS,
            )
            for row in rows
        ]
        if events:
            await emit(session, *events)
