"""The whole service on one screen: what registration reacts to, shows and does by itself."""

import sqlalchemy as sa

from services.registration import consenting, erasing, pages, reaching, staff
from services.registration.announcing import announce_installation
from services.registration.calendar import copying as calendar_copying
from services.registration.calendar import staff as calendar
from services.registration.calendar.store import forget_feeds
from services.registration.data_file import gathering
from services.registration.data_file import pages as data_file
from services.registration.forgetting import forget_participation, forget_staff_names
from services.registration.handbook import staff as handbook
from services.registration.importing import staff as importing
from services.registration.importing.working import forget_unstarted, take_in_files
from services.registration.joining import pages as joining
from services.registration.joining.signing_up import forget_unconfirmed
from services.registration.member_list import staff as member_list
from services.registration.municipality import staff as municipality
from services.registration.my_page import copying
from services.registration.my_page import pages as my_page
from services.registration.new_address import pages as new_address
from services.registration.on_behalf import staff as on_behalf
from services.registration.population import staff as population
from services.registration.population import staff_areas as areas
from services.registration.population import staff_statistics as statistics
from services.registration.population.regrouping import regroup_members
from services.registration.recruitment import staff as recruitment
from services.registration.settings import registration_settings
from services.registration.signing_in import pages as signing_in
from services.registration.signing_in.sending import forget_asked, send_links
from services.registration.signing_in.sessions import forget_old_sessions
from services.registration.state import state_events
from services.registration.synthetic.admitting import clear_synthetic
from services.registration.synthetic.domain import SOURCE
from services.registration.tables import Member
from shared.events import meetings, notifications, results, surveys
from shared.messaging import subscribe
from shared.messaging.missing import missed_events
from shared.metrics import counted
from shared.service import Job, Service
from shared.web import Route, audit_pages, dead_letter_pages, role_pages
from shared.web.sign_in import finish_sign_in, start_sign_in

RECEIPTS = (
    surveys.MemberDataErased,
    notifications.MemberDataErased,
    meetings.MemberDataErased,
    results.MemberDataErased,
)

DATA_PARTS = (
    surveys.MemberDataGathered,
    notifications.MemberDataGathered,
    meetings.MemberDataGathered,
    results.MemberDataGathered,
)

HANDLERS = (
    missed_events("registration"),
    subscribe("registration.keep_erasure_receipt", erasing.keep_receipt, *RECEIPTS),
    subscribe("registration.send_card_again", reaching.send_card_again, notifications.ContactCardMissing),
    subscribe("registration.mark_unreachable", reaching.mark_unreachable, notifications.MemberUnreachable),
    subscribe("registration.change_consent", consenting.change_consent, notifications.MailPreferenceChanged),
    subscribe("registration.keep_data_part", gathering.keep_part, *DATA_PARTS),
    subscribe("registration.keep_survey_title", copying.keep_survey_title, surveys.SurveyOpened, surveys.SurveyChanged),
    subscribe("registration.keep_survey_end", copying.keep_survey_end, surveys.SurveyClosed),
    subscribe(
        "registration.keep_asked", copying.keep_asked, surveys.SurveyInvitationIssued, surveys.SurveyAnswered,
        batch=True,
    ),
    subscribe("registration.keep_spared", copying.keep_spared, surveys.MemberSpared, batch=True),
    subscribe("registration.keep_meeting", copying.keep_meeting, meetings.MeetingAnnounced),
    subscribe("registration.keep_drawn", copying.keep_drawn, meetings.MemberEnteredDraw),
    subscribe("registration.keep_proof", copying.keep_proof, meetings.DrawProofIssued),
    subscribe("registration.keep_result", copying.keep_result, results.ResultsPublished),
    subscribe(
        "registration.keep_dates", calendar_copying.keep_dates, surveys.DatesPlanned, meetings.DatesPlanned,
        results.DatesPlanned,
    ),
    subscribe("registration.keep_follow_up", copying.keep_follow_up, results.FollowUpRecorded),
)  # fmt: skip

PANEL = "/staff/registration"

