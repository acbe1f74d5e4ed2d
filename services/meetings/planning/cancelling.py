"""Cancelling: those who had said yes are told, others hear nothing more."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.facts import announced, tell
from services.meetings.locks import lock_invitations, lock_meeting
from services.meetings.seats.domain import OPEN, SAID_YES
from services.meetings.seats.preparing import cancel_draw
from services.meetings.tables import Invitation, Meeting
from shared.events.meetings import MeetingCancelled
from shared.messaging import emit


def cancelled_fact(meeting: Meeting) -> MeetingCancelled:
    """The meeting will not take place."""
    assert meeting.cancelled_at is not None
    return MeetingCancelled(meeting_id=meeting.id, cancelled_at=meeting.cancelled_at)


async def cancel_meeting(session: AsyncSession, meeting_id: UUID, now: datetime) -> tuple[Meeting, int] | None:
    """Cancel a meeting that has not been held; the meeting and how many are told, None when it cannot be cancelled."""
    meeting = await lock_meeting(session, meeting_id)
    if meeting is None or meeting.state not in ("announced", "drawn"):
        return None
    rows = await lock_invitations(session, Invitation.meeting_id == meeting_id, Invitation.state.in_(OPEN))
    said_yes = [row for row in rows if row.state in SAID_YES]
    for row in rows:
        row.state = "ended"
        row.settled_at = now
        row.needs = None
    await cancel_draw(session, meeting_id, "Møtet ble avlyst.", now)
    meeting.state = "cancelled"
    meeting.cancelled_at = now
    await emit(session, announced(meeting), cancelled_fact(meeting))
    return meeting, await tell(session, meeting, said_yes, "cancelled", meeting.starts_at)
