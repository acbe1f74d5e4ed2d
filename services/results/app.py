"""results on one screen: what it reacts to and shows."""

from services.results import pages, staff_pages
from services.results.handlers import HANDLERS
from services.results.state import state_events
from shared.service import Service
from shared.web import dead_letter_pages

SERVICE = Service(
    name="results",
    package="services.results",
    handlers=HANDLERS,
    pages=[*pages.PAGES, *staff_pages.PAGES, *dead_letter_pages("results")],
    state=state_events,
)
