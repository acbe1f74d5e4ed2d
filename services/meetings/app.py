"""The whole service on one screen: what meetings reacts to, shows and does by itself."""

from services.meetings.members import HANDLERS as MEMBER_HANDLERS
from services.meetings.members import willing_members
from services.meetings.seats.answers import forget_needs, lapse_silent, remind_due
from services.meetings.seats.drawing import fill_free_seats
from shared.service import Job, Service
from shared.web import Request, Response, Route, dead_letter_pages, ended_sessions, render, runtime, staff_required


async def show_meetings(request: Request) -> Response:
    """Every meeting that is planned or was held: none yet."""
    return render(request, "meetings/list.html")


@staff_required("reader")
async def show_staff_meetings(request: Request) -> Response:
    """How many could be drawn to a meeting."""
    async with runtime(request).transaction() as session:
        willing = await willing_members(session)
    return render(request, "meetings/staff.html", {"willing": willing})


@staff_required("reader")
async def show_card(request: Request) -> Response:
    """meetings' card on the staff home."""
    async with runtime(request).transaction() as session:
        willing = await willing_members(session)
    return render(request, "meetings/card.html", {"willing": willing})


PAGES = [
    Route("/meetings", show_meetings),
    Route("/staff/meetings", show_staff_meetings),
    Route("/staff/meetings/card", show_card),
    *dead_letter_pages("meetings"),
]

JOBS = (
    Job("lapse_silent", lapse_silent, every=1.0),
    Job("fill_free_seats", fill_free_seats, every=1.0, on_commit=True),
    Job("remind_due", remind_due, every=1.0),
    Job("forget_needs", forget_needs, every=60.0),
)

SERVICE = Service(
    name="meetings",
    package="services.meetings",
    handlers=[*MEMBER_HANDLERS, ended_sessions("meetings")],
    pages=PAGES,
    jobs=JOBS,
    purposes=("meeting",),
)
