"""Current state for a new or emptied subscriber: meetings, who was in their draws, and how each invitation stands."""

from collections.abc import AsyncIterator

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.afterwards.concluding import held_fact, minutes_fact
from services.meetings.afterwards.evaluating import asked_fact, evaluations_of, group_fact
from services.meetings.facts import announced, answered, call_answered, call_issued, entered, issued, proof_issued
from services.meetings.locks import lock_invitations, lock_meeting
from services.meetings.planning.cancelling import cancelled_fact
from services.meetings.seats.domain import UNANSWERED
from services.meetings.seats.preparing import candidates_of
from services.meetings.seats.promising import ways_of
from services.meetings.tables import Called, Draw, DrawEntry, Invitation, Meeting
from shared.dates import told_again
from shared.events import Event
from shared.events.meetings import DatesPlanned
from shared.messaging import lock

#: Draw entries locked and read at a time.
BATCH = 500


async def state_events(session: AsyncSession) -> AsyncIterator[Event | None]:
    """Each meeting's public state and what has become of it, then calls, entries and invitations of those not erased.

    Each fact comes after the announcement it follows, as it did the first time.
    """
    async for dates in told_again(session, DatesPlanned):
        yield dates
    for meeting_id in list(await session.scalars(sa.select(Meeting.id).order_by(Meeting.id))):
        meeting = await lock_meeting(session, meeting_id)
        if meeting is None:
            continue
        yield announced(meeting)
        if meeting.held_at is not None:
            yield held_fact(meeting)
        if meeting.minuted_at is not None:
            yield minutes_fact(meeting)
        if meeting.cancelled_at is not None:
            yield cancelled_fact(meeting)
        for evaluation in await evaluations_of(session, meeting_id):
            await lock(session, evaluation.id)
            yield asked_fact(evaluation)
        async for call in _calls(session, meeting):
            yield call
        async for entry in _entries(session, meeting):
            yield entry
        rows = await lock_invitations(
            session, Invitation.meeting_id == meeting_id, Invitation.member_id.is_not(None), Invitation.state != "ended"
        )
        for row in rows:
            if row.member_id is not None:
                yield issued(meeting, row) if row.state in UNANSWERED else answered(meeting, row, row.member_id)


async def _calls(session: AsyncSession, meeting: Meeting) -> AsyncIterator[Event | None]:
    mine = (Called.meeting_id == meeting.id, Called.member_id.is_not(None))
    ids = list(await session.scalars(sa.select(Called.id).where(*mine).order_by(Called.id)))
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        await lock(session, *part)
        rows = sa.select(Called).where(Called.id.in_(part), Called.member_id.is_not(None)).order_by(Called.id)
        for row in await session.scalars(rows):
            if row.member_id is not None:
                yield call_issued(meeting, row) if row.state == "asked" else call_answered(row, row.member_id)
        yield None


async def _entries(session: AsyncSession, meeting: Meeting) -> AsyncIterator[Event | None]:
    if meeting.draw_id is None:
        return
    draw = await session.get(Draw, meeting.draw_id)
    people = await candidates_of(session, meeting.draw_id) if draw is not None and draw.promise is not None else []
    ways = ways_of(people)
    evaluated = any(evaluation.group == "present" for evaluation in await evaluations_of(session, meeting.id))
    came = sa.select(Invitation.member_id).where(Invitation.meeting_id == meeting.id, Invitation.attended.is_(True))
    present = set(await session.scalars(came)) if evaluated else set()
    by_member = {candidate.member_id: candidate for candidate in people}
    ids = list(
        await session.scalars(sa.select(DrawEntry.id).where(DrawEntry.meeting_id == meeting.id).order_by(DrawEntry.id))
    )
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        await lock(session, *part)
        rows = await session.scalars(
            sa.select(DrawEntry).where(DrawEntry.id.in_(part), DrawEntry.member_id.is_not(None)).order_by(DrawEntry.id)
        )
        for row in rows:
            yield entered(row, meeting.draw_id)
            if row.control or row.member_id in present:
                yield group_fact(row, "control" if row.control else "present")
            candidate = by_member.get(row.member_id)
            if draw is not None and candidate is not None and candidate.salt is not None:
                yield proof_issued(row, draw, candidate, ways[candidate.number])
        yield None
