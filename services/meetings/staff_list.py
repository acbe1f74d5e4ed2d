"""Staff see all meetings: the list, the list as a file, and the card of the staff home."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.calling.answering import takes_answers
from services.meetings.copying import willing_members
from services.meetings.planning.announcing import count_states
from services.meetings.seats.domain import replacements_stop_at
from services.meetings.tables import Meeting
from shared.database import count_rows
from shared.rules import last_day
from shared.web import Request, Response, events_at_fault, render, runtime, translate
from shared.web.charts import progress
from shared.web.i18n import Language
from shared.web.lists import list_view
from shared.web.staff import audit, staff_required
from shared.web.tables import table_file

#: Bokmål names of states and orders, in the order they are offered.
STATES = {
    "announced": "Ikke trukket",
    "drawn": "Trukket",
    "held": "Uten referat",
    "minuted": "Med referat",
    "cancelled": "Avlyst",
}
ORDER_NAMES = {"latest": "Seneste først", "earliest": "Tidligste først", "heading": "Navn"}
_ORDERS: dict[str, sa.ColumnExpressionArgument[object]] = {
    "latest": Meeting.starts_at.desc(),
    "earliest": Meeting.starts_at.asc(),
    "heading": Meeting.heading.asc(),
}
_COLUMNS = ("Møte", "Status", "Begynner", "Sted", "Plasser", "Sagt ja", "Kommer ikke", "Venter", "Møtte opp")

Counts = dict[str, int]


def needs_somebody(meeting: Meeting, counts: Counts, now: datetime) -> list[tuple[str, str, str]]:
    """What staff have to do about the meeting now: (text, where, what the link says)."""
    base = f"/staff/meetings/{meeting.id}"
    if meeting.state == "announced":
        if now >= meeting.reply_by:
            return [("Fristen for å svare gikk ut før noen ble trukket.", f"{base}/change", "Sett nye dager")]
        if takes_answers(meeting, now):
            # People are answering the call; nothing is drawn before it is over.
            return []
        return [("Ingen er trukket ennå.", f"{base}/draw", "Trekk deltakere")]
    if meeting.state == "drawn" and now >= meeting.starts_at:
        return [("Møtet har vært.", f"{base}/attendance", "Registrer oppmøte")]
    if meeting.state == "drawn":
        free = meeting.seats - counts["accepted"] - counts["invited"]
        seats = "1 plass" if free == 1 else f"{free} plasser"
        if free and counts["reserve"]:
            # The seats fill by themselves once everybody asked to the list has answered or is too late.
            return []
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


def seats_picture(request: Request, meeting: Meeting, counts: Counts) -> Markup:
    """How many of the seats are filled."""
    number = translate(request).number
    return progress(
        f"{number(counts['accepted'])} av {number(meeting.seats)} plasser er fylt",
        f"{number(counts['invited'])} venter på svar.",
        counts["accepted"],
        meeting.seats,
    )


def _when(texts: Language, meeting: Meeting, now: datetime) -> tuple[str, datetime]:
    """The next date of the meeting for staff, in words and as a date."""
    if meeting.state == "announced":
        word = "Svarfristen er" if now < meeting.reply_by else "Svarfristen var"
        return f"{word} {texts.date(last_day(meeting.reply_by))}", meeting.reply_by
    word = "Møtet er" if now < meeting.starts_at else "Møtet var"
    return f"{word} {texts.datetime(meeting.starts_at)}", meeting.starts_at


@staff_required("reader")
async def list_meetings(request: Request) -> Response:
    """Meetings with their seats; state, order and page live in the address."""
    rt = runtime(request)
    view = list_view(request, {"state": tuple(STATES)}, tuple(_ORDERS))
    statement = sa.select(Meeting).where(*(Meeting.state == state for state in view.filters.values()))
    async with rt.transaction() as session:
        total = await count_rows(session, statement)
        page = view.part(statement.order_by(_ORDERS[view.order], Meeting.id))
        rows = await with_counts(session, (await session.scalars(page)).all())
        willing = await willing_members(session)
        if view.form:
            await audit(session, request, "meetings.list.exported", rows=total, form=view.form)
    if view.form:
        lines = [_line(meeting, counts, rt.settings.zone) for meeting, counts in rows]
        return table_file("moter", _COLUMNS, lines, view.form)
    context = {"rows": rows, "willing": willing, "view": view, "states": STATES, "orders": ORDER_NAMES, "total": total}
    return render(request, "meetings/staff.html", context | {"may_edit": request.state.staff.may("editor")})


def _line(meeting: Meeting, counts: Counts, zone: ZoneInfo) -> tuple[str | int | None, ...]:
    """The meeting in the list as a file."""
    return (
        meeting.heading,
        STATES[meeting.state],
        f"{meeting.starts_at.astimezone(zone):%Y-%m-%d %H:%M}",
        meeting.place,
        meeting.seats,
        counts["accepted"],
        counts["declined"] + counts["withdrawn"] + counts["lapsed"],
        counts["invited"],
        meeting.attended,
    )


@staff_required("reader")
async def show_card(request: Request) -> Response:
    """The card of the staff home: coming meetings and their seats, and what needs somebody today."""
    rt = runtime(request)
    async with rt.transaction() as session:
        current = sa.select(Meeting).where(Meeting.state.in_(["announced", "drawn", "held"]))
        rows = await with_counts(session, (await session.scalars(current.order_by(Meeting.starts_at))).all())
        willing = await willing_members(session)
        events = await events_at_fault(request, session)
    may_edit = request.state.staff.may("editor")
    todo = [
        (
            f"«{meeting.heading}»: {text}",
            (link if may_edit else "") or f"/staff/meetings/{meeting.id}",
            (button if may_edit else "") or "Se møtet",
            *_when(translate(request), meeting, rt.now()),
        )
        for meeting, counts in rows
        for text, link, button in needs_somebody(meeting, counts, rt.now())
    ]
    meetings = [
        (meeting, counts, seats_picture(request, meeting, counts) if meeting.state == "drawn" else None)
        for meeting, counts in rows
        if meeting.state != "held"
    ]
    context = {"todo": todo, "coming": meetings, "willing": willing, "events": events}
    return render(request, "meetings/card.html", context)
