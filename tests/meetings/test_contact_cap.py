"""A member who got as many mails that ask as the cap allows is in no pool and takes no free seat."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from services.meetings.contacts import at_the_cap, forget_mails
from services.meetings.seats.answering import Reply
from services.meetings.tables import AskedInSurvey
from shared.contact_cap import QUARTER
from shared.events.registration import MemberErased, MemberLeft
from shared.events.surveys import SurveyAnswered, SurveyInvitationIssued, SurveyReminderDue
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, move
from tests.meetings.given import a_committed_draw, a_drawn_meeting, a_meeting, invitations, reply, run_jobs
from tests.members import many, margins


def asked_in_surveys(rt: Runtime, member_id: UUID, mails: int) -> list[SurveyInvitationIssued]:
    """So many surveys asked the member now."""
    later = rt.now() + timedelta(days=14)
    return [
        SurveyInvitationIssued(
            invitation_id=new_id(), survey_id=new_id(), member_id=member_id, generation=1, link_expires_at=later,
            send_before=later, asked_at=(rt.now(),),
        )
        for _ in range(mails)
    ]  # fmt: skip


async def full(rt: Runtime, cap: int) -> set[UUID]:
    """Members at the cap now."""
    async with rt.transaction() as session:
        return set(await session.scalars(at_the_cap(rt.now(), cap)))


async def test_mails_of_both_services_count_together_in_the_pool(rt: Runtime, deliver: Deliverer) -> None:
    rt.profile = rt.profile.with_choices({"contact_cap": 3})
    people = many(rt.now(), 12)
    await deliver(margins(), *people)
    await a_drawn_meeting(rt, seats=4)
    guests = [row.member_id for row in await invitations(rt) if row.member_id]
    both = guests[0]
    only_surveys = next(person.member_id for person in people if person.member_id not in guests)
    await deliver(*asked_in_surveys(rt, both, 2), *asked_in_surveys(rt, guests[1], 1))
    await deliver(*asked_in_surveys(rt, only_surveys, 3))
    assert await full(rt, 3) == {both, only_surveys}
    draw = await a_committed_draw(rt, await a_meeting(rt))
    assert draw.left_out == {"capped": 2}
    move(rt, QUARTER + timedelta(hours=1))
    assert await full(rt, 1) == set()


async def test_a_free_seat_goes_to_nobody_at_the_cap(rt: Runtime, deliver: Deliverer) -> None:
    people = many(rt.now(), 4)
    await deliver(margins(), *people)
    await a_drawn_meeting(rt, seats=2)
    rows = await invitations(rt)
    others = [person.member_id for person in people if person.member_id not in {row.member_id for row in rows}]
    cap = rt.profile.contact_cap
    await deliver(*(event for member_id in others for event in asked_in_surveys(rt, member_id, cap)))
    await reply(rt, rows[0], Reply.NO)
    await run_jobs(rt)
    assert len(await invitations(rt)) == 2, "both who wait have had enough"
    rt.profile = rt.profile.with_choices({"contact_cap": cap + 1})
    await run_jobs(rt)
    assert {row.member_id for row in await invitations(rt)} & set(others)


async def test_an_invitation_its_reminder_and_its_answer_are_two_mails(rt: Runtime, deliver: Deliverer) -> None:
    (person,) = many(rt.now(), 1)
    (issued,) = asked_in_surveys(rt, person.member_id, 1)
    both = (*issued.asked_at, rt.now() + timedelta(days=7))
    ids = {"invitation_id": issued.invitation_id, "survey_id": issued.survey_id, "member_id": person.member_id}
    later = issued.send_before
    reminded = SurveyReminderDue(
        **ids, generation=1, reminder=1, link_expires_at=later, send_before=later, asked_at=both
    )
    await deliver(person, issued, reminded, SurveyAnswered(**ids, answered_at=later, asked_at=both))
    assert await full(rt, 2) == {person.member_id}
    assert await full(rt, 3) == set()


async def test_an_erased_member_leaves_no_mail_and_what_no_longer_counts_goes(rt: Runtime, deliver: Deliverer) -> None:
    person, other = many(rt.now(), 2)
    id_, now = person.member_id, rt.now()
    await deliver(person, other, *asked_in_surveys(rt, id_, 2), *asked_in_surveys(rt, other.member_id, 1))
    await deliver(MemberLeft(member_id=id_, left_at=now), MemberErased(member_id=id_, erased_at=now))
    await deliver(*asked_in_surveys(rt, id_, 1))
    async with rt.transaction() as session:
        assert set(await session.scalars(sa.select(AskedInSurvey.member_id))) == {other.member_id}
    move(rt, QUARTER + timedelta(hours=1))
    await forget_mails(rt)
    async with rt.transaction() as session:
        assert (await session.scalars(sa.select(AskedInSurvey.member_id))).all() == []
