"""The whole service on one screen: what meetings reacts to, shows and does by itself."""

from services.meetings.afterwards.staff_pages import AFTER_PAGES
from services.meetings.afterwards.store import HANDLERS as AFTER_HANDLERS
from services.meetings.deeds import DEEDS
from services.meetings.members import HANDLERS as MEMBER_HANDLERS
from services.meetings.planning.staff_draw import DRAW_PAGES
from services.meetings.planning.staff_pages import PLANNING_PAGES
from services.meetings.public_pages import PUBLIC_PAGES
from services.meetings.replying.pages import ANSWER_PAGES
from services.meetings.seats.answers import forget_needs, lapse_silent, remind_due
from services.meetings.seats.drawing import fill_free_seats
from services.meetings.staff_overview import OVERVIEW_PAGES
from services.meetings.staff_pages import STAFF_PAGES
from services.meetings.state import state_events
from shared.service import Job, Service
from shared.web import audit_pages, dead_letter_pages, ended_sessions

HANDLERS = (*MEMBER_HANDLERS, *AFTER_HANDLERS, ended_sessions("meetings"))

PAGES = (
    *ANSWER_PAGES,
    *PUBLIC_PAGES,
    *PLANNING_PAGES,
    *DRAW_PAGES,
    *AFTER_PAGES,
    *OVERVIEW_PAGES,
    *STAFF_PAGES,
    *dead_letter_pages("meetings"),
    *audit_pages("meetings"),
)

JOBS = (
    Job("lapse_silent", lapse_silent, every=1.0),
    Job("fill_free_seats", fill_free_seats, every=1.0, on_commit=True),
    Job("remind_due", remind_due, every=1.0),
    Job("forget_needs", forget_needs, every=60.0),
)

SERVICE = Service(
    name="meetings",
    package="services.meetings",
    deeds=DEEDS,
    handlers=HANDLERS,
    pages=PAGES,
    jobs=JOBS,
    purposes=("meeting",),
    state=state_events,
)
