"""registration on one screen: what it reacts to, shows and does by itself."""

from services.registration import front_pages, jobs, member_page, staff_pages
from services.registration.joining import pages as joining
from services.registration.leaving import HANDLERS
from shared.service import Service

SERVICE = Service(
    name="registration",
    package="services.registration",
    handlers=HANDLERS,
    pages=[*front_pages.PAGES, *joining.PAGES, *member_page.PAGES, *staff_pages.PAGES],
    jobs=jobs.JOBS,
    purposes=("confirm", "sign_in"),
)
