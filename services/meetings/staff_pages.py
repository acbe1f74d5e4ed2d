"""Staff see meetings: the list, one meeting with its seats and what was done, the card of the staff home, files."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.facts import invitations_of
from services.meetings.members import willing_members
from services.meetings.planning.store import all_meetings, count_states
from services.meetings.seats.domain import replacements_stop_at
from services.meetings.tables import Meeting
from shared.messaging.dead_letters import count_open
from shared.web import (
    FORMATS,
    Request,
    Response,
    Route,
    audit,
    audit_of,
    problem,
    render,
    runtime,
    staff_required,
    table_file,
    translate,
)
from shared.web.charts import progress

#: Bokmål names of actions in the audit trail.
ACTIONS = {
    "meetings.meeting.announced": "kunngjorde møtet",
    "meetings.meeting.changed": "endret møtet",
    "meetings.quotas.set": "satte kvotene",
    "meetings.meeting.drawn": "trakk deltakerne",
    "meetings.meeting.cancelled": "avlyste møtet",
    "meetings.attendance.recorded": "registrerte frammøtet",
    "meetings.minutes.published": "la ut referatet",
    "meetings.minutes.changed": "rettet referatet",
    "meetings.needs.seen": "så de praktiske behovene",
    "meetings.attendance.seen": "så frammøtelista",
    "meetings.invitations.exported": "lastet ned invitasjonene",
}
_STATES = {
    "announced": "Kunngjort",
    "drawn": "Trukket",
    "held": "Holdt",
    "minuted": "Referat lagt ut",
    "cancelled": "Avlyst",
}
_REPLIES = {
    "invited": "Venter på svar",
    "accepted": "Sagt ja",
    "declined": "Sagt nei",
    "lapsed": "Svarte ikke i tide",
    "withdrawn": "Meldt forfall",
    "ended": "Møtet ble avlyst",
}
_GENDERS = {"female": "Kvinne", "male": "Mann", "other": "Annet eller ikke oppgitt"}

Counts = dict[str, int]


def needs_somebody(meeting: Meeting, counts: Counts, now: datetime) -> list[tuple[str, str, str]]:
    """What staff have to do about the meeting now: (text, where, what the link says)."""
    base = f"/staff/meetings/{meeting.id}"
    if meeting.state == "announced":
        if now >= meeting.reply_by:
            return [("Fristen for å svare gikk ut før noen ble trukket.", f"{base}/change", "Sett nye dager")]
        return [("Ingen er trukket ennå.", f"{base}/draw", "Trekk deltakere")]
    if meeting.state == "drawn" and now >= meeting.starts_at:
        return [("Møtet har vært.", f"{base}/attendance", "Registrer frammøte")]
    if meeting.state == "drawn":
        free = meeting.seats - counts["accepted"] - counts["invited"]
        seats = "1 plass" if free == 1 else f"{free} plasser"
        if free and now >= replacements_stop_at(meeting.starts_at, meeting.stop_hours):
            return [(f"{seats} blir stående tomme. Det er for sent å trekke nye.", "", "")]
        if free:
            return [(f"Ledig: {seats}. Alle i trekningen er spurt.", "", "")]
        return []
    if meeting.state == "held":
        return [("Referatet mangler.", f"{base}/minutes", "Skriv referat")]
    return []


async def with_counts(session: AsyncSession, meetings: Sequence[Meeting]) -> list[tuple[Meeting, Counts]]:
    """Each meeting with its invitations by state."""
    return [(meeting, await count_states(session, meeting.id)) for meeting in meetings]


@staff_required("reader")
async def list_meetings(request: Request) -> Response:
    """Every meeting with its seats."""
    async with runtime(request).transaction() as session:
        rows = await with_counts(session, await all_meetings(session))
        willing = await willing_members(session)
    return render(request, "meetings/staff.html", {"rows": rows, "willing": willing})


@staff_required("reader")
async def export_meetings(request: Request) -> Response:
    """The list as a file."""
    form = request.path_params["form"]
    if form not in FORMATS:
        return problem(request, 404)
    async with runtime(request).transaction() as session:
        rows = await with_counts(session, await all_meetings(session))
        await audit(session, request, "meetings.list.exported", rows=len(rows))
    columns = ("Møte", "Status", "Begynner", "Sted", "Plasser", "Sagt ja", "Kommer ikke", "Venter", "Møtte opp")
    zone = runtime(request).settings.zone
    return table_file(
        "moter",
        columns,
        [
            (
                meeting.heading, _STATES[meeting.state], f"{meeting.starts_at.astimezone(zone):%Y-%m-%d %H:%M}",
                meeting.place, meeting.seats, counts["accepted"],
                counts["declined"] + counts["withdrawn"] + counts["lapsed"], counts["invited"], meeting.attended,
            )
            for meeting, counts in rows
        ],
        form,
    )  # fmt: skip


@staff_required("reader")
async def export_invitations(request: Request) -> Response:
    """One meeting's invitations as a file: numbers and strata, no names, no codes."""
    form = request.path_params["form"]
    meeting_id: UUID = request.path_params["meeting_id"]
    if form not in FORMATS:
        return problem(request, 404)
    async with runtime(request).transaction() as session:
        meeting = await session.get(Meeting, meeting_id)
        if meeting is None:
            return problem(request, 404)
        rows = await invitations_of(session, meeting_id)
        await audit(session, request, "meetings.invitations.exported", meeting_id, rows=len(rows))
    numbers = {row.id: place for place, row in enumerate(rows, start=1)}
    lines = [
        (place, _GENDERS[row.gender], row.band, _REPLIES[row.state], numbers[row.replaces] if row.replaces else None)
        for place, row in enumerate(rows, start=1)
    ]
    return table_file(f"invitasjoner-{meeting.slug}", ("Nr.", "Kjønn", "Alder", "Status", "I stedet for"), lines, form)


