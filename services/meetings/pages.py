"""What everybody may see: planned and held meetings, and each meeting's draw, agenda, minutes and follow-ups."""

import hashlib
from datetime import date

import sqlalchemy as sa

from services.meetings.draw.domain import Line
from services.meetings.draw.public import SMALLEST, public_protocol
from services.meetings.replying.pages import composition
from services.meetings.seats.domain import last_day
from services.meetings.tables import FollowUp, Meeting
from shared.slugs import is_slug
from shared.web import Request, Response, problem, render, runtime
from shared.web.markdown import to_html


async def show_meetings(request: Request) -> Response:
    """Coming meetings, the next one first; then those that were held or cancelled, newest first."""
    now = runtime(request).now()
    async with runtime(request).transaction() as session:
        meetings = (await session.scalars(sa.select(Meeting).order_by(Meeting.starts_at, Meeting.id))).all()
    planned = [one for one in meetings if one.state in ("announced", "drawn") and one.ends_at > now]
    over = [one for one in reversed(meetings) if one not in planned]
    return render(request, "meetings/list.html", {"planned": planned, "over": over})


async def show_meeting(request: Request) -> Response:
    """Purpose, time, place, agenda; how people were drawn; minutes; what came of it."""
    slug = request.path_params["slug"]
    if not is_slug(slug):
        return problem(request, 404)
    async with runtime(request).transaction() as session:
        meeting = await session.scalar(sa.select(Meeting).where(Meeting.slug == slug))
        if meeting is None:
            return problem(request, 404)
        follow_ups = (
            await session.scalars(
                sa.select(FollowUp).where(FollowUp.meeting_id == meeting.id).order_by(FollowUp.done_on.desc())
            )
        ).all()
    lines = [Line(**line) for line in meeting.protocol or []]
    context = {
        "meeting": meeting,
        "agenda": to_html(meeting.agenda) if meeting.agenda else None,
        "minutes": to_html(meeting.minutes) if meeting.minutes and meeting.minuted_at else None,
        "groups": public_protocol(lines, meeting.bands or []),
        "pool": sum(line.pool for line in lines),
        "enough": sum(line.pool for line in lines) >= SMALLEST,
        "drawn": sum(line.drawn for line in lines),
        "seed_hash": hashlib.sha256(meeting.seed.encode()).hexdigest(),
        "last_day": last_day(meeting.reply_by),
        "composition": composition(meeting) if meeting.drawn_at else None,
        "over": runtime(request).now() >= meeting.ends_at,
        "follow_ups": [(date.fromisoformat(one.done_on), one.done) for one in follow_ups],
    }
    return render(request, "meetings/meeting.html", context)
