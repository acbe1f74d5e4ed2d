"""Staff write down who came, see practical needs, and publish the minutes."""

from uuid import UUID

from services.meetings.afterwards.concluding import publish_minutes, record_attendance
from services.meetings.facts import invitations_of
from services.meetings.previews import mail_preview
from services.meetings.tables import Meeting
from shared.strata import band_words
from shared.web import Request, Response, or_404, render, runtime, see_other
from shared.web.forms import as_id, read_form
from shared.web.markdown import to_html
from shared.web.staff import audit, staff_required

_LONGEST_MINUTES = 50_000
NEED_NAMES = {
    "step_free": "Trinnfri adkomst",
    "hearing": "Hjelp til å høre",
    "sight": "Hjelp til å se eller lese",
    "interpreter": "Tolk",
    "food": "Egen mat",
    "companion": "Følge",
    "transport": "Hjelp til å komme dit",
}


@staff_required("editor")
async def attendance_form(request: Request) -> Response:
    """People who had said yes, by the code they show at the door."""
    rt = runtime(request)
    async with rt.transaction() as session:
        meeting = or_404(await session.get(Meeting, request.path_params["meeting_id"]))
        if meeting.state not in ("drawn", "held") or rt.now() < meeting.starts_at:
            return see_other(f"/staff/meetings/{meeting.id}")
        rows = await invitations_of(session, meeting.id, "accepted")
        await audit(session, request, "meetings.attendance.seen", meeting.id, rows=len(rows))
    people = sorted(rows, key=lambda row: row.code)
    context = {"meeting": meeting, "rows": people, "band_words": band_words}
    return render(request, "meetings/staff_attendance.html", context)


@staff_required("editor")
async def save_attendance(request: Request) -> Response:
    """Store the attendance from the page; ids of other meetings are ignored."""
    rt = runtime(request)
    meeting_id: UUID = request.path_params["meeting_id"]
    form = await read_form(request)
    came = {id_ for text in form.all("came") if (id_ := as_id(text)) is not None}
    async with rt.transaction() as session:
        or_404(await session.get(Meeting, meeting_id))
        if form.get("recorded") != "yes":
            return see_other(f"/staff/meetings/{meeting_id}/attendance")
        meeting = await record_attendance(session, meeting_id, came, rt.now())
        if meeting is not None:
            await audit(session, request, "meetings.attendance.recorded", meeting_id, attended=meeting.attended)
    return see_other(f"/staff/meetings/{meeting_id}{'?saved=attendance' if meeting is not None else ''}")


@staff_required("editor")
async def show_needs(request: Request) -> Response:
    """Practical needs of those who come, without names; each look leaves an audit row."""
    rt = runtime(request)
    async with rt.transaction() as session:
        meeting = or_404(await session.get(Meeting, request.path_params["meeting_id"]))
        rows = [row for row in await invitations_of(session, meeting.id, "accepted") if row.needs]
        await audit(session, request, "meetings.needs.seen", meeting.id, rows=len(rows))
    people = sorted((row.code, [NEED_NAMES.get(need, need) for need in row.needs or [] if need]) for row in rows)
    return render(request, "meetings/staff_needs.html", {"meeting": meeting, "people": people})


@staff_required("editor")
async def minutes_form(request: Request) -> Response:
    """The minutes as written so far."""
    async with runtime(request).transaction() as session:
        meeting = or_404(await session.get(Meeting, request.path_params["meeting_id"]))
    if meeting.state not in ("held", "minuted"):
        return see_other(f"/staff/meetings/{meeting.id}")
    return render(
        request, "meetings/staff_minutes.html", {"meeting": meeting, "text": meeting.minutes or "", "html": None}
    )


@staff_required("editor")
async def save_minutes(request: Request) -> Response:
    """Show the minutes as they will stand and how many are told; ``action`` publish puts them out."""
    rt = runtime(request)
    meeting_id: UUID = request.path_params["meeting_id"]
    form = await read_form(request)
    text = form.get("minutes") or ""
    async with rt.transaction() as session:
        meeting = or_404(await session.get(Meeting, meeting_id))
        if meeting.state not in ("held", "minuted"):
            return see_other(f"/staff/meetings/{meeting_id}")
        errors = _wrong_with(text, refused="minutes" in form.refused)
        if errors or form.get("action") != "publish":
            context = {
                "meeting": meeting,
                "text": text,
                "html": None if errors else to_html(text),
                "mail": mail_preview("meeting_minutes", meeting),
                "errors": errors,
            }
            return render(request, "meetings/staff_minutes.html", context, 422 if errors else 200)
        first = meeting.state == "held"
        notices = await publish_minutes(session, meeting_id, text, rt.now())
        if notices is not None:
            action = "meetings.minutes.published" if first else "meetings.minutes.changed"
            await audit(session, request, action, meeting_id, told=notices[1])
    return see_other(f"/staff/meetings/{meeting_id}?saved=minutes")


def _wrong_with(text: str, *, refused: bool) -> dict[str, str]:
    if refused:
        return {"minutes": "Teksten har tegn vi ikke kan ta imot. De er tatt bort her. Se over og prøv igjen."}
    if not text:
        return {"minutes": "Skriv referatet."}
    if len(text) > _LONGEST_MINUTES:
        return {"minutes": "Referatet kan ha høyst 50 000 tegn."}
    return {}
