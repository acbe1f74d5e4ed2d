"""More are asked than there are seats: the waiting list on real Postgres, and what people and staff see of it."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.meetings.locks import lock_meeting
from services.meetings.planning.announcing import Plan, change_meeting
from services.meetings.planning.cancelling import cancel_meeting
from services.meetings.planning.domain import Times
from services.meetings.seats.answering import Reply
from services.meetings.seats.domain import waiting_ends_at
from services.meetings.seats.filling import fill_free_seats
from services.meetings.tables import Invitation, Meeting
from shared.events.meetings import MeetingInvitationAnswered, MeetingInvitationIssued, MeetingNoticeDue
from shared.events.notifications import MessageFailed
from shared.events.registration import MemberChanged, MemberJoined
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox
from tests.meetings.given import a_drawn_meeting, a_meeting, fresh, invitations, reply, run_jobs, states
from tests.members import many, margins

SEATS = 6


async def past_replies(rt: Runtime, asked: int, yes: int) -> None:
    """An earlier meeting's replies, whose people are forgotten by now."""
    now = rt.now()
    earlier = await a_meeting(
        rt, state="held", drawn_at=now - timedelta(days=200), starts_at=now - timedelta(days=150),
        ends_at=now - timedelta(days=150) + timedelta(hours=2), reply_by=now - timedelta(days=190),
        list_asked_at=now - timedelta(days=200),
    )  # fmt: skip
    async with rt.transaction() as session:
        session.add_all(
            Invitation(
                id=new_id(), meeting_id=earlier.id, member_id=None, generation=1, code=secrets.token_hex(4),
                state="accepted" if place < yes else "lapsed",
                gender=("female", "male")[place % 2], band=("15-24", "25-44", "45-")[place % 3], area=None,
                reply_by=now - timedelta(days=190), invited_at=now - timedelta(days=200),
                settled_at=now - timedelta(days=190),
            )
            for place in range(asked)
        )  # fmt: skip


async def a_full_meeting(rt: Runtime, deliver: Deliverer, **changes: Any) -> tuple[Meeting, Sequence[MemberJoined]]:
    """One in three came to earlier meetings; six seats are drawn, and the list is asked."""
    people = many(rt.now(), 60)
    await deliver(margins(), *people)
    await past_replies(rt, 60, 20)
    meeting = await a_drawn_meeting(rt, seats=SEATS, **changes)
    await fill_free_seats(rt)
    return meeting, people


async def rows_of(rt: Runtime, meeting: Meeting, *states: str) -> list[Invitation]:
    """The meeting's invitations (in these states)."""
    return [row for row in await invitations(rt, *states) if row.meeting_id == meeting.id]


async def test_where_few_came_before_more_are_asked_and_told_that_it_is_to_a_list(
    rt: Runtime, deliver: Deliverer
) -> None:
    meeting, _ = await a_full_meeting(rt, deliver)
    listed = await rows_of(rt, meeting, "reserve")
    assert len(await rows_of(rt, meeting, "invited")) == SEATS
    assert 10 <= len(listed) <= 13, "one in three comes: two more for each seat"
    assert {row.reply_by for row in listed} == {meeting.reply_by}
    issued = [
        event for event in await outbox(rt, MeetingInvitationIssued) if isinstance(event, MeetingInvitationIssued)
    ]
    assert {fact.invitation_id for fact in issued if fact.waiting_list} == {row.id for row in listed}
    await fill_free_seats(rt)
    again = await rows_of(rt, meeting, "reserve")
    assert [row.id for row in again] == [row.id for row in listed], "the list is asked once"


async def test_as_many_as_there_are_seats_are_asked_where_all_came_before(rt: Runtime, deliver: Deliverer) -> None:
    await deliver(margins(), *many(rt.now(), 60))
    await past_replies(rt, 60, 60)
    await a_drawn_meeting(rt, seats=SEATS)
    await fill_free_seats(rt)
    assert (await states(rt))["reserve"] == 0


