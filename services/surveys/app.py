"""The whole service on one screen: what surveys reacts to, shows and does by itself."""

from services.surveys import copying, forgetting, gathering, pages
from services.surveys.answering import pages as answering
from services.surveys.audience import contacts, meetings
from services.surveys.correcting import staff as correcting
from services.surveys.dates import tell_survey_dates
from services.surveys.editing import staff as editing
from services.surveys.editing import staff_parts as editing_parts
from services.surveys.exchange import staff as exchange
from services.surveys.fieldwork import closing, following_up, inviting, staff, staff_list
from services.surveys.fieldwork.state import state_events
from services.surveys.paper import staff as paper
from services.surveys.planning import previews
from services.surveys.planning import staff as planning
from services.surveys.planning.evaluating import plan_evaluation
from services.surveys.questionnaire.shelf import refuse_bad_shelf
from services.surveys.rehearsing import rehearse_survey
from services.surveys.reminding import reminding
from services.surveys.steering import staff as steering
from services.surveys.tables import Survey
from services.surveys.trying import staff as trying
from services.surveys.watching import counting
from services.surveys.watching import staff as watching
from shared.events.meetings import (
    MeetingAnnounced,
    MeetingCallAnswered,
    MeetingCallIssued,
    MeetingGroupSet,
    MeetingInvitationAnswered,
    MeetingInvitationIssued,
    MeetingSurveyAsked,
)
from shared.events.registration import (
    MemberChanged,
    MemberDataRequested,
    MemberErased,
    MemberJoined,
    MemberLeft,
    PanelThresholdReached,
    PanelThresholdSet,
    PopulationMarginsSet,
)
from shared.events.results import FollowUpRecorded, ResultsPublished
from shared.messaging import subscribe
from shared.messaging.missing import missed_events
from shared.metrics import counted
from shared.profile.keeping import profile_changes
from shared.service import Job, Service
from shared.web import Route, audit_pages, dead_letter_pages, role_pages
from shared.web.staff import ended_sessions

MEMBER_FACTS = (MemberJoined, MemberChanged, MemberLeft, MemberErased)

HANDLERS = (
    subscribe("surveys.project_member", copying.project_members, *MEMBER_FACTS, batch=True),
    subscribe("surveys.project_threshold", copying.project_threshold, PanelThresholdSet, PanelThresholdReached),
    subscribe("surveys.project_margins", copying.project_margins, PopulationMarginsSet),
    subscribe("surveys.tell_of_results", following_up.tell_of_results, ResultsPublished),
    subscribe("surveys.tell_of_follow_up", following_up.tell_of_follow_up, FollowUpRecorded),
    subscribe(
        "surveys.keep_meeting_mails", contacts.keep_meeting_mails, MeetingInvitationIssued, MeetingInvitationAnswered,
        MeetingCallIssued, MeetingCallAnswered,
        batch=True,
    ),
    subscribe("surveys.keep_meeting", meetings.keep_meeting, MeetingAnnounced),
    subscribe("surveys.keep_guests", meetings.keep_guests, MeetingInvitationAnswered, batch=True),
    subscribe("surveys.keep_meeting_groups", meetings.keep_groups, MeetingGroupSet, batch=True),
    subscribe("surveys.plan_evaluation", plan_evaluation, MeetingSurveyAsked),
    subscribe("surveys.gather_data", gathering.gather_data, MemberDataRequested),
    ended_sessions("surveys"),
    missed_events("surveys"),
    profile_changes("surveys"),
)  # fmt: skip

ONE = "/staff/surveys/{survey_id:uuid}"

