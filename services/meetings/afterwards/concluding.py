"""After the meeting: attendance, minutes, and what it led to."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.facts import NOTICE_LASTS, announced, tell
from services.meetings.locks import lock_invitations, lock_meeting, wait_for_draws
from services.meetings.tables import FollowUp, Invitation, Meeting, Member
from shared.database import upsert
from shared.events.meetings import MeetingHeld, MeetingMinutesPublished
from shared.events.results import FollowUpRecorded
from shared.messaging import Delivery, emit


def held_fact(meeting: Meeting) -> MeetingHeld:
    """The meeting took place."""
    assert meeting.held_at is not None
    return MeetingHeld(meeting_id=meeting.id, attended=meeting.attended or 0, held_at=meeting.held_at)


def minutes_fact(meeting: Meeting) -> MeetingMinutesPublished:
    """The minutes are public."""
    assert meeting.minuted_at is not None
    return MeetingMinutesPublished(meeting_id=meeting.id, slug=meeting.slug, published_at=meeting.minuted_at)


async def record_attendance(
    session: AsyncSession, meeting_id: UUID, came: Collection[UUID], now: datetime
) -> Meeting | None:
    """Store who came of those who had said yes; staff may do it again until the minutes are out.

    None when the meeting has not begun, was cancelled, or has its minutes.
    """
    meeting = await lock_meeting(session, meeting_id)
    if meeting is None or meeting.state not in ("drawn", "held") or now < meeting.starts_at:
        return None
    rows = await lock_invitations(session, Invitation.meeting_id == meeting_id, Invitation.state == "accepted")
    for row in rows:
        row.attended = row.id in came
    meeting.attended = sum(1 for row in rows if row.attended)
    meeting.held_at = meeting.starts_at
    meeting.state = "held"
    await emit(session, announced(meeting), held_fact(meeting))
    return meeting


async def publish_minutes(
    session: AsyncSession, meeting_id: UUID, text: str, now: datetime
) -> tuple[Meeting, int] | None:
    """Publish the minutes or correct them; participants are told the first time only, and their number is returned."""
    meeting = await lock_meeting(session, meeting_id)
    if meeting is None or meeting.state not in ("held", "minuted"):
        return None
    meeting.minutes = text
    if meeting.state == "minuted":
        return meeting, 0
    meeting.state = "minuted"
    meeting.minuted_at = now
    await emit(session, announced(meeting), minutes_fact(meeting))
    rows = await lock_invitations(session, Invitation.meeting_id == meeting_id, Invitation.attended.is_(True))
    return meeting, await tell(session, meeting, rows, "minutes", now + NOTICE_LASTS)


async def keep_follow_up(session: AsyncSession, event: FollowUpRecorded, delivery: Delivery) -> None:
    """Store what the meeting led to, and tell participants who consented to ``results``, once."""
    if event.about != "meeting":
        return
    values = {"meeting_id": event.about_id, "done": event.done, "done_on": event.done_on}
    await upsert(session, FollowUp, id=event.follow_up_id, **values)
    if delivery.replay:
        return
    # An erasure waits for draws too, so nobody who is being erased is told.
    await wait_for_draws(session)
    meeting = await lock_meeting(session, event.about_id)
    if meeting is None:
        return
    wants = sa.select(Member.id).where(Member.status == "active", Member.purposes.contains(["results"]))
    rows = await lock_invitations(
        session, Invitation.meeting_id == meeting.id, Invitation.attended.is_(True), Invitation.member_id.in_(wants)
    )
    await tell(session, meeting, rows, "follow_up", event.recorded_at + NOTICE_LASTS, event.follow_up_id)
