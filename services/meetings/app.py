"""The whole service on one screen: what meetings reacts to, shows and does by itself."""

from services.meetings import contacts, copying, forgetting, pages, staff, staff_list
from services.meetings.afterwards import concluding, evaluation
from services.meetings.afterwards import staff as afterwards
from services.meetings.calling import pages as calls
from services.meetings.calling import sending
from services.meetings.calling import staff as calling
from services.meetings.dates import tell_meeting_dates
from services.meetings.figures import figures
from services.meetings.gathering import gather_data
from services.meetings.planning import staff as planning
from services.meetings.rehearsing import rehearse_draw
from services.meetings.replying import pages as replying
from services.meetings.replying import staff as replies
from services.meetings.seating import staff as seating
from services.meetings.seats import answering, auditing, committing, filling, quotas
from services.meetings.seats import staff as seats
from services.meetings.state import state_events
from shared.events.notifications import MessageFailed
from shared.events.registration import (
    MemberChanged,
    MemberDataRequested,
    MemberErased,
    MemberJoined,
    MemberLeft,
    PopulationMarginsSet,
)
from shared.events.results import FollowUpRecorded
from shared.events.surveys import SurveyAnswered, SurveyInvitationIssued, SurveyReminderDue
from shared.messaging import subscribe
from shared.messaging.missing import missed_events
from shared.profile.keeping import profile_changes
from shared.service import Job, Service
from shared.web import Route, audit_pages, dead_letter_pages, role_pages
from shared.web.staff import ended_sessions

MEMBER_FACTS = (MemberJoined, MemberChanged, MemberLeft, MemberErased)
SURVEY_MAILS = (SurveyInvitationIssued, SurveyReminderDue, SurveyAnswered)

HANDLERS = (
    subscribe("meetings.project_member", copying.project_members, *MEMBER_FACTS, batch=True),
    subscribe("meetings.free_unreached_seat", answering.free_unreached_seat, MessageFailed),
    subscribe("meetings.project_margins", copying.project_margins, PopulationMarginsSet),
    subscribe("meetings.keep_survey_mails", contacts.keep_survey_mails, *SURVEY_MAILS, batch=True),
    subscribe("meetings.keep_follow_up", concluding.keep_follow_up, FollowUpRecorded),
    subscribe("meetings.gather_data", gather_data, MemberDataRequested),
    ended_sessions("meetings"),
    missed_events("meetings"),
    profile_changes("meetings"),
)

ONE = "/staff/meetings/{meeting_id:uuid}"

