"""results on one screen: what it reacts to, shows and does by itself."""

from services.results import handlers, pages, staff_pages
from services.results.deeds import DEEDS
from services.results.follow_ups import staff_pages as follow_ups
from services.results.state import state_events
from services.results.suggestions import handlers as letters
from services.results.suggestions import pages as suggestions
from services.results.suggestions import staff_pages as triage
from services.results.work import handlers as meetings
from services.results.work import pages as work
from shared.service import Service
from shared.web import audit_pages, dead_letter_pages

SERVICE = Service(
    name="results",
    package="services.results",
    deeds=DEEDS,
    handlers=[*handlers.HANDLERS, *letters.HANDLERS, *meetings.HANDLERS],
    pages=[
        *pages.PAGES,
        *work.PAGES,
        *suggestions.PAGES,
        *staff_pages.PAGES,
        *triage.PAGES,
        *follow_ups.PAGES,
        *dead_letter_pages("results"),
        *audit_pages("results"),
    ],
    jobs=letters.JOBS,
    state=state_events,
)
