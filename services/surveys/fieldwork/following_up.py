"""Notices to participants: of the public result, and of what it led to."""

from collections.abc import Iterable, Iterator
from itertools import islice
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.fieldwork.domain import NOTICE_LASTS
from services.surveys.tables import FollowUpNotice, Invitation, Member, Survey
from shared.database import unnest
from shared.events.results import FollowUpRecorded, ResultsPublished
from shared.events.surveys import SurveyFollowUpNoticeDue, SurveyResultsNoticeDue
from shared.ids import new_id
from shared.messaging import Delivery, emit, emit_new, lock

#: Invitations per transaction.
BATCH = 500


def batched(ids: Iterable[UUID], size: int) -> Iterator[list[UUID]]:
    """Lists of at most ``size`` ids."""
    rest = iter(ids)
    while part := list(islice(rest, size)):
        yield part


def _participants(survey_id: UUID) -> sa.Select[UUID]:
    """Invitations of people who took part and want to hear what it led to."""
    return (
        sa.select(Invitation.id)
        .join(Member, Member.id == Invitation.member_id)
        .where(
            Invitation.survey_id == survey_id,
            Invitation.answered_at.is_not(None),
            Member.status == "active",
            Member.purposes.contains(["results"]),
        )
    )


async def tell_of_results(session: AsyncSession, event: ResultsPublished, delivery: Delivery) -> None:
    """Publish one notice for each who took part and consented to ``results``; remember where the result is."""
    await session.execute(sa.update(Survey).where(Survey.id == event.survey_id).values(result_slug=event.slug))
    if delivery.replay:
        return
    participants = _participants(event.survey_id).where(Invitation.noticed_at.is_(None))
    for part in batched(await session.scalars(participants.order_by(Invitation.id)), BATCH):
        # Locked first and asked again: an erasure may have come between the two.
        await lock(session, *part)
        rows = await session.execute(
            sa.update(Invitation)
            .where(Invitation.id.in_(participants.where(Invitation.id.in_(part))))
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


async def tell_of_follow_up(session: AsyncSession, event: FollowUpRecorded, delivery: Delivery) -> None:
    """Publish one notice for each who took part in the survey it is about and consented to ``results``.

    A follow-up recorded again (its text mended) reaches only those who have not been told of it.
    """
    if event.about != "survey" or delivery.replay:
        return
    participants = _participants(event.about_id)
    for part in batched(await session.scalars(participants.order_by(Invitation.id)), BATCH):
        await lock(session, *part)
        rows = await session.execute(
            sa.select(Invitation.id, Invitation.member_id, Invitation.generation)
            .where(Invitation.id.in_(participants.where(Invitation.id.in_(part))))
            .order_by(Invitation.id)
        )
        people = {row.id: row for row in rows}
        if not people:
            continue
        new = unnest(id=(sa.Uuid, [new_id() for _ in people]), invitation_id=(sa.Uuid, list(people)))
        notices = await session.execute(
            pg_insert(FollowUpNotice)
            .from_select(
                ["id", "invitation_id", "follow_up_id"],
                sa.select(new.c.id, new.c.invitation_id, sa.literal(event.follow_up_id, sa.Uuid)),
            )
            .on_conflict_do_nothing()
            .returning(FollowUpNotice.id, FollowUpNotice.invitation_id)
        )
        events = [
            SurveyFollowUpNoticeDue(
                notice_id=row.id,
                survey_id=event.about_id,
                member_id=people[row.invitation_id].member_id,
                generation=people[row.invitation_id].generation,
                send_before=event.recorded_at + NOTICE_LASTS,
            )
            for row in notices
        ]
        await emit_new(session, events)
