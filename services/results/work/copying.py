"""Copies of meetings' public facts."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.results.tables import Meeting
from shared.database import upsert
from shared.events.meetings import MeetingAnnounced, MeetingCancelled, MeetingHeld, MeetingMinutesPublished
from shared.messaging import Delivery


async def keep_meeting(
    session: AsyncSession,
    event: MeetingAnnounced | MeetingHeld | MeetingMinutesPublished | MeetingCancelled,
    _: Delivery,
) -> None:
    """What the meeting is, and how far it has come."""
    values: dict[str, object]
    match event:
        case MeetingAnnounced():
            values = {
                "slug": event.slug, "heading": event.heading, "starts_at": event.starts_at, "status": event.status,
            }  # fmt: skip
        case MeetingHeld():
            values = {"status": "held", "attended": event.attended}
        case MeetingMinutesPublished():
            values = {"status": "minuted", "slug": event.slug, "minutes_at": event.published_at}
        case MeetingCancelled():
            values = {"status": "cancelled"}
    await upsert(session, Meeting, id=event.meeting_id, **values)
