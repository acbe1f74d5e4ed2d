"""results on one screen: what it reacts to and shows."""

from services.results.handlers import HANDLERS
from services.results.pages import PAGES
from shared.service import Service
from shared.web import dead_letter_pages

SERVICE = Service(
    name="results", package="services.results", handlers=HANDLERS, pages=[*PAGES, *dead_letter_pages("results")]
)