async def test_free_seats_wait_until_everybody_asked_to_the_list_could_answer(rt: Runtime, deliver: Deliverer) -> None:
    # Without quotas anybody on the list may have the seat.
    meeting, _ = await a_full_meeting(rt, deliver, limits=[])
    first, *others = await rows_of(rt, meeting, "invited")
    for row in others:
        await reply(rt, row, Reply.YES)
    await reply(rt, first, Reply.NO)
    listed = await rows_of(rt, meeting, "reserve")
    for row in listed[:4]:
        await reply(rt, row, Reply.YES)
    await run_jobs(rt)
    assert len(await rows_of(rt, meeting, "waiting")) == 4, "nobody gets the seat for being first"
    move(rt, timedelta(days=7, minutes=1))
    await run_jobs(rt)
    rows = await rows_of(rt, meeting)
    (seated,) = (row for row in rows if row.replaces is not None)
    assert seated.id in {row.id for row in listed[:4]}
    assert (seated.state, seated.replaces, seated.had_seat) == ("accepted", first.id, True)
    replies = [
        event for event in await outbox(rt, MeetingInvitationAnswered) if isinstance(event, MeetingInvitationAnswered)
    ]
    assert [answer.reply for answer in replies if answer.invitation_id == seated.id] == ["waiting", "accepted"]
    assert len([row for row in rows if row.state in ("invited", "accepted")]) == SEATS


async def test_a_late_no_goes_to_the_list_until_half_a_day_before_and_then_all_hear_that_it_is_full(
    rt: Runtime, deliver: Deliverer
) -> None:
    meeting, _ = await a_full_meeting(rt, deliver)
    for row in await rows_of(rt, meeting, "invited"):
        await reply(rt, row, Reply.YES)
    for row in await rows_of(rt, meeting, "reserve"):
        await reply(rt, row, Reply.YES)
    move(rt, timedelta(days=26, hours=12))
    seated = (await rows_of(rt, meeting, "accepted"))[0]
    before = len(await rows_of(rt, meeting))
    await reply(rt, seated, Reply.NO)
    await run_jobs(rt)
    assert len(await rows_of(rt, meeting, "accepted")) == SEATS, "nobody new is asked so late, but the list is there"
    assert len(await rows_of(rt, meeting)) == before
    assert waiting_ends_at(meeting.starts_at, meeting.stop_hours) == meeting.starts_at - timedelta(hours=24)
    move(rt, timedelta(hours=12, minutes=1))
    rows = await rows_of(rt, meeting, "waiting")
    await run_jobs(rt)
    assert await rows_of(rt, meeting, "waiting") == []
    replies = [
        event for event in await outbox(rt, MeetingInvitationAnswered) if isinstance(event, MeetingInvitationAnswered)
    ]
    assert {answer.invitation_id for answer in replies if answer.reply == "released"} == {row.id for row in rows}


async def test_who_waits_hears_of_a_change_and_of_a_cancelled_meeting(rt: Runtime, deliver: Deliverer) -> None:
    meeting, _ = await a_full_meeting(rt, deliver)
    waits, silent, *_ = await rows_of(rt, meeting, "reserve")
    await reply(rt, waits, Reply.YES)
    async with rt.transaction() as session:
        meeting_row = await lock_meeting(session, meeting.id)
        assert meeting_row is not None
        times = Times(meeting_row.starts_at, meeting_row.ends_at, meeting_row.reply_by)
        plan = Plan("Torget", "Hva?", "", "Et annet sted", "", SEATS, 48, 0, meeting_row.starts_at.date(), times)
        assert await change_meeting(session, meeting_row, plan) == 1
    async with rt.transaction() as session:
        counts = await cancel_meeting(session, meeting.id, rt.now())
    assert counts is not None
    assert counts[1] == 1
    notices = [event for event in await outbox(rt, MeetingNoticeDue) if isinstance(event, MeetingNoticeDue)]
    assert [(notice.notice, notice.invitation_id) for notice in notices] == [
        ("changed", waits.id),
        ("cancelled", waits.id),
    ]
    assert silent.id in {row.id for row in await rows_of(rt, meeting, "ended")}


