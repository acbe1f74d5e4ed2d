"""Nobody gets more mails that ask than the cap, whichever service sends them; the rule and its SQL say the same."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import httpx
import sqlalchemy as sa

from services.surveys.audience.contacts import at_the_cap, forget_mails
from services.surveys.audience.tables import AskedToMeeting
from services.surveys.reminding.reminding import remind_due
from services.surveys.tables import Invitation
from shared.contact_cap import QUARTER, may_be_asked
from shared.events.meetings import MeetingCallIssued, MeetingInvitationAnswered, MeetingInvitationIssued
from shared.events.registration import MemberErased, MemberLeft
from shared.events.surveys import SurveyInvitationIssued, SurveyReminderDue
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, move, outbox
from tests.members import joined, many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, margins, move_to_work


def asked_to_meeting(member_id: UUID, *at: datetime) -> MeetingInvitationIssued:
    """A meeting asked the member."""
    later = at[-1] + timedelta(days=7)
    return MeetingInvitationIssued(
        invitation_id=new_id(), meeting_id=new_id(), member_id=member_id, generation=1, reply_by=later,
        link_expires_at=later, send_before=later, asked_at=at,
    )  # fmt: skip


def called(member_id: UUID, at: datetime) -> MeetingCallIssued:
    """A meeting's call asked the member."""
    later = at + timedelta(days=7)
    return MeetingCallIssued(
        invitation_id=new_id(), meeting_id=new_id(), member_id=member_id, generation=1, link_expires_at=later,
        send_before=later, asked_at=(at,),
    )  # fmt: skip


async def full(rt: Runtime, cap: int) -> set[UUID]:
    """Members at the cap now."""
    async with rt.transaction() as session:
        return set(await session.scalars(at_the_cap(rt.now(), cap)))


async def test_the_rule_and_its_sql_find_the_same_members(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    random = Random(14)
    people = many(rt.now(), 12)
    await deliver(margins(), *people)
    mails_of: Counter[UUID] = Counter()
    for _ in range(4):
        survey = await plan(days=200)
        mine = await invitations(rt, survey.id)
        mails_of.update(row.member_id for row in mine if row.member_id)
    now = rt.now()
    for person in people:
        times = [now - timedelta(days=random.choice((0, 30, 90, 91, 92, 200))) for _ in range(random.randrange(4))]
        if times:
            await deliver(asked_to_meeting(person.member_id, *times))
            mails_of[person.member_id] += sum(at > now - QUARTER for at in times)
    for cap in range(3, 9):
        assert await full(rt, cap) == {
            member_id for member_id, mails in mails_of.items() if not may_be_asked(mails, cap)
        }
    assert await full(rt, 5)
    assert len(await full(rt, 5)) < len(people)


async def test_who_is_at_the_cap_gets_neither_invitation_nor_reminder_and_staff_see_how_many_did(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    rt.profile = rt.profile.with_choices({"contact_cap": 3})
    busy, free, half = joined(rt.now()), joined(rt.now()), joined(rt.now())
    await deliver(margins(), busy, free, half)
    await deliver(
        *(asked_to_meeting(busy.member_id, rt.now()) for _ in range(3)),
        *(called(half.member_id, rt.now()) for _ in range(2)),
    )
    survey = await plan()
    assert {row.member_id for row in await invitations(rt, survey.id)} == {free.member_id, half.member_id}
    move_to_work(rt, timedelta(days=8))
    await remind_due(rt)
    (event,) = await outbox(rt, SurveyReminderDue)
    assert isinstance(event, SurveyReminderDue)
    assert event.member_id == free.member_id
    assert len(event.asked_at) == 2, "invitation and reminder are two mails"
    page = (await editor.get(f"/staff/surveys/{survey.id}")).text
    assert "<dt>Har fått påminnelse</dt><dd>1. De som har fått nok e-poster, får ingen</dd>" in page
    move(rt, timedelta(days=84))
    assert await full(rt, 1) == {free.member_id}, "a quarter after the invitations only the reminder counts"


async def test_the_times_of_the_mails_go_out_with_every_fact_about_the_invitation(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(margins(), joined(rt.now()))
    survey = await plan()
    (row,) = await invitations(rt, survey.id)
    (issued,) = await outbox(rt, SurveyInvitationIssued)
    assert isinstance(issued, SurveyInvitationIssued)
    assert issued.asked_at == (row.invited_at,) == tuple(row.asked_at)
    assert await answer(rt, row.id, {"reisemate": "gange"})


async def test_a_meetings_mail_is_kept_once_whatever_comes_of_it_and_for_a_quarter(
    rt: Runtime, deliver: Deliverer
) -> None:
    person = joined(rt.now())
    issued = asked_to_meeting(person.member_id, rt.now())
    reply = MeetingInvitationAnswered(
        invitation_id=issued.invitation_id, meeting_id=issued.meeting_id, member_id=person.member_id, reply="declined",
        answered_at=rt.now(), generation=1, link_expires_at=rt.now(), send_before=rt.now(), asked_at=issued.asked_at,
    )  # fmt: skip
    unsaid = asked_to_meeting(person.member_id, rt.now()).model_copy(update={"asked_at": ()})
    await deliver(person, issued, reply, unsaid)
    assert await full(rt, 2) == {person.member_id}, "an older release says no time: it is the event's own"
    assert await full(rt, 3) == set()
    await forget_mails(rt)
    assert await kept(rt) == 2
    move(rt, QUARTER + timedelta(hours=1))
    await forget_mails(rt)
    assert await kept(rt) == 0


async def kept(rt: Runtime) -> int:
    """Copies of meetings' mails."""
    async with rt.transaction() as session:
        return await session.scalar(sa.select(sa.func.count()).select_from(AskedToMeeting)) or 0


async def test_an_erased_member_leaves_no_mail_and_none_comes_back(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    person, other = joined(rt.now()), joined(rt.now())
    await deliver(margins(), person, other, asked_to_meeting(person.member_id, rt.now()))
    await plan()
    id_, now = person.member_id, rt.now()
    await deliver(MemberLeft(member_id=id_, left_at=now), MemberErased(member_id=id_, erased_at=now))
    await deliver(asked_to_meeting(id_, now))
    assert await kept(rt) == 0
    assert await full(rt, 1) == {other.member_id}
    async with rt.transaction() as session:
        assert id_ not in set(await session.scalars(sa.select(Invitation.member_id)))
