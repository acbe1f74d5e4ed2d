"""Pages of the invited. The link opens a cookie, the pages carry the invitation's id, only POST changes anything."""

from collections.abc import Mapping
from datetime import time
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.seats.answering import Reply, answer, find, hold
from services.meetings.seats.domain import UNANSWERED, waiting_ends_at
from services.meetings.seats.tallies import composition
from services.meetings.tables import Called, Invitation, Meeting, Notice
from shared.rules import last_day
from shared.tokens import BadLink, LinkExpired
from shared.web import N_, Request, Response, attached, render, runtime, see_other, translate
from shared.web.again import show_again, typed_before
from shared.web.forms import Form, FormErrors, read_form, validate
from shared.web.links import check_link, held_generation, hold_link

_COOKIE = "meeting"
_COOKIE_LIFE = 30 * 24 * 3600
_BASE = "/meetings/answer"

#: What may be ticked, in order.
NEEDS = ("step_free", "hearing", "sight", "interpreter", "food", "companion", "transport")
_LONGEST_NEED = 300

MESSAGES = {"needs": N_("Velg blant behovene på listen."), "other_need": N_("Skriv behovet med høyst 300 tegn.")}


class NeedsInput(BaseModel):
    """Practical needs; asked only of those who have said yes."""

    needs: Annotated[
        tuple[Literal["step_free", "hearing", "sight", "interpreter", "food", "companion", "transport"], ...],
        Field(max_length=len(NEEDS)),
    ] = ()
    other_need: Annotated[str, Field(max_length=_LONGEST_NEED)] = ""


async def open_invitation(request: Request) -> Response:
    """Exchange the mail's token for a cookie."""
    try:
        link = check_link(request, "meeting")
    except (BadLink, LinkExpired):
        return no_link(request)
    async with runtime(request).transaction() as session:
        # A notice's link opens the page of the invitation it is about.
        invitation_id = await session.scalar(sa.select(Notice.invitation_id).where(Notice.id == link.id)) or link.id
        call_id = await session.scalar(sa.select(Called.id).where(Called.id == link.id))
    page = "/meetings/call" if call_id else _BASE
    return hold_link(request, page, _COOKIE, invitation_id, _COOKIE_LIFE, generation=link.generation)


async def show_invitation(request: Request) -> Response:
    """What, when, where, who else, what is served; then whatever the person's state is, and what was wrong."""
    async with runtime(request).transaction() as session:
        invitation = await _look(request, session)
    if invitation is None:
        return no_link(request)
    if fields := await typed_before(request, f"needs-{invitation[1].id}"):
        return _show(request, *invitation, _needs(request, fields)[1], fields.values() | {"needs": fields.all("needs")})
    errors = (
        {"reply": translate(request).gettext(N_("Svar ja eller nei."))} if "reply" in request.query_params else None
    )
    return _show(request, *invitation, errors)


async def reply(request: Request) -> Response:
    """Yes or no in one step; a no after a yes takes it back."""
    rt = runtime(request)
    form = await read_form(request)
    link = asked_by(request, form.get("id"))
    says = form.get("reply")
    if link is None:
        return no_link(request)
    async with rt.transaction() as session:
        pair = await hold(session, *link, rt.now())
        if pair is None:
            return no_link(request)
        if says not in list(Reply) or "reply" in form.refused:
            return see_other(f"{_BASE}?id={link[0]}&reply=")
        await answer(session, *pair, Reply(says), rt.now())
    return see_other(f"{_BASE}?id={link[0]}")


async def save_needs(request: Request) -> Response:
    """Store the needs; a second form replaces the first, and an empty one removes them."""
    rt = runtime(request)
    form = await read_form(request)
    link = asked_by(request, form.get("id"))
    if link is None:
        return no_link(request)
    values, _ = _needs(request, form)
    async with rt.transaction() as session:
        pair = await hold(session, *link, rt.now())
        if pair is None:
            return no_link(request)
        meeting, row = pair
        if values is None:
            return await show_again(request, f"needs-{row.id}", f"{_BASE}?id={row.id}&again=yes", form)
        if row.state == "accepted" and meeting.state == "drawn" and rt.now() < meeting.ends_at:
            needs = [need for need in NEEDS if need in values.needs]
            row.needs = [*needs, values.other_need] if needs or values.other_need else None
    return see_other(f"{_BASE}?id={link[0]}&saved=1")


def _needs(request: Request, form: Form) -> tuple[NeedsInput | None, FormErrors]:
    return validate(NeedsInput, form, MESSAGES, translate(request).gettext, lists=("needs",))


async def give_calendar(request: Request) -> Response:
    """The calendar file, after a yes; of a cancelled meeting, the one that takes it out of the calendar."""
    rt = runtime(request)
    async with rt.transaction() as session:
        invitation = await _look(request, session)
    if invitation is None:
        return no_link(request)
    meeting, row = invitation
    if row.state not in ("accepted", "ended"):
        return see_other(f"{_BASE}?id={row.id}")
    url = f"{rt.settings.public_url}/meetings/{meeting.slug}"
    text = translate(request).gettext(N_("Koden din ved døren er {code}. Mer om møtet: {url}"))
    # Loaded where it is needed: 4 MB.
    from services.meetings.replying.calendar import calendar_file

    content = calendar_file(meeting, text.format(code=row.code, url=url), url, rt.now())
    return Response(content, media_type="text/calendar; charset=utf-8", headers=attached(f"{meeting.slug}.ics"))


def asked_by(request: Request, invitation_id: str | None) -> tuple[UUID, int] | None:
    """The invitation the page names and the generation this browser's cookie holds of it; None without the cookie."""
    return held_generation(request, _COOKIE, invitation_id)


async def _look(request: Request, session: AsyncSession) -> tuple[Meeting, Invitation] | None:
    link = asked_by(request, request.query_params.get("id"))
    return await find(session, *link) if link else None


def no_link(request: Request) -> Response:
    """The link is unknown or outdated, or this browser never opened it."""
    return render(request, "meetings/no_link.html", {}, 410)


def _state(meeting: Meeting, row: Invitation, request: Request) -> str:
    """Which page the person sees; silence past the deadline is shown as such before the job has come by."""
    now = runtime(request).now()
    if meeting.state == "cancelled":
        return "cancelled"
    if row.state in UNANSWERED and row.reply_by <= now:
        return "lapsed"
    if row.state in ("accepted", "waiting", "released") and now >= meeting.ends_at:
        return "over"
    return row.state


def _show(
    request: Request,
    meeting: Meeting,
    row: Invitation,
    errors: FormErrors | None = None,
    fields: Mapping[str, object] | None = None,
    status: int = 200,
) -> Response:
    needs = row.needs or []
    form = fields or {
        "needs": [need for need in needs if need in NEEDS],
        "other_need": next((text for text in needs if text not in NEEDS), ""),
    }
    state = _state(meeting, row, request)
    context = {
        "meeting": meeting,
        "invitation": row,
        "state": state,
        # A deadline at midnight is a whole day; one close to the meeting is an hour.
        "whole_day": row.reply_by.astimezone(runtime(request).settings.zone).time() == time(),
        "last_day": last_day(row.reply_by),
        "waiting_ends": waiting_ends_at(meeting.starts_at, meeting.stop_hours),
        "composition": composition(meeting),
        "may_withdraw": runtime(request).now() < meeting.starts_at and meeting.state == "drawn",
        "saved": "saved" in request.query_params,
        "errors": errors or {},
        "form": form,
    }
    template = "meetings/place.html" if state == "accepted" else "meetings/invitation.html"
    return render(request, template, context, status)
