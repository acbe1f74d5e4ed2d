"""What is planned and due about meetings, for the calendar of staff."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.forgetting import PARTICIPATION
from services.meetings.tables import Meeting
from shared.dates import tell_dates
from shared.events.calendar import PlannedDate, dates_id
from shared.events.meetings import DatesPlanned
from shared.service import Runtime

#: A deadline is the first instant after it; people plan by the day before midnight.
_BEFORE = timedelta(minutes=1)


async def tell_meeting_dates(rt: Runtime) -> None:
    """Job: dates of each meeting that have changed since they were told."""
    await tell_dates(rt, _planned, Meeting)


async def _planned(session: AsyncSession) -> list[DatesPlanned]:
    return [dates_of(meeting) for meeting in await session.scalars(sa.select(Meeting).order_by(Meeting.id))]


def dates_of(meeting: Meeting) -> DatesPlanned:
    """Ends of its call and of replies, the meeting, and when who was there is forgotten; none when it is cancelled."""
    dates: tuple[PlannedDate, ...] = ()
    if meeting.state != "cancelled":
        call = () if meeting.called_until is None else (
            PlannedDate(kind="call_closes", at=meeting.called_until - _BEFORE),
        )  # fmt: skip
        dates = (
            *call,
            PlannedDate(kind="reply_by", at=meeting.reply_by - _BEFORE),
            PlannedDate(kind="starts", at=meeting.starts_at, until=meeting.ends_at),
            PlannedDate(kind="participation_forgotten", at=meeting.ends_at + PARTICIPATION),
        )
    return DatesPlanned(
        dates_id=dates_id(meeting.id), heading=meeting.heading, path=f"/staff/meetings/{meeting.id}", dates=dates
    )
