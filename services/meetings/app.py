"""meetings on one screen: what it reacts to and shows."""

from services.meetings.members import HANDLERS, willing_members
from shared.service import Service
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

SERVICE = Service(
    name="meetings",
    package="services.meetings",
    handlers=[*HANDLERS, ended_sessions("meetings")],
    pages=PAGES,
    purposes=("meeting",),
)