@staff_required("reader")
async def show_meeting(request: Request) -> Response:
    """One meeting: seats, who is asked by stratum, the draw, what was done and by whom."""
    rt = runtime(request)
    now = rt.now()
    async with rt.transaction() as session:
        meeting = await session.get(Meeting, request.path_params["meeting_id"])
        if meeting is None:
            return problem(request, 404)
        counts = await count_states(session, meeting.id)
        rows = await invitations_of(session, meeting.id)
        done = await audit_of(session, meeting.id)
    number = translate(request).number
    context = {
        "meeting": meeting,
        "counts": counts,
        "rows": rows,
        "numbers": {row.id: place for place, row in enumerate(rows, start=1)},
        "needs": sum(1 for row in rows if row.needs),
        "stops_at": replacements_stop_at(meeting.starts_at, meeting.stop_hours),
        "begun": now >= meeting.starts_at,
        "todo": needs_somebody(meeting, counts, now),
        "picture": progress(
            f"{number(counts['accepted'])} av {number(meeting.seats)} plasser er fylt",
            f"{number(counts['invited'])} venter på svar.",
            counts["accepted"],
            meeting.seats,
            f"{number(counts['accepted'])} sagt ja",
            f"{number(meeting.seats)} plasser",
        ),
        "may_edit": request.state.staff.may("editor"),
        "done": [(row.at, row.actor_name, ACTIONS.get(row.action, row.action)) for row in done],
    }
    return render(request, "meetings/staff_meeting.html", context)


@staff_required("reader")
async def show_card(request: Request) -> Response:
    """The card of the staff home: coming meetings and their seats, and what needs somebody today."""
    rt = runtime(request)
    async with rt.transaction() as session:
        current = sa.select(Meeting).where(Meeting.state.in_(["announced", "drawn", "held"]))
        rows = await with_counts(session, (await session.scalars(current.order_by(Meeting.starts_at))).all())
        willing = await willing_members(session)
        letters = await count_open(session)
    todo = [
        (f"«{meeting.heading}»: {text}", link or f"/staff/meetings/{meeting.id}")
        for meeting, counts in rows
        for text, link, _ in needs_somebody(meeting, counts, rt.now())
    ]
    coming = [(meeting, counts) for meeting, counts in rows if meeting.state != "held"]
    context = {"todo": todo, "coming": coming, "willing": willing, "letters": letters}
    return render(request, "meetings/card.html", context)


STAFF_PAGES = (
    Route("/staff/meetings", list_meetings),
    Route("/staff/meetings/card", show_card),
    Route("/staff/meetings/list.{form}", export_meetings),
    Route("/staff/meetings/{meeting_id:uuid}", show_meeting),
    Route("/staff/meetings/{meeting_id:uuid}/invitations.{form}", export_invitations),
)
