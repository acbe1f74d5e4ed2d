"""The whole service on one screen: what surveys reacts to, shows and does by itself."""

from services.surveys.answering.pages import PAGES as ANSWERING_PAGES
from services.surveys.answering.public_pages import PUBLIC_PAGES
from services.surveys.deeds import DEEDS
from services.surveys.editing.staff import (
    begin_questionnaire,
    change_outline,
    save_part,
    show_outline,
    show_part,
    show_questionnaires,
)
from services.surveys.fieldwork.closing import close_due_surveys, destroy_keys
from services.surveys.fieldwork.following_up import remind_due, tell_of_follow_up, tell_of_results
from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.fieldwork.staff_overview import OVERVIEW_PAGES
from services.surveys.fieldwork.staff_planning import PLANNING_PAGES
from services.surveys.fieldwork.staff_survey import SURVEY_PAGES
from services.surveys.fieldwork.state import state_events
from services.surveys.members import MEMBER_HANDLERS
from shared.events.results import FollowUpRecorded, ResultsPublished
from shared.messaging import subscribe
from shared.profile.keeping import profile_changes
from shared.service import Job, Service
from shared.web import Route, audit_pages, dead_letter_pages, ended_sessions

HANDLERS = (
    *MEMBER_HANDLERS,
    subscribe("surveys.tell_of_results", tell_of_results, ResultsPublished),
    subscribe("surveys.tell_of_follow_up", tell_of_follow_up, FollowUpRecorded),
    ended_sessions("surveys"),
    profile_changes("surveys"),
)

PAGES = (
    *PUBLIC_PAGES,
    *ANSWERING_PAGES,
    *OVERVIEW_PAGES,
    *PLANNING_PAGES,
    *SURVEY_PAGES,
    Route("/staff/surveys/editor", show_questionnaires),
    Route("/staff/surveys/editor", begin_questionnaire, methods=["POST"]),
    Route("/staff/surveys/editor/{id}", show_outline),
    Route("/staff/surveys/editor/{id}", change_outline, methods=["POST"]),
    Route("/staff/surveys/editor/{id}/{part}", show_part),
    Route("/staff/surveys/editor/{id}/{part}", save_part, methods=["POST"]),
    *dead_letter_pages("surveys"),
    *audit_pages("surveys"),
)

JOBS = (
    Job("open_due_surveys", open_due_surveys, every=0.5),
    Job("remind_due", remind_due, every=1.0),
    Job("close_due_surveys", close_due_surveys, every=1.0),
    Job("destroy_keys", destroy_keys, every=5.0),
)

SERVICE = Service(
    name="surveys",
    package="services.surveys",
    deeds=DEEDS,
    handlers=HANDLERS,
    pages=PAGES,
    jobs=JOBS,
    state=state_events,
)
