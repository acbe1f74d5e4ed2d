"""The whole service on one screen: what results reacts to, shows and does by itself."""

from services.results import copying, forgetting, gathering, pages, staff
from services.results.dates import tell_result_dates
from services.results.follow_ups import staff as follow_ups
from services.results.settings import results_settings
from services.results.state import state_events
from services.results.suggestions import pages as suggestions
from services.results.suggestions import registering
from services.results.suggestions import staff as triage
from services.results.tables import Suggestion
from services.results.work import copying as meetings
from services.results.work import pages as work
from shared.events.meetings import MeetingAnnounced, MeetingCancelled, MeetingHeld, MeetingMinutesPublished
from shared.events.notifications import MattersNamed, SuggestionLetterReceived
from shared.events.registration import MemberErased, PopulationMarginsSet
from shared.events.surveys import ResponseSubmitted, SampleDrawn, SurveyChanged, SurveyClosed, SurveyOpened
from shared.messaging import subscribe
from shared.messaging.missing import missed_events
from shared.metrics import counted
from shared.profile.keeping import profile_changes
from shared.service import Job, Service
from shared.web import Route, audit_pages, dead_letter_pages, role_pages
from shared.web.staff import ended_sessions

MEETING_FACTS = (MeetingAnnounced, MeetingHeld, MeetingMinutesPublished, MeetingCancelled)

HANDLERS = (
    subscribe("results.keep_survey", copying.keep_survey, SurveyOpened, SurveyChanged, SurveyClosed),
    subscribe("results.keep_sample", copying.keep_sample, SampleDrawn),
    subscribe("results.keep_answers", copying.keep_answers, ResponseSubmitted, batch=True),
    subscribe("results.keep_population", copying.keep_population, PopulationMarginsSet),
    subscribe("results.confirm_erasure", copying.confirm_erasure, MemberErased),
    subscribe("results.gather_data", gathering.gather_data, MattersNamed),
    subscribe("results.register_letter", registering.register_letter, SuggestionLetterReceived),
    subscribe("results.keep_meeting", meetings.keep_meeting, *MEETING_FACTS),
    ended_sessions("results"),
    missed_events("results"),
    profile_changes("results"),
)

PAGES = (
    Route("/results", pages.show_results),
    Route("/results/{slug}", pages.show_result),
    Route("/results/{slug}/picture-{code}.svg", pages.show_picture),
    Route("/results/{slug}/table.{form}", pages.download_result),
    Route("/work", work.show_work),
    Route("/suggest", suggestions.show_suggestions, methods=["GET"]),
    Route("/suggest", suggestions.suggest, methods=["POST"]),
    Route("/suggest/thanks", suggestions.show_thanks),
    Route("/suggest/{slug}", suggestions.show_suggestion),
    Route("/staff/results", staff.show_staff_results),
    Route("/staff/results/card", staff.show_card),
    Route("/staff/results/{survey_id:uuid}", staff.show_draft, methods=["GET"]),
    Route("/staff/results/{survey_id:uuid}", staff.publish_result, methods=["POST"]),
    Route("/staff/results/suggestions", triage.show_suggestions),
    Route("/staff/results/suggestions/{id:uuid}", triage.show_suggestion, methods=["GET"]),
    Route("/staff/results/suggestions/{id:uuid}", triage.decide, methods=["POST"]),
    Route("/staff/results/follow-ups", follow_ups.show_follow_ups, methods=["GET"]),
    Route("/staff/results/follow-ups", follow_ups.record_follow_up, methods=["POST"]),
    Route("/staff/results/follow-ups/{id:uuid}", follow_ups.show_follow_up, methods=["GET"]),
    Route("/staff/results/follow-ups/{id:uuid}", follow_ups.correct_follow_up, methods=["POST"]),
    *dead_letter_pages("results"),
    *audit_pages("results"),
    *role_pages("results"),
)

JOBS = (
    Job("tell_result_dates", tell_result_dates, every=5.0),
    Job("remove_old_texts", registering.remove_old_texts, every=60.0),
    Job("forget_answers", forgetting.forget_answers, every=3600.0),
)

#: What staff do, as the audit trail says it: «Siri Stab …».
DEEDS = {
    "results.follow_up.corrected": "rettet hva et resultat eller møte har ført til",
    "results.follow_up.recorded": "førte hva et resultat eller møte har ført til",
    "results.result.published": "publiserte et resultat",
    "results.suggestion.decided": "behandlet et forslag",
    "results.suggestion.seen": "så på et forslag",
    "results.suggestions.exported": "lastet ned listen over forslag",
}

SERVICE = Service(
    name="results",
    package="services.results",
    deeds=DEEDS,
    handlers=HANDLERS,
    pages=PAGES,
    jobs=JOBS,
    state=state_events,
    refuse=lambda _: results_settings(),
    gauges=counted(suggestions=Suggestion.state),
)
