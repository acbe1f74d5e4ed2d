"""Copies of other services' facts that residents see on the own page and on the front page."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.tables import (
    Asked,
    Drawn,
    DrawProof,
    FollowUp,
    Meeting,
    Member,
    PublishedResult,
    Spared,
    Survey,
)
from shared.database import insert_many, upsert, upsert_many
from shared.events.meetings import DrawProofIssued, MeetingAnnounced, MemberEnteredDraw
from shared.events.results import FollowUpRecorded, ResultsPublished
from shared.events.surveys import (
    MemberSpared,
    SurveyAnswered,
    SurveyChanged,
    SurveyClosed,
    SurveyInvitationIssued,
    SurveyOpened,
)
from shared.messaging import Delivery


async def keep_survey_title(session: AsyncSession, event: SurveyOpened | SurveyChanged, _: Delivery) -> None:
    """What the survey is called, until when it takes answers, and whom it asks of those who join meanwhile."""
    values = {"title": event.questionnaire.title.by_language, "closes_at": event.closes_at, "paused": False}
    if isinstance(event, SurveyChanged):
        values["paused"] = event.state == "paused"
        values["closes_at"] = min(event.closes_at, event.changed_at) if event.state == "ended" else event.closes_at
    elif event.asks == "sample" or not event.invites_new_members:
        # A sample has been drawn and takes nobody more.
        values["new_members"] = "none"
    else:
        values["new_members"] = "all" if event.asks == "everybody" else "some"
    await upsert(session, Survey, id=event.survey_id, **values)


async def keep_survey_end(session: AsyncSession, event: SurveyClosed, _: Delivery) -> None:
    """A survey that staff close early is over at once."""
    await session.execute(
        sa.update(Survey).where(Survey.id == event.survey_id).values(closes_at=event.closed_at, paused=False)
    )


async def keep_asked(
    session: AsyncSession, events: Sequence[SurveyInvitationIssued | SurveyAnswered], _: Sequence[Delivery]
) -> None:
    """That members were asked, and whether they took part; nothing about somebody who has left."""
    here = await _still_here(session, {event.member_id for event in events})
    rows: dict[UUID, tuple[UUID, UUID, datetime | None]] = {}
    for event in events:
        if event.member_id in here:
            at = event.answered_at if isinstance(event, SurveyAnswered) else None
            before = rows.get(event.invitation_id)
            rows[event.invitation_id] = (event.member_id, event.survey_id, at or (before and before[2]))
    if not rows:
        return
    statement = insert_many(
        Asked,
        invitation_id=list(rows),
        member_id=[row[0] for row in rows.values()],
        survey_id=[row[1] for row in rows.values()],
        answered_at=[row[2] for row in rows.values()],
    )
    answered_at = sa.func.coalesce(statement.excluded.answered_at, Asked.answered_at)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["invitation_id"], set_={"answered_at": answered_at})
    )


async def keep_spared(session: AsyncSession, events: Sequence[MemberSpared], _: Sequence[Delivery]) -> None:
    """That a survey was for members and others were drawn; nothing about somebody who has left."""
    here = await _still_here(session, {event.member_id for event in events})
    by_candidate = {event.candidate_id: event for event in events if event.member_id in here}
    if by_candidate:
        await upsert_many(
            session,
            Spared,
            candidate_id=list(by_candidate),
            member_id=[event.member_id for event in by_candidate.values()],
            survey_id=[event.survey_id for event in by_candidate.values()],
            reason=[event.reason for event in by_candidate.values()],
        )


async def keep_meeting(session: AsyncSession, event: MeetingAnnounced, _: Delivery) -> None:
    """What the meeting is called, and when it is."""
    await upsert(
        session, Meeting, id=event.meeting_id, slug=event.slug, heading=event.heading, starts_at=event.starts_at,
        cancelled=event.status == "cancelled",
    )  # fmt: skip


async def keep_drawn(session: AsyncSession, event: MemberEnteredDraw, _: Delivery) -> None:
    """That a member was in a draw."""
    if await _still_here(session, {event.member_id}):
        values = {"member_id": event.member_id, "meeting_id": event.meeting_id}
        await upsert(session, Drawn, entry_id=event.entry_id, chance=event.chance, drawn=event.drawn, **values)


async def keep_proof(session: AsyncSession, event: DrawProofIssued, _: Delivery) -> None:
    """Store the proof that a member was in a draw's pool."""
    if await _still_here(session, {event.member_id}):
        proof = {
            "entry": {"salt": event.salt, "id": str(event.member_id), "type": list(event.kind)},
            "proof": [list(step) for step in event.path],
            "root": event.root,
            "digest": event.digest,
        }
        values = {"member_id": event.member_id, "meeting_id": event.meeting_id}
        await upsert(session, DrawProof, entry_id=event.entry_id, proof=proof, **values)


async def keep_result(session: AsyncSession, event: ResultsPublished, _: Delivery) -> None:
    """A result for the front page."""
    values = {"slug": event.slug, "heading": event.heading, "finding": event.finding, "picture": event.picture}
    await upsert(session, PublishedResult, survey_id=event.survey_id, published_at=event.published_at, **values)


async def keep_follow_up(session: AsyncSession, event: FollowUpRecorded, _: Delivery) -> None:
    """Store what a result led to."""
    values = {"about_id": event.about_id, "done": event.done, "done_on": event.done_on}
    await upsert(session, FollowUp, id=event.follow_up_id, **values)


async def _still_here(session: AsyncSession, members: Collection[UUID]) -> set[UUID]:
    """Members who are not erased. Their rows are held, so that an erasure either sees this copy or comes first."""
    here = await session.scalars(
        sa.select(Member.id)
        .where(Member.id.in_(members), Member.status != "erased")
        .order_by(Member.id)
        .with_for_update(read=True)
    )
    return set(here)
