"""notifications on one screen: what it reacts to, shows and does by itself."""

from services.notifications import (
    meetings,
    members,
    pages,
    reports,
    sending,
    staff_pages,
    staff_preview,
    suggestions,
    surveys,
)
from services.notifications.deeds import DEEDS
from services.notifications.mailbox import imap, lmtp
from shared.service import Job, Service
from shared.web import audit_pages, dead_letter_pages, ended_sessions

SERVICE = Service(
    name="notifications",
    package="services.notifications",
    deeds=DEEDS,
    handlers=[
        *members.HANDLERS,
        *surveys.HANDLERS,
        *meetings.HANDLERS,
        *suggestions.HANDLERS,
        ended_sessions("notifications"),
    ],
    pages=[
        *pages.PAGES,
        *staff_pages.PAGES,
        *staff_preview.PAGES,
        *dead_letter_pages("notifications"),
        *audit_pages("notifications"),
    ],
    jobs=[
        *sending.JOBS,
        *lmtp.JOBS,
        *imap.JOBS,
        Job("forget_correspondents", suggestions.forget_correspondents, every=3600.0),
    ],
    gauges=reports.uncertain_mails,
)
