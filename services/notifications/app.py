"""notifications on one screen: what it reacts to, shows and does by itself."""

import sqlalchemy as sa

from services.notifications.deliveries import staff
from services.notifications.letters import staff as previews
from services.notifications.mailbox import imap, lmtp
from services.notifications.messages import about_meetings, about_members, about_surveys
from services.notifications.people import correspondents, gathering, members, pages, warning
from services.notifications.sending import dispatching
from services.notifications.sending.dispatching import Dispatcher
from services.notifications.settings import notification_settings
from services.notifications.tables import Message, to_made_up
from services.notifications.trying import staff as trying
from shared.events import meetings, registration, results, surveys
from shared.messaging import subscribe
from shared.messaging.missing import missed_events
from shared.metrics import counted
from shared.profile.keeping import profile_changes
from shared.service import Job, Service
from shared.web import Route, audit_pages, dead_letter_pages, role_pages
from shared.web.staff import ended_sessions

HANDLERS = (
    subscribe(
        "notifications.keep_card",
        members.keep_cards,
        registration.ContactChanged,
        registration.ContactRemoved,
        batch=True,
    ),
    subscribe(
        "notifications.keep_wishes",
        members.keep_wishes,
        registration.MemberJoined,
        registration.MemberChanged,
        registration.MemberLeft,
        batch=True,
    ),
    subscribe(
        "notifications.write_about_membership",
        about_members.write_about_membership,
        registration.ConfirmationRequested,
        registration.SignUpRepeated,
        registration.ChangedOnBehalf,
        registration.MemberWelcomeDue,
        registration.SignInRequested,
        registration.MemberErased,
    ),
    subscribe(
        "notifications.write_about_surveys",
        about_surveys.write_about_surveys,
        surveys.SurveyInvitationIssued,
        surveys.SurveyReminderDue,
        surveys.SurveyResultsNoticeDue,
        surveys.SurveyFollowUpNoticeDue,
        surveys.SurveyAnswered,
        batch=True,
    ),
    subscribe(
        "notifications.keep_survey_texts",
        about_surveys.keep_survey,
        surveys.SurveyOpened,
        surveys.SurveyChanged,
        surveys.SurveyClosed,
    ),
    subscribe("notifications.keep_result_address", about_surveys.keep_result_address, results.ResultsPublished),
    subscribe(
        "notifications.write_about_meetings",
        about_meetings.write_about_meetings,
        meetings.MeetingCallIssued,
        meetings.MeetingCallAnswered,
        meetings.MeetingInvitationIssued,
        meetings.MeetingInvitationAnswered,
        meetings.MeetingReminderDue,
        meetings.MeetingNoticeDue,
        batch=True,
    ),
    subscribe(
        "notifications.keep_meeting_texts",
        about_meetings.keep_meeting_texts,
        meetings.MeetingAnnounced,
        meetings.MeetingCancelled,
    ),
    subscribe("notifications.keep_follow_up", about_meetings.keep_follow_up, results.FollowUpRecorded),
    subscribe(
        "notifications.write_to_correspondent",
        correspondents.write_to_correspondent,
        results.SuggestionContactGiven,
        results.SuggestionReplyDue,
    ),
    subscribe(
        "notifications.warn_of_letters",
        warning.warn_of_letters,
        registration.DeadLettersExpiring,
        results.DeadLettersExpiring,
    ),
    subscribe("notifications.gather_data", gathering.gather_data, registration.MemberDataRequested),
    ended_sessions("notifications"),
    missed_events("notifications"),
    profile_changes("notifications"),
)

PAGES = (
    Route("/mail/unsubscribe/{purpose}/{token}", pages.show_unsubscribe),
    Route("/mail/unsubscribe/{purpose}/{token}", pages.unsubscribe, methods=["POST"]),
    Route("/staff/notifications", staff.show_deliveries),
    Route("/staff/notifications/card", staff.show_card),
    Route("/staff/notifications/messages", staff.show_messages),
    Route("/staff/notifications/unknown", staff.decide_unknown, methods=["POST"]),
    Route("/staff/notifications/resume", staff.ask_to_resume),
    Route("/staff/notifications/sending", staff.switch_sending, methods=["POST"]),
    Route("/staff/notifications/preview", previews.preview_mail),
    Route("/staff/notifications/preview", previews.preview_mail, methods=["POST"]),
    Route("/staff/notifications/trial", trying.send_trial, methods=["POST"]),
    *dead_letter_pages("notifications"),
    *audit_pages("notifications"),
    *role_pages("notifications"),
)

JOBS = (
    Job("dispatch_urgent", Dispatcher(urgent=True).run, every=5.0, on_commit=True),
    Job("dispatch", Dispatcher(urgent=False).run, every=5.0, on_commit=True),
    Job("ask_for_cards", dispatching.ask_for_cards, every=10.0),
    Job("forget_journal", dispatching.forget_journal, every=3600.0),
    Job("take_letters", lmtp.take_letters, every=5.0),
    Job("fetch_letters", imap.fetch_letters, every=60.0),
    Job("forget_letters", imap.forget_letters, every=3600.0),
    Job("warn_of_own_letters", warning.warn_of_own_letters, every=3600.0),
    Job("forget_recipients", members.forget_recipients, every=3600.0),
    Job("forget_correspondents", correspondents.forget_correspondents, every=3600.0),
)

#: What staff do, as the audit trail says it: «Siri Stab …».
DEEDS = {
    "notifications.message.settled_as_pending": "sendte en usikker e-post på nytt",
    "notifications.message.settled_as_sent": "merket en usikker e-post som sendt",
    "notifications.messages.exported": "lastet ned listen over e-poster",
    "notifications.sending.paused": "stoppet utsendingen",
    "notifications.sending.resumed": "startet utsendingen",
    "notifications.trial.sent": "sendte en prøve av en invitasjon til seg selv",
}

SERVICE = Service(
    name="notifications",
    package="services.notifications",
    deeds=DEEDS,
    handlers=HANDLERS,
    pages=PAGES,
    jobs=JOBS,
    refuse=lambda _: notification_settings(),
    gauges=counted(mails=sa.case((~to_made_up(), Message.state))),
)
