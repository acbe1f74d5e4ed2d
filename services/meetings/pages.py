"""Public pages: planned and held meetings, and each meeting's draw, agenda, minutes and follow-ups."""

import hashlib
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import JSONResponse

from services.meetings.draw.public import SMALLEST
from services.meetings.seats.pool import newest_margins
from services.meetings.seats.preparing import cancelled_draws, current_draw
from services.meetings.seats.promising import changed_since, file_of
from services.meetings.seats.randomness import round_comes_at
from services.meetings.seats.tallies import composition, promised_tallies, protocol_rows, public_tallies
from services.meetings.tables import FollowUp, Meeting
from services.meetings.verify import Refused, program
from shared.rules import last_day
from shared.slugs import is_slug
from shared.web import Request, Response, attached, or_404, problem, render, runtime
from shared.web.markdown import to_html


async def show_meetings(request: Request) -> Response:
    """Coming meetings, the next one first; then those that were held or cancelled, newest first."""
    now = runtime(request).now()
    async with runtime(request).transaction() as session:
        meetings = (await session.scalars(sa.select(Meeting).order_by(Meeting.starts_at, Meeting.id))).all()
    ahead = [meeting for meeting in meetings if meeting.state in ("announced", "drawn") and meeting.ends_at > now]
    over = [meeting for meeting in reversed(meetings) if meeting not in ahead]
    return render(request, "meetings/list.html", {"planned": ahead, "over": over})


async def show_meeting(request: Request) -> Response:
    """Purpose, time, place, agenda; how people were drawn; minutes; what came of it."""
    async with runtime(request).transaction() as session:
        meeting = or_404(await _named(session, request.path_params["slug"]))
        follow_ups = (
            await session.scalars(
                sa.select(FollowUp).where(FollowUp.meeting_id == meeting.id).order_by(FollowUp.done_on.desc())
            )
        ).all()
        draw = await current_draw(session, meeting.id)
        cancelled = await cancelled_draws(session, meeting.id)
        margins = await newest_margins(session)
    lines = protocol_rows(meeting)
    draw = draw if draw is not None and draw.committed_at is not None else None
    promise = draw.promise if draw is not None else None
    reason = changed_since(draw, meeting)
    if draw is None or promise is None:
        groups = public_tallies(lines)
    else:
        groups = [] if reason else promised_tallies(promise, file_of(draw).get("outcome", {}).get("tallies"))
    pool = sum(group.pool for group in groups if group.feature == "gender")
    context = {
        "meeting": meeting,
        "agenda": to_html(meeting.agenda) if meeting.agenda else None,
        "minutes": to_html(meeting.minutes) if meeting.minutes and meeting.minuted_at else None,
        "groups": groups,
        "pool": pool,
        "enough": pool >= SMALLEST,
        "drawn": sum(row["drawn"] for row in lines if row["feature"] == "gender"),
        "draw": draw,
        "promise": promise,
        "changed": reason,
        "round_comes_at": round_comes_at,
        "cancelled": cancelled,
        "everybody": promise["all"] if promise and not reason else None,
        "area_source": margins.area_source if margins else "",
        "seed_hash": hashlib.sha256(meeting.seed.encode()).hexdigest(),
        "last_day": last_day(meeting.reply_by),
        "call_day": last_day(meeting.called_until) if meeting.called_until else None,
        "told_day": last_day(datetime.fromisoformat(day)) if (day := (meeting.call or {}).get("told")) else None,
        "composition": composition(meeting) if meeting.drawn_at else None,
        "over": runtime(request).now() >= meeting.ends_at,
        "follow_ups": [(date.fromisoformat(follow_up.done_on), follow_up.done) for follow_up in follow_ups],
    }
    return render(request, "meetings/meeting.html", context)


async def _named(session: AsyncSession, slug: str) -> Meeting | None:
    return await session.scalar(sa.select(Meeting).where(Meeting.slug == slug)) if is_slug(slug) else None


async def give_draw(request: Request) -> Response:
    """The newest draw as a file, or a cancelled one named by its fingerprint; never a person."""
    slug, named = request.path_params["slug"], request.path_params.get("digest")
    async with runtime(request).transaction() as session:
        meeting = or_404(await _named(session, slug))
        draws = [await current_draw(session, meeting.id), *await cancelled_draws(session, meeting.id)]
    public = [draw for draw in draws if draw and draw.promise and draw.committed_at and named in (None, draw.digest)]
    if not public or (named is None and public[0] is not draws[0]):
        return problem(request, 404)
    try:
        content = file_of(public[0])
    except Refused:
        return problem(request, 500)
    return JSONResponse(content, headers=attached(f"{slug}-draw.json"))


async def give_verifier(request: Request) -> Response:
    """The program that checks draws, one file that needs only Python; for a meeting's draw, the version of its time."""
    content, slug = program(), request.path_params.get("slug")
    if slug is not None:
        async with runtime(request).transaction() as session:
            draw = await current_draw(session, or_404(await _named(session, slug)).id)
        if draw is None or draw.committed_at is None:
            return problem(request, 404)
        content = draw.program.encode() if draw.program else content
    return Response(content, media_type="text/x-python; charset=utf-8", headers=attached("verify.py"))
