"""What everybody may see: planned and held meetings, and each meeting's draw, agenda, minutes and follow-ups."""

import hashlib
import json
from dataclasses import asdict
from datetime import date, datetime

import sqlalchemy as sa
from starlette.responses import JSONResponse

from services.meetings.draw.public import SMALLEST
from services.meetings.seats.domain import last_day
from services.meetings.seats.pool import newest_margins
from services.meetings.seats.preparing import cancelled_draws, current_draw, terms_of
from services.meetings.seats.tallies import composition, protocol_rows, public_tallies
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
        draw = await current_draw(session, meeting.id)
        cancelled = await cancelled_draws(session, meeting.id)
        margins = await newest_margins(session)
    lines = protocol_rows(meeting)
    pool, drawn = (sum(row[name] for row in lines if row["feature"] == "gender") for name in ("pool", "drawn"))
    enough = pool >= SMALLEST
    context = {
        "meeting": meeting,
        "agenda": to_html(meeting.agenda) if meeting.agenda else None,
        "minutes": to_html(meeting.minutes) if meeting.minutes and meeting.minuted_at else None,
        "groups": public_tallies(lines),
        "pool": pool,
        "enough": enough,
        "drawn": drawn,
        "draw": draw,
        "cancelled": cancelled,
        "lowest": min((row["lowest"] for row in lines if row["pool"]), default=None) if enough else None,
        "area_source": margins.area_source if margins else "",
        "seed_hash": hashlib.sha256(meeting.seed.encode()).hexdigest(),
        "last_day": last_day(meeting.reply_by),
        "composition": composition(meeting) if meeting.drawn_at else None,
        "over": runtime(request).now() >= meeting.ends_at,
        "follow_ups": [(date.fromisoformat(one.done_on), one.done) for one in follow_ups],
    }
    return render(request, "meetings/meeting.html", context)


async def give_draw(request: Request) -> Response:
    """The draw as a file: terms, commitment, randomness and tallies, small groups joined; never a person."""
    slug = request.path_params["slug"]
    async with runtime(request).transaction() as session:
        meeting = await session.scalar(sa.select(Meeting).where(Meeting.slug == slug)) if is_slug(slug) else None
        draw = await current_draw(session, meeting.id) if meeting is not None else None
        if meeting is None or draw is None or draw.root is None:
            return problem(request, 404)
        cancelled = await cancelled_draws(session, meeting.id)
    lines = protocol_rows(meeting)
    enough = sum(row["pool"] for row in lines if row["feature"] == "gender") >= SMALLEST
    content = {
        "terms": json.loads(terms_of(draw)),
        "root": draw.root,
        "committed_at": _text(draw.committed_at),
        "randomness": draw.randomness,
        "ticket": draw.ticket,
        "drawn_at": _text(draw.drawn_at),
        "highest_possible_lowest_chance": draw.bound,
        "groups": [asdict(group) for group in public_tallies(lines)] if enough else [],
        "cancelled": [{"root": one.root, "cancelled_at": _text(one.cancelled_at)} for one in cancelled],
    }
    return JSONResponse(content, headers={"Content-Disposition": f'attachment; filename="{slug}-draw.json"'})


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
