"""Mails about meetings and about what came of surveys and meetings."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notifications.sending.dispatching import Dispatcher
from shared.events.meetings import (
    MeetingAnnounced,
    MeetingCallAnswered,
    MeetingCallIssued,
    MeetingCancelled,
    MeetingInvitationAnswered,
    MeetingInvitationIssued,
    MeetingNoticeDue,
    MeetingReminderDue,
)
from shared.events.results import FollowUpRecorded, ResultsPublished
from shared.events.surveys import SurveyFollowUpNoticeDue, SurveyResultsNoticeDue
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, dead_letters
from tests.notifications.ground import NOW, SOON, SURVEY, Sink, card, opened, states, text_of, wishes

MEETING = new_id()


def announced(**changes: Any) -> MeetingAnnounced:
    values = {
        "meeting_id": MEETING,
        "slug": "bru",
        "heading": "Ny bru",
        "purpose": "Hva skal skje med brua?",
        "place": "Kommunegården",
        "starts_at": NOW + timedelta(days=20),
        "ends_at": NOW + timedelta(days=20, hours=2),
        "seats": 20,
        "reply_by": SOON,
    }
    return MeetingAnnounced(**(values | changes))


def invited(member_id: UUID) -> MeetingInvitationIssued:
    return MeetingInvitationIssued(
        invitation_id=new_id(),
        meeting_id=MEETING,
        member_id=member_id,
        generation=1,
        reply_by=SOON,
        link_expires_at=SOON,
        send_before=SOON,
    )


def replied(event: MeetingInvitationIssued, reply: str) -> MeetingInvitationAnswered:
    return MeetingInvitationAnswered(
        invitation_id=event.invitation_id,
        meeting_id=MEETING,
        member_id=event.member_id,
        reply=reply,
        answered_at=NOW,
        generation=1,
        link_expires_at=SOON,
        send_before=SOON,
    )


def reminded(event: MeetingInvitationIssued) -> MeetingReminderDue:
    return MeetingReminderDue(
        invitation_id=event.invitation_id,
        meeting_id=MEETING,
        member_id=event.member_id,
        generation=1,
        link_expires_at=SOON,
        send_before=SOON,
    )


def notice(event: MeetingInvitationIssued, kind: str) -> MeetingNoticeDue:
    return MeetingNoticeDue(
        notice_id=new_id(),
        invitation_id=event.invitation_id,
        meeting_id=MEETING,
        member_id=event.member_id,
        notice=kind,
        generation=1,
        send_before=SOON,
        link_expires_at=SOON if kind in ("changed", "cancelled") else None,
    )


async def test_a_meeting_from_invitation_to_follow_up(rt: Runtime, sink: Sink) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    event = invited(member_id)
    await deliver(card(member_id), wishes(member_id, "meetings"), event)
    assert await states(rt) == [("waiting", "no_card_yet")]
    await deliver(announced())
    await Dispatcher().run(rt)
    await deliver(replied(event, "accepted"), reminded(event), notice(event, "changed"))
    await deliver(FollowUpRecorded(
        follow_up_id=new_id(), about="meeting", about_id=MEETING, slug="bru", done={"nb": "Brua er bygd."},
        done_on="2027-06-01", recorded_at=NOW,
    ))  # fmt: skip
    await deliver(notice(event, "minutes"), notice(event, "follow_up"))
    await Dispatcher().run(rt)
    texts = {mail["Subject"][:12]: text_of(mail) for mail in sink.mails}
    assert len(sink.mails) == 6
    for start in ("Du er trukke", "Du har plass", "Møtet er end", "Påminnelse: "):
        assert "/meetings/answer/" in texts[start]
    for start in ("Referatet er", "Dette har mø"):
        assert "/meetings/bru\n" in texts[start]
    assert "Brua er bygd." in texts["Dette har mø"]
    assert "/mail/unsubscribe/meetings/" in texts["Du er trukke"]


@pytest.mark.parametrize("reply", ["declined", "lapsed", "withdrawn"])
async def test_who_does_not_come_gets_no_more_about_the_invitation(rt: Runtime, sink: Sink, reply: str) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    event = invited(member_id)
    await deliver(card(member_id), announced(), event, replied(event, reply), reminded(event))
    await Dispatcher().run(rt)
    assert await states(rt) == [("suppressed", reply)] * 2
    assert sink.taken == []


async def test_a_yes_before_the_invitation_was_sent_leaves_only_the_place(rt: Runtime, sink: Sink) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    event = invited(member_id)
    await deliver(card(member_id), announced(), event, replied(event, "accepted"))
    await Dispatcher().run(rt)
    assert await states(rt) == [("suppressed", "accepted"), ("sent", None)]
    assert sink.mails[0]["Subject"].startswith("Du har plass på møtet")


@pytest.mark.parametrize("how", ["event", "status"])
async def test_a_cancelled_meeting_invites_nobody_and_tells_those_who_said_yes(
    rt: Runtime, sink: Sink, how: str
) -> None:
    deliver, members = Deliverer(rt), [new_id() for _ in range(2)]
    guest, participant = (invited(member_id) for member_id in members)
    await deliver(*(card(member_id) for member_id in members), announced(), guest, participant)
    cancelled = MeetingCancelled(meeting_id=MEETING, cancelled_at=NOW)
    await deliver(cancelled if how == "event" else announced(status="cancelled"))
    await deliver(notice(participant, "cancelled"), reminded(participant))
    await Dispatcher().run(rt)
    assert sorted(await states(rt)) == [("sent", None), *[("suppressed", "cancelled")] * 3]
    assert [mail["Subject"] for mail in sink.mails] == ["Møtet er avlyst: Ny bru"]
    assert "/meetings/answer/" in text_of(sink.mails[0]), "the own page has the file that clears the calendar"


async def test_a_call_asks_those_who_have_not_answered_and_no_cancelled_meeting_calls(rt: Runtime, sink: Sink) -> None:
    deliver, members = Deliverer(rt), [new_id() for _ in range(3)]
    silent, quick, late = (
        MeetingCallIssued(
            invitation_id=new_id(), meeting_id=MEETING, member_id=member, generation=1, link_expires_at=SOON,
            send_before=SOON,
        )
        for member in members
    )  # fmt: skip
    answer = MeetingCallAnswered(
        invitation_id=quick.invitation_id, meeting_id=MEETING, member_id=quick.member_id, reply="yes", answered_at=NOW
    )
    await deliver(*(card(member) for member in members), announced(), silent, quick, answer)
    await Dispatcher().run(rt)
    await deliver(MeetingCancelled(meeting_id=MEETING, cancelled_at=NOW), late)
    await Dispatcher().run(rt)
    assert sorted(await states(rt)) == [("sent", None), ("suppressed", "answered"), ("suppressed", "cancelled")]
    (mail,) = sink.mails
    assert mail["Subject"].startswith("Vil du være med på et møte")
    for text in ("Et ja er ikke en plass.", "/meetings/answer/", "/mail/unsubscribe/meetings/"):
        assert text in text_of(mail)


@pytest.mark.parametrize(("waiting_list", "drawn"), [(False, "Du er trukket ut.\n"), (True, "ut til ventelisten.\n")])
async def test_a_volunteer_is_told_that_the_mail_comes_of_the_yes_to_the_call(
    rt: Runtime, sink: Sink, waiting_list: bool, drawn: str
) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    event = invited(member_id).model_copy(update={"waiting_list": waiting_list, "volunteer": True})
    await deliver(card(member_id), announced(), event)
    await Dispatcher().run(rt)
    text = text_of(sink.mails[0])
    assert "fordi du sa ja til å være med i trekningen av plassene på dette møtet: «Ny bru»." in text
    assert drawn in text
    assert "har sagt at du vil bli invitert" not in text
    for words in ("Kommunegården", "Du kan svare ja eller nei til og med", "/meetings/answer/"):
        assert words in text


async def test_a_mail_without_consent_is_still_sent_about_a_place_one_said_yes_to(rt: Runtime, sink: Sink) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    event = invited(member_id)
    await deliver(card(member_id), announced(), wishes(member_id, "surveys"), replied(event, "accepted"))
    await deliver(notice(event, "cancelled"), notice(event, "minutes"))
    await Dispatcher().run(rt)
    assert await states(rt) == [("sent", None), ("sent", None), ("suppressed", "unsubscribed")]


@pytest.mark.parametrize(("make", "code"), [(replied, "maybe"), (notice, "postponed")])
async def test_a_reply_or_notice_we_do_not_know_is_seen_by_staff(rt: Runtime, make: Any, code: str) -> None:
    await Deliverer(rt)(make(invited(new_id()), code))
    assert len(await dead_letters(rt)) == 1
    assert await states(rt) == []


async def test_results_may_be_published_before_the_survey_is_known_here(rt: Runtime, sink: Sink) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    values = {"survey_id": SURVEY, "member_id": member_id, "generation": 1, "send_before": SOON}
    await deliver(card(member_id), ResultsPublished(survey_id=SURVEY, slug="klima-2027", published_at=NOW))
    await deliver(SurveyResultsNoticeDue(invitation_id=new_id(), **values))
    assert await states(rt) == [("waiting", "no_card_yet")]
    await deliver(opened(), SurveyFollowUpNoticeDue(notice_id=new_id(), **values))
    await Dispatcher().run(rt)
    assert ["/results/klima-2027" in text_of(mail) for mail in sink.mails] == [True, True]


async def test_a_results_mail_waits_for_the_address_of_the_result(rt: Runtime, sink: Sink) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    await deliver(card(member_id), opened())
    await deliver(SurveyResultsNoticeDue(
        invitation_id=new_id(), survey_id=SURVEY, member_id=member_id, generation=1, send_before=SOON
    ))  # fmt: skip
    await Dispatcher().run(rt)
    assert sink.taken == []
    await deliver(ResultsPublished(survey_id=SURVEY, slug="klima-2027", published_at=NOW))
    await Dispatcher().run(rt)
    assert len(sink.taken) == 1