PAGES = (
    Route("/", pages.show_front_page),
    Route("/privacy", pages.show_privacy),
    Route("/about", pages.show_about),
    Route("/accessibility", pages.show_accessibility),
    Route("/profile/mark.svg", pages.show_mark),
    Route("/join", joining.show_join_form),
    Route("/join", joining.join_panel, methods=["POST"]),
    Route("/join/place", joining.tell_place),
    Route("/join/sent", joining.show_sent),
    Route("/join/confirm", joining.show_confirmation),
    Route("/join/confirm", joining.confirm_membership, methods=["POST"]),
    Route("/join/confirm/{token}", joining.open_confirmation),
    Route("/join/welcome", joining.show_welcome),
    Route("/me", my_page.show_own_page),
    Route("/me", my_page.change_membership, methods=["POST"]),
    Route("/me/ask", signing_in.show_sign_in_form),
    Route("/me/ask", signing_in.ask_for_sign_in, methods=["POST"]),
    Route("/me/sent", signing_in.show_sign_in_sent),
    Route("/me/sign-in", signing_in.show_sign_in_button),
    Route("/me/sign-in", signing_in.sign_in, methods=["POST"]),
    Route("/me/sign-in/{token}", signing_in.open_sign_in),
    Route("/me/sign-out", signing_in.sign_out, methods=["POST"]),
    Route("/me/details", my_page.show_details),
    Route("/me/details", my_page.change_details, methods=["POST"]),
    Route("/me/purposes", my_page.change_purposes, methods=["POST"]),
    Route("/me/proof", my_page.give_proof),
    Route("/me/gathering", data_file.show_gathering),
    Route("/me/gathering", data_file.ask_for_data, methods=["POST"]),
    Route("/me/data", data_file.take_data_along),
    Route("/me/address", new_address.show_new_address),
    Route("/me/address", new_address.confirm_new_address, methods=["POST"]),
    Route("/me/address/{token}", new_address.open_new_address),
    Route("/me/leave", my_page.ask_before_leaving),
    Route("/me/left", my_page.show_left),
    Route("/staff", staff.show_home),
    Route("/staff/calendar", calendar.show_calendar),
    Route("/staff/calendar", calendar.renew_feed, methods=["POST"]),
    Route("/staff/calendar/close", calendar.close_anyones_feed, methods=["POST"]),
    Route("/calendar/{token}", calendar.give_feed),
    Route("/staff/handbook", handbook.show_handbook),
    Route("/staff/handbook/{name}", handbook.show_page),
    Route("/staff/handbook/pictures/{name}.jpg", handbook.give_picture),
    Route("/staff/roles", staff.show_roles),
    Route("/staff/login", start_sign_in),
    Route("/staff/callback", finish_sign_in),
    Route("/staff/logout", staff.sign_out, methods=["POST"]),
    Route(PANEL, population.show_panel),
    Route(PANEL + "/card", staff.show_card),
    Route(PANEL + "/thresholds", population.show_thresholds),
    Route(PANEL + "/thresholds", population.add_threshold, methods=["POST"]),
    Route(PANEL + "/areas", areas.show_areas),
    Route(PANEL + "/areas", areas.save_areas, methods=["POST"]),
    Route(PANEL + "/population", statistics.show_population),
    Route(PANEL + "/population", statistics.replace_population, methods=["POST"]),
    Route(PANEL + "/import", importing.show_import),
    Route(PANEL + "/import", importing.take_file, methods=["POST"]),
    Route(PANEL + "/import/template", importing.give_template),
    Route(PANEL + "/import/{id:uuid}", importing.show_file),
    Route(PANEL + "/import/{id:uuid}", importing.start_import, methods=["POST"]),
    Route(PANEL + "/members", member_list.show_members),
    Route(PANEL + "/members", member_list.look_up, methods=["POST"]),
    Route(PANEL + "/members/{id:uuid}", member_list.show_person),
    Route(PANEL + "/members/{id:uuid}/change", on_behalf.show_change),
    Route(PANEL + "/members/{id:uuid}/change", on_behalf.change_for_member, methods=["POST"]),
    Route(PANEL + "/members/{id:uuid}/data", member_list.take_data_out),
    Route(PANEL + "/members/{id:uuid}/gathering", member_list.ask_for_data, methods=["POST"]),
    Route(PANEL + "/members/{id:uuid}/erase", member_list.erase_on_request, methods=["POST"]),
    Route(PANEL + "/register", on_behalf.show_register),
    Route(PANEL + "/register", on_behalf.register_person, methods=["POST"]),
    Route(PANEL + "/erasures", member_list.show_erasures),
    Route(PANEL + "/channels", recruitment.show_channels),
    Route(PANEL + "/channels", recruitment.add_channel, methods=["POST"]),
    Route(PANEL + "/channels/{code}", recruitment.show_channel),
    Route(PANEL + "/profile", municipality.show_profile),
    Route(PANEL + "/profile", municipality.save_profile, methods=["POST"]),
    *dead_letter_pages("registration"),
    *audit_pages("registration"),
    *role_pages("registration"),
)

JOBS = (
    Job("announce_installation", announce_installation, every=60.0),
    Job("regroup_members", regroup_members, every=5.0),
    Job("take_in_files", take_in_files, every=5.0, on_commit=True),
    Job("forget_unstarted", forget_unstarted, every=60.0),
    Job("forget_participation", forget_participation, every=3600.0),
    Job("forget_staff_names", forget_staff_names, every=3600.0),
    Job("forget_feeds", forget_feeds, every=3600.0),
    Job("forget_gathered", gathering.forget_gathered, every=60.0),
    Job("send_links", send_links, every=5.0, on_commit=True),
    Job("forget_asked", forget_asked, every=60.0),
    Job("forget_old_sessions", forget_old_sessions, every=60.0),
    Job("forget_unconfirmed", forget_unconfirmed, every=60.0),
    Job("clear_synthetic", clear_synthetic, every=60.0),
)

#: What staff do, as the audit trail says it: «Siri Stab …».
DEEDS = {
    "registration.calendar_feed.closed": "stengte en kalenderadresse",
    "registration.calendar_feed.made": "laget en ny kalenderadresse",
    "registration.area_margins.imported": "satte områdene",
    "registration.channel.made": "laget en rekrutteringskanal",
    "registration.member.changed_on_behalf": "endret noe på vegne av en person",
    "registration.member.data_asked_for": "ba om alt om en person",
    "registration.member.data_taken_out": "lastet ned alt om en person",
    "registration.member.erased_on_request": "slettet en person på forespørsel",
    "registration.member.found": "fant personen i et oppslag",
    "registration.member.looked_up": "slo opp en person",
    "registration.member.registered": "meldte på en person",
    "registration.member.seen": "så på en person",
    "registration.members.exported": "lastet ned listen over medlemmer",
    "registration.members.imported": "importerte medlemmer",
    "registration.population.replaced": "la inn nyere befolkningstall",
    "registration.profile.changed": "endret kommunens profil",
    "registration.threshold.set": "la til en terskel",
}

SERVICE = Service(
    name="registration",
    package="services.registration",
    deeds=DEEDS,
    handlers=HANDLERS,
    pages=PAGES,
    jobs=JOBS,
    state=state_events,
    refuse=lambda _: registration_settings(),
    gauges=counted(members=sa.case((Member.source != SOURCE, Member.status))),
)
