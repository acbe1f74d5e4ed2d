"""Whoever the invitation cannot reach is not waited for, and staff see why."""

import pytest

from services.meetings.seats.answering import Reply
from shared.events.notifications import MessageFailed
from shared.events.registration import MemberChanged
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, sign_in
from tests.meetings.given import a_drawn_meeting, invitations, reply, run_jobs, states
from tests.members import many, margins


@pytest.mark.parametrize(
    ("purpose", "at_fault", "said_yes", "lapses"),
    [
        ("meeting", True, False, True),
        ("meeting", False, False, False),
        ("meeting_minutes", True, False, False),
        ("meeting", True, True, False),
    ],
)
async def test_an_invitation_that_comes_back_frees_its_seat_at_once(
    rt: Runtime, deliver: Deliverer, purpose: str, at_fault: bool, said_yes: bool, lapses: bool
) -> None:
    await deliver(margins(), *many(rt.now(), 30))
    meeting = await a_drawn_meeting(rt)
    first = (await invitations(rt))[0]
    assert first.member_id is not None
    if said_yes:
        await reply(rt, first, Reply.YES)
    await deliver(
        MessageFailed(
            message_id=new_id(),
            member_id=first.member_id,
            purpose=purpose,
            reason="bounced",
            failed_at=rt.now(),
            about_id=first.id,
            address_at_fault=at_fault,
        )
    )
    await run_jobs(rt)
    assert (await states(rt))["lapsed"] == int(lapses)
    assert len(await invitations(rt)) == 6 + int(lapses), "somebody else is asked"
    async with browser(rt) as staff:
        sign_in(rt, staff, "reader")
        page = (await staff.get(f"/staff/meetings/{meeting.id}")).text
        assert ("E-posten kom i retur" in page) is lapses
        file = (await staff.get(f"/staff/meetings/{meeting.id}/invitations.csv")).text
        assert ("E-posten kom i retur" in file) is lapses


async def test_a_member_no_mail_reaches_is_neither_drawn_nor_waited_for(rt: Runtime, deliver: Deliverer) -> None:
    people = {person.member_id: person for person in many(rt.now(), 12)}
    member, *others = people.values()
    await deliver(margins(), MemberChanged(**(member.model_dump() | {"reachable": False})), *others)
    await a_drawn_meeting(rt)
    rows = await invitations(rt)
    assert member.member_id not in {row.member_id for row in rows}
    assert rows[0].member_id is not None
    await deliver(MemberChanged(**(people[rows[0].member_id].model_dump() | {"reachable": False})))
    assert (await states(rt))["lapsed"] == 1