PAGES = (
    Route("/surveys", pages.show_surveys),
    Route("/surveys/questionnaire.schema.json", pages.show_schema),
    Route("/surveys/thanks", answering.show_thanks),
    Route("/surveys/answer", answering.show_start),
    Route("/surveys/answer/{number:int}", answering.show_page, methods=["GET"]),
    Route("/surveys/answer/{number:int}", answering.save_page, methods=["POST"]),
    Route("/surveys/answer/{token}", answering.open_invitation),
    Route("/staff/surveys", staff_list.list_surveys),
    Route("/staff/surveys/card", staff_list.show_card),
    Route("/staff/surveys/plan", planning.plan_form, methods=["GET"]),
    Route("/staff/surveys/plan", planning.plan, methods=["POST"]),
    Route("/staff/surveys/evaluation", previews.show_evaluation),
    Route("/staff/surveys/questionnaires/{questionnaire}", planning.show_questionnaire),
    Route("/staff/surveys/paper", paper.show_papers),
    Route("/staff/surveys/paper/{code}.pdf", paper.print_paper),
    Route("/staff/surveys/paper/{code}", paper.key_in, methods=["GET", "POST"]),
    Route("/staff/surveys/try/{questionnaire}", trying.show_start),
    Route("/staff/surveys/try/{questionnaire}/{number:int}", trying.try_page, methods=["GET", "POST"]),
    Route("/staff/surveys/editor", editing.show_questionnaires, methods=["GET"]),
    Route("/staff/surveys/editor", editing.begin_questionnaire, methods=["POST"]),
    Route("/staff/surveys/editor/import", exchange.show_import, methods=["GET"]),
    Route("/staff/surveys/editor/import", exchange.import_questionnaire, methods=["POST"]),
    Route("/staff/surveys/editor/{id}/export.{format}", exchange.export_questionnaire),
    Route("/staff/surveys/editor/{id}", editing.show_outline, methods=["GET"]),
    Route("/staff/surveys/editor/{id}", editing.change_outline, methods=["POST"]),
    Route("/staff/surveys/editor/{id}/{part}", editing_parts.show_part, methods=["GET"]),
    Route("/staff/surveys/editor/{id}/{part}", editing_parts.save_part, methods=["POST"]),
    Route(ONE, staff.show_survey),
    Route(ONE + "/live", watching.follow),
    Route(ONE + "/cancel", staff.confirm_cancelling, methods=["GET"]),
    Route(ONE + "/cancel", staff.cancel, methods=["POST"]),
    Route(ONE + "/texts/{part:int}", correcting.show_texts, methods=["GET"]),
    Route(ONE + "/texts/{part:int}", correcting.correct_texts, methods=["POST"]),
    Route(ONE + "/life/{deed}", steering.confirm, methods=["GET"]),
    Route(ONE + "/life/{deed}", steering.do, methods=["POST"]),
    *dead_letter_pages("surveys"),
    *audit_pages("surveys"),
    *role_pages("surveys"),
)

JOBS = (
    Job("tell_survey_dates", tell_survey_dates, every=5.0),
    Job("open_due_surveys", inviting.open_due_surveys, every=1.0),
    Job("remind_due", reminding.remind_due, every=5.0),
    Job("close_due_surveys", closing.close_due_surveys, every=5.0),
    Job("store_counts", counting.store_counts, every=5.0),
    Job("forget_participation", forgetting.forget_participation, every=3600.0),
    Job("forget_mails", contacts.forget_mails, every=3600.0),
    Job("forget_staff_names", forgetting.forget_staff_names, every=3600.0),
    Job("destroy_keys", closing.destroy_keys, every=5.0),
    Job("rehearse_survey", rehearse_survey, every=3600.0),
)

#: What staff do, as the audit trail says it: «Siri Stab …».
DEEDS = {
    "surveys.list.exported": "lastet ned listen over undersøkelser",
    "surveys.paper.keyed_in": "førte inn et svar på papir",
    "surveys.paper.looked_up": "så hvilke undersøkelser et medlem kan svare på",
    "surveys.paper.printed": "skrev ut et skjema på papir",
    "surveys.questionnaire.begun": "begynte på et spørreskjema",
    "surveys.questionnaire.brought_back": "tok et spørreskjema i bruk igjen",
    "surveys.questionnaire.imported": "hentet et spørreskjema fra en fil",
    "surveys.questionnaire.ready": "merket et spørreskjema som klart",
    "surveys.questionnaire.retired": "la bort et spørreskjema",
    "surveys.survey.cancelled": "avlyste undersøkelsen",
    "surveys.survey.closed": "sendte svarene videre",
    "surveys.survey.corrected": "rettet tekster i undersøkelsen",
    "surveys.survey.ended": "stengte undersøkelsen",
    "surveys.survey.extended": "forlenget undersøkelsen",
    "surveys.survey.paused": "satte undersøkelsen på pause",
    "surveys.survey.planned": "planla undersøkelsen",
    "surveys.survey.reopened": "åpnet undersøkelsen igjen",
    "surveys.survey.resumed": "lot undersøkelsen fortsette",
    "surveys.survey.sent_to_all": "slapp undersøkelsen til alle",
}

SERVICE = Service(
    name="surveys",
    package="services.surveys",
    deeds=DEEDS,
    handlers=HANDLERS,
    pages=PAGES,
    jobs=JOBS,
    state=state_events,
    gauges=counted(surveys=Survey.state),
    refuse=refuse_bad_shelf,
)