@pytest.mark.parametrize(("said_yes", "stands"), [(False, "withdrawn"), (True, "waiting")])
async def test_who_pauses_is_not_waited_for_but_keeps_a_place_on_the_list(
    rt: Runtime, deliver: Deliverer, said_yes: bool, stands: str
) -> None:
    meeting, people = await a_full_meeting(rt, deliver)
    row = (await rows_of(rt, meeting, "reserve"))[0]
    if said_yes:
        await reply(rt, row, Reply.YES)
    member = next(person for person in people if person.member_id == row.member_id)
    await deliver(MemberChanged(**(member.model_dump() | {"status": "paused"})))
    assert next(each.state for each in await rows_of(rt, meeting) if each.id == row.id) == stands


@pytest.mark.parametrize("purpose", ["meeting_list", "meeting_list_volunteer"])
async def test_an_invitation_to_the_list_that_the_address_refused_is_not_waited_for(
    rt: Runtime, deliver: Deliverer, purpose: str
) -> None:
    meeting, _ = await a_full_meeting(rt, deliver)
    row = (await rows_of(rt, meeting, "reserve"))[0]
    assert row.member_id is not None
    await deliver(
        MessageFailed(
            message_id=new_id(), member_id=row.member_id, purpose=purpose, about_id=row.id, reason="refused",
            address_at_fault=True, failed_at=rt.now(),
        )
    )  # fmt: skip
    assert next(each.state for each in await rows_of(rt, meeting) if each.id == row.id) == "lapsed"


async def page_of(rt: Runtime, client: httpx.AsyncClient, meeting: Meeting, row: Invitation) -> str:
    """What the person's own page says now."""
    token = rt.links.make("meeting", row.id, 1, meeting.ends_at)
    return (await client.get(f"/meetings/answer/{token}", follow_redirects=True)).text


async def test_the_persons_page_is_true_in_every_state(rt: Runtime, deliver: Deliverer) -> None:
    meeting, _ = await a_full_meeting(rt, deliver)
    first, second, third, *_ = await rows_of(rt, meeting, "reserve")
    async with browser(rt) as client:
        page = await page_of(rt, client, meeting, first)
        assert "trukket ut til ventelisten" in page
        assert "går plassen til en annen" not in page
        await client.post("/meetings/answer", data={"id": str(first.id), "reply": "yes"})
        page = await page_of(rt, client, meeting, first)
        assert "Du står på ventelisten" in page
        assert ".ics" not in page
        assert "Du har plass" not in page
        await page_of(rt, client, meeting, second)
        await client.post("/meetings/answer", data={"id": str(second.id), "reply": "yes"})
        await client.post("/meetings/answer", data={"id": str(second.id), "reply": "no"})
        assert "Du står ikke lenger på listen" in await page_of(rt, client, meeting, second)
        move(rt, timedelta(days=7, minutes=1))
        assert "Svaret kom ikke i tide til ventelisten" in await page_of(rt, client, meeting, third)
        await run_jobs(rt)
        page = await page_of(rt, client, meeting, first)
        assert "Du har plass" in page, "six seats are free and one waits"
    assert (await fresh(rt, meeting.id)).list_asked_at is not None


async def test_staff_see_who_waits(rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient) -> None:
    meeting, _ = await a_full_meeting(rt, deliver)
    await reply(rt, (await rows_of(rt, meeting, "reserve"))[0], Reply.YES)
    page = (await editor.get(f"/staff/meetings/{meeting.id}")).text
    for text in ("På ventelisten", "Spurt til ventelisten, ikke svart", "Ventelisten gjelder til"):
        assert text in page