PAGES = (
    Route("/meetings/answer", replying.show_invitation, methods=["GET"]),
    Route("/meetings/answer", replying.reply, methods=["POST"]),
    Route("/meetings/answer/needs", replying.save_needs, methods=["POST"]),
    Route("/meetings/answer/calendar.ics", replying.give_calendar, methods=["GET"]),
    Route("/meetings/answer/{token}", replying.open_invitation, methods=["GET"]),
    Route("/meetings/call", calls.show_call, methods=["GET"]),
    Route("/meetings/call", calls.reply_to_call, methods=["POST"]),
    Route("/meetings", pages.show_meetings),
    Route("/meetings/verify.py", pages.give_verifier),
    Route("/meetings/{slug}", pages.show_meeting),
    Route("/meetings/{slug}/verify.py", pages.give_verifier),
    Route("/meetings/{slug}/draw.json", pages.give_draw),
    Route("/meetings/{slug}/draws/{digest}.json", pages.give_draw),
    Route("/staff/meetings", staff_list.list_meetings),
    Route("/staff/meetings/card", staff_list.show_card),
    Route("/staff/meetings/new", planning.new_form, methods=["GET"]),
    Route("/staff/meetings/new", planning.create, methods=["POST"]),
    Route(ONE, staff.show_meeting),
    Route(ONE + "/invitations.{form}", staff.export_invitations),
    Route(ONE + "/change", planning.change_form, methods=["GET"]),
    Route(ONE + "/change", planning.change, methods=["POST"]),
    Route(ONE + "/cancel", planning.confirm_cancelling, methods=["GET"]),
    Route(ONE + "/cancel", planning.cancel, methods=["POST"]),
    Route(ONE + "/call", calling.call_form, methods=["GET"]),
    Route(ONE + "/call", calling.send_call, methods=["POST"]),
    Route(ONE + "/call/end", calling.confirm_end, methods=["GET"]),
    Route(ONE + "/call/end", calling.end_early, methods=["POST"]),
    Route(ONE + "/quotas", quotas.quota_form, methods=["GET"]),
    Route(ONE + "/quotas", quotas.save_quotas, methods=["POST"]),
    Route(ONE + "/draw", seats.show_draw, methods=["GET"]),
    Route(ONE + "/draw", seats.act_on_draw, methods=["POST"]),
    Route(ONE + "/auditor", auditing.auditor_form, methods=["GET"]),
    Route(ONE + "/auditor", auditing.give_full_file, methods=["POST"]),
    Route(ONE + "/reply", replies.reply_form, methods=["GET"]),
    Route(ONE + "/reply", replies.record_reply, methods=["POST"]),
    Route(ONE + "/tables", seating.show_tables),
    Route(ONE + "/tables/{sheet}.pdf", seating.print_sheet),
    Route(ONE + "/attendance", afterwards.attendance_form, methods=["GET"]),
    Route(ONE + "/attendance", afterwards.save_attendance, methods=["POST"]),
    Route(ONE + "/evaluation", evaluation.evaluation_form, methods=["GET"]),
    Route(ONE + "/evaluation", evaluation.ask_groups, methods=["POST"]),
    Route(ONE + "/needs", afterwards.show_needs),
    Route(ONE + "/minutes", afterwards.minutes_form, methods=["GET"]),
    Route(ONE + "/minutes", afterwards.save_minutes, methods=["POST"]),
    *dead_letter_pages("meetings"),
    *audit_pages("meetings"),
    *role_pages("meetings"),
)

JOBS = (
    Job("tell_meeting_dates", tell_meeting_dates, every=5.0),
    Job("send_calls", sending.send_calls, every=5.0, on_commit=True),
    Job("prepare_draws", committing.prepare_draws, every=5.0, on_commit=True),
    Job("lapse_silent", answering.lapse_silent, every=5.0),
    Job("fill_free_seats", filling.fill_free_seats, every=5.0, on_commit=True),
    Job("remind_due", answering.remind_due, every=5.0),
    Job("forget_participation", forgetting.forget_participation, every=3600.0),
    Job("forget_mails", contacts.forget_mails, every=3600.0),
    Job("forget_needs", answering.forget_needs, every=60.0),
    Job("rehearse_draw", rehearse_draw, every=3600.0),
)

#: What staff do, as the audit trail says it: «Siri Stab …».
DEEDS = {
    "meetings.attendance.recorded": "registrerte oppmøtet",
    "meetings.attendance.seen": "så oppmøtelisten",
    "meetings.call.ended": "avsluttet oppropet før tiden",
    "meetings.call.sent": "sendte oppropet",
    "meetings.draw.announced": "kunngjorde trekningen",
    "meetings.draw.asked": "gjorde trekningen klar",
    "meetings.draw.cancelled": "avlyste trekningen",
    "meetings.draw.full_file_given": "ga en revisor trekningens fulle fil",
    "meetings.evaluation.asked": "spurte om møtet i en undersøkelse",
    "meetings.invitations.exported": "lastet ned invitasjonene",
    "meetings.list.exported": "lastet ned listen over møter",
    "meetings.meeting.announced": "kunngjorde møtet",
    "meetings.meeting.cancelled": "avlyste møtet",
    "meetings.meeting.changed": "endret møtet",
    "meetings.meeting.drawn": "trakk deltakerne",
    "meetings.minutes.changed": "rettet referatet",
    "meetings.minutes.published": "la ut referatet",
    "meetings.needs.seen": "så de praktiske behovene",
    "meetings.quotas.set": "satte kvotene",
    "meetings.reply.recorded": "førte et svar på telefon",
    "meetings.sheet.printed": "skrev ut en liste til møtet",
    "meetings.tables.seen": "så på bordene",
}

SERVICE = Service(
    name="meetings",
    package="services.meetings",
    deeds=DEEDS,
    handlers=HANDLERS,
    pages=PAGES,
    jobs=JOBS,
    state=state_events,
    gauges=figures,
)
