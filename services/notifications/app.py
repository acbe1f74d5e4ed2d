"""notifications on one screen: what it reacts to, shows and does by itself."""

from services.notifications.handlers import HANDLERS
from services.notifications.pages import PAGES
from services.notifications.sending import JOBS
from shared.service import Service

SERVICE = Service(
    name="notifications",
    package="services.notifications",
    handlers=HANDLERS,
    pages=PAGES,
    jobs=JOBS,
    purposes=("confirm", "sign_in", "survey", "meeting", "unsubscribe"),
)
