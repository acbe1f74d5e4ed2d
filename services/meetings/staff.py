"""Staff see one meeting: its seats, who is asked by stratum, the draw, what was done and by whom."""

from services.meetings.calling.answering import count_called, takes_answers
from services.meetings.calling.sending import may_call
from services.meetings.facts import invitations_of
from services.meetings.planning.announcing import count_states
from services.meetings.seats.auditing import auditable_draws
from services.meetings.seats.domain import replacements_stop_at, waiting_ends_at
from services.meetings.seats.preparing import current_draw
from services.meetings.seats.promising import changed_since
from services.meetings.staff_list import needs_somebody, seats_picture
from services.meetings.tables import Meeting
from shared.rules import last_day
from shared.strata import PERSON, band_words
from shared.web import Request, Response, or_404, render, runtime
from shared.web.staff import audit, audit_of, staff_required
from shared.web.tables import file_format, table_file

_REPLIES = {
    "invited": "Venter på svar",
    "reserve": "Spurt til ventelisten",
    "waiting": "På ventelisten",
    "accepted": "Sagt ja",
    "declined": "Sagt nei",
    "lapsed": "Svarte ikke i tide",
    "withdrawn": "Meldt forfall",
    "released": "Ble ikke plass",
    "ended": "Møtet ble avlyst",
}


@staff_required("reader")
async def export_invitations(request: Request) -> Response:
    """One meeting's invitations as a file: numbers and strata, no names, no codes."""
    form, meeting_id = file_format(request), request.path_params["meeting_id"]
    async with runtime(request).transaction() as session:
        meeting = or_404(await session.get(Meeting, meeting_id))
        rows = await invitations_of(session, meeting_id)
        await audit(session, request, "meetings.invitations.exported", meeting_id, rows=len(rows))
    numbers = {row.id: place for place, row in enumerate(rows, start=1)}
    lines = [
        (
            place,
            PERSON[row.gender],
            band_words(row.band),
            "E-posten kom i retur" if row.unreached else _REPLIES[row.state],
            numbers[row.replaces] if row.replaces else None,
        )
        for place, row in enumerate(rows, start=1)
    ]
    return table_file(f"invitasjoner-{meeting.slug}", ("Nr.", "Kjønn", "Alder", "Status", "I stedet for"), lines, form)


@staff_required("reader")
async def show_meeting(request: Request) -> Response:
    """One meeting: seats, who is asked by stratum, the draw, what was done and by whom."""
    rt = runtime(request)
    now = rt.now()
    async with rt.transaction() as session:
        meeting = or_404(await session.get(Meeting, request.path_params["meeting_id"]))
        counts = await count_states(session, meeting.id)
        rows = await invitations_of(session, meeting.id)
        replies = await count_called(session, meeting.id) if meeting.called_until else None
        draw = await current_draw(session, meeting.id)
        deeds = await audit_of(session, meeting.id)
        draws = await auditable_draws(session, meeting.id)
        reason = changed_since(draw, meeting)
        again = await may_call(session, meeting, now) and now < meeting.reply_by
    may_audit = request.state.staff.may("admin") or request.state.staff.may("dpo")
    context = {
        "meeting": meeting,
        "counts": counts,
        "rows": rows,
        "numbers": {row.id: place for place, row in enumerate(rows, start=1)},
        "needs": sum(1 for row in rows if row.needs),
        "band_words": band_words,
        "stops_at": replacements_stop_at(meeting.starts_at, meeting.stop_hours),
        "waiting_ends": waiting_ends_at(meeting.starts_at, meeting.stop_hours),
        "begun": now >= meeting.starts_at,
        "todo": needs_somebody(meeting, counts, now),
        "picture": seats_picture(request, meeting, counts),
        "may_edit": request.state.staff.may("editor"),
        "called": replies,
        "call_open": takes_answers(meeting, now),
        "call_day": last_day(meeting.called_until) if meeting.called_until else None,
        "may_call": again,
        "auditable": may_audit and draws,
        "changed": reason,
        "done": deeds,
    }
    return render(request, "meetings/staff_meeting.html", context)
