"""Nobody gets mail they do not want, do not need or cannot take: whichever event comes first."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from services.notifications.deliveries.counting import overview
from services.notifications.people.members import forget_recipients
from services.notifications.sending.dispatching import Dispatcher
from services.notifications.tables import Contact, Member, Message
from shared.events.notifications import MemberDataErased, MemberUnreachable
from shared.events.registration import ContactRemoved, MemberErased, MemberJoined, MemberLeft
from shared.events.surveys import SurveyChanged, SurveyClosed
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox
from tests.notifications.ground import (
    NOW,
    SOON,
    SURVEY,
    Sink,
    answered,
    card,
    confirmation,
    invitation,
    opened,
    reminder,
    states,
    wishes,
)


async def test_who_has_answered_gets_no_more_about_that_survey(rt: Runtime) -> None:
    deliver, event = Deliverer(rt), invitation(new_id())
    await deliver(event, answered(event))
    assert await states(rt) == [("suppressed", "answered")]


async def test_who_joins_after_all_is_reached_and_no_member_before_is_counted_as_lost(rt: Runtime, sink: Sink) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    sink.replies = ["550 5.1.1 no such user"]
    await deliver(card(member_id), confirmation(member_id), opened())
    await Dispatcher().run(rt)
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(Contact.unreachable)) is not None
        assert (await overview(session)).unreachable == 0, "who has only signed up is no member"
    joined = MemberJoined(**wishes(member_id, "surveys").model_dump())
    await deliver(joined, replay=True)
    async with rt.transaction() as session:
        assert (await overview(session)).unreachable == 1, "state sent again changes nothing of that"
    await deliver(joined, invitation(member_id))
    await Dispatcher().run(rt)
    assert await states(rt) == [("failed", "smtp_550"), ("sent", None)]


async def test_a_reminder_made_after_the_answer_is_not_sent(rt: Runtime, sink: Sink) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    event = invitation(member_id)
    await deliver(card(member_id), opened(), event)
    await Dispatcher().run(rt)
    await deliver(answered(event), reminder(event))
    await Dispatcher().run(rt)
    assert sorted(await states(rt)) == [("sent", None), ("suppressed", "answered")]
    assert len(sink.taken) == 1


async def test_an_unsubscribe_link_lives_long_after_the_survey(rt: Runtime, sink: Sink) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    await deliver(card(member_id), opened(), wishes(member_id, "surveys", "results"), invitation(member_id))
    await Dispatcher().run(rt)
    path = sink.mails[0]["List-Unsubscribe"].strip("<>").removeprefix(rt.settings.public_url)
    move(rt, timedelta(days=365))
    async with browser(rt, headers={"Origin": ""}) as client:
        assert (await client.post(path, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    later = invitation(member_id).model_copy(update={"send_before": SOON + timedelta(days=400)})
    await deliver(later)
    assert (await states(rt))[1] == ("suppressed", "unsubscribed")


@pytest.mark.parametrize(
    ("status", "purposes", "expected"),
    [
        ("active", (), ("suppressed", "unsubscribed")),
        ("paused", ("surveys",), ("suppressed", "paused")),
        ("active", ("surveys",), ("pending", None)),
    ],
)
@pytest.mark.parametrize("before", [True, False])
async def test_bulk_mail_follows_what_the_member_wants_whichever_comes_first(
    rt: Runtime, status: str, purposes: tuple[str, ...], expected: tuple[str, str | None], before: bool
) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    events = [wishes(member_id, *purposes, status=status), invitation(member_id)]
    await deliver(card(member_id), opened(), *(events if before else reversed(events)), confirmation(member_id))
    assert await states(rt) == [expected, ("pending", None)]


async def test_who_has_left_gets_no_bulk_mail(rt: Runtime) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    await deliver(card(member_id), opened(), invitation(member_id), MemberLeft(member_id=member_id, left_at=SOON))
    assert await states(rt) == [("suppressed", "left")]


async def test_a_wish_stored_beside_the_message_is_seen_when_it_is_claimed(rt: Runtime, sink: Sink) -> None:
    """Both may be stored at the same moment, each before seeing the other."""
    deliver, member_id = Deliverer(rt), new_id()
    await deliver(card(member_id), opened(), invitation(member_id))
    async with rt.transaction() as session:
        session.add(Member(id=member_id, purposes=["results"], status="active"))
    await Dispatcher().run(rt)
    assert await states(rt) == [("suppressed", "unsubscribed")]
    assert sink.taken == []


@pytest.mark.parametrize(
    ("reply", "unreachable"),
    [
        ("550 5.1.1 no such user", True),
        ("550 no such user", True),
        ("550 5.7.1 policy", False),
        ("554 5.7.1 spam", False),
        ("552 5.2.2 full", False),
    ],
)
async def test_a_dead_address_makes_the_member_unreachable_until_the_card_changes(
    rt: Runtime, sink: Sink, reply: str, unreachable: bool
) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    sink.replies = [reply]
    await deliver(card(member_id), opened(), invitation(member_id))
    await Dispatcher().run(rt)
    assert [state for state, _ in await states(rt)] == ["failed"]
    assert len(await outbox(rt, MemberUnreachable)) == unreachable
    await deliver(invitation(member_id), confirmation(member_id))
    blocked = ("no_address", "unreachable") if unreachable else ("pending", None)
    assert (await states(rt))[1:] == [blocked, ("pending", None)]
    await deliver(card(member_id, name="Kari Endret"), invitation(member_id))
    assert (await states(rt))[3] == blocked
    await deliver(card(member_id, "ny@example.org"), invitation(member_id))
    assert (await states(rt))[4] == ("pending", None)


async def test_a_refusal_of_the_data_or_of_our_own_address_says_nothing_about_the_member(
    rt: Runtime, sink: Sink
) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    sink.data_replies = ["554 looks like spam"]
    await deliver(card(member_id), opened(), invitation(member_id))
    await Dispatcher().run(rt)
    assert await states(rt) == [("failed", "smtp_554")]
    assert await outbox(rt, MemberUnreachable) == []


async def test_a_removed_card_wins_over_any_later_one(rt: Runtime, sink: Sink) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    await deliver(confirmation(member_id), ContactRemoved(member_id=member_id), card(member_id))
    await Dispatcher().run(rt)
    assert await states(rt) == [("no_address", "removed")]
    assert sink.taken == []


async def test_the_list_of_mails_forgets_whose_they_were_and_keeps_their_number(rt: Runtime, sink: Sink) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    await deliver(card(member_id), opened(), invitation(member_id))
    await Dispatcher().run(rt)
    for days, whose in ((700, [member_id]), (50, [None])):
        move(rt, timedelta(days=days))
        await forget_recipients(rt)
        async with rt.transaction() as session:
            assert list(await session.scalars(sa.select(Message.member_id))) == whose
    assert await states(rt) == [("sent", None)]


async def test_erasure_blanks_the_card_and_gives_a_receipt(rt: Runtime) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    await deliver(card(member_id), confirmation(member_id), MemberErased(member_id=member_id, erased_at=SOON))
    assert len(await outbox(rt, MemberDataErased)) == 1
    async with rt.transaction() as session:
        text = await session.scalar(sa.text("select string_agg(t::text, '') from notifications.contact t"))
    assert "kari" not in (text or "").lower()


def changed(state: str, days: int = 0) -> SurveyChanged:
    """How the survey stands now; ``days`` later than planned."""
    return SurveyChanged(
        survey_id=SURVEY,
        state=state,
        closes_at=SOON + timedelta(days=days),
        changed_at=NOW,
        questionnaire=opened().questionnaire,
    )


async def test_mails_about_a_paused_survey_wait_until_it_goes_on(rt: Runtime, sink: Sink) -> None:
    deliver, member_id, late = Deliverer(rt), new_id(), new_id()
    event, notice = invitation(member_id), invitation(member_id)
    await deliver(card(member_id), card(late), opened(), event, changed("paused"), invitation(late), reminder(notice))
    await Dispatcher().run(rt)
    assert sink.taken == []
    assert {state for state, _ in await states(rt)} == {"waiting"}
    await deliver(changed("open", days=7))
    await Dispatcher().run(rt)
    assert [state for state, _ in await states(rt)] == ["sent", "sent", "sent"]
    async with rt.transaction() as session:
        until = set(await session.scalars(sa.select(Message.send_before)))
    # The first two mails and the reminder existed when the survey was extended.
    assert until == {SOON + timedelta(days=7)}


async def test_a_survey_that_is_opened_again_sends_what_waited_and_one_that_closes_never_does(
    rt: Runtime, sink: Sink
) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    closing = SurveyClosed(survey_id=SURVEY, opened_at=NOW, closed_at=NOW, invited=2, answered=0, released=0, strata=())
    first, second = invitation(member_id), invitation(new_id())
    await deliver(card(member_id), card(second.member_id), opened(), changed("ended"), first)
    await Dispatcher().run(rt)
    assert await states(rt) == [("waiting", "no_card_yet")]
    await deliver(changed("open"))
    await Dispatcher().run(rt)
    assert await states(rt) == [("sent", None)]
    await deliver(changed("ended"), second, closing, reminder(first))
    await Dispatcher().run(rt)
    assert [state for state in await states(rt) if state[0] != "sent"] == [("suppressed", "survey_closed")] * 2
