"""registration on one screen: what it reacts to, shows and does by itself."""

from services.registration import front_pages, jobs, leaving, staff_pages
from services.registration.deeds import DEEDS
from services.registration.importing import pages as importing
from services.registration.joining import pages as joining
from services.registration.member_list import staff_pages as member_list
from services.registration.my_page import handlers as copies
from services.registration.my_page import pages as my_page
from services.registration.my_page import sign_in
from services.registration.population import staff_pages as population
from services.registration.recruitment import staff_pages as recruitment
from services.registration.state import state_events
from shared.service import Service
from shared.web import audit_pages, dead_letter_pages

SERVICE = Service(
    name="registration",
    package="services.registration",
    deeds=DEEDS,
    handlers=[*leaving.HANDLERS, *copies.HANDLERS],
    pages=[
        *front_pages.PAGES,
        *joining.PAGES,
        *sign_in.PAGES,
        *my_page.PAGES,
        *staff_pages.PAGES,
        *population.PAGES,
        *importing.PAGES,
        *member_list.PAGES,
        *recruitment.PAGES,
        *dead_letter_pages("registration"),
        *audit_pages("registration"),
    ],
    jobs=jobs.JOBS,
    state=state_events,
)
