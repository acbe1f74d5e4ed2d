"""Members, openings, invitations, reminders, closing and erasure on real Postgres."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from services.surveys.copying import MemberEvent, project_members
from services.surveys.fieldwork import inviting
from services.surveys.fieldwork.closing import close_due_surveys, close_survey
from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.reminding.reminding import remind_due
from services.surveys.sealing import keys_of
from services.surveys.tables import Member, Response, Survey
from shared.events.registration import MemberChanged, MemberErased, MemberLeft
from shared.events.surveys import (
    ResponseSubmitted,
    SurveyAnswered,
    SurveyClosed,
    SurveyInvitationIssued,
    SurveyOpened,
    SurveyReminderDue,
)
from shared.ids import new_id
from shared.messaging import Delivery
from shared.service import Runtime
from shared.testing import Deliverer, move, outbox
from tests.members import joined, many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, margins, move_to_work, threshold


async def test_opening_invites_every_active_member_who_consented(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    members = many(rt.now(), 7)
    others = [
        joined(rt.now(), status="paused"),
        joined(rt.now(), purposes=("results",)),
        joined(rt.now(), reachable=False),
    ]
    await deliver(margins(), *members, *others)
    survey = await plan()
    issued = await outbox(rt, SurveyInvitationIssued)
    assert {event.member_id for event in issued} == {member.member_id for member in members}  # type: ignore[attr-defined]
    (opening,) = await outbox(rt, SurveyOpened)
    assert opening.questionnaire == survey.questionnaire  # type: ignore[attr-defined]
    assert {row.band for row in await invitations(rt, survey.id)} == {"15-24", "25-44", "45-"}
    assert survey.state == "open"
    assert not survey.inviting


async def test_inviting_goes_on_after_a_crash_and_invites_nobody_twice(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inviting, "BATCH", 3)
    await deliver(*many(rt.now(), 8))
    survey = await plan()
    async with rt.transaction() as session:
        # As after a crash between two batches whose cursor was lost with a restored backup.
        await session.execute(sa.update(Survey).values(inviting=True, invite_after=None))
    await asyncio.gather(open_due_surveys(rt), open_due_surveys(rt))
    assert len(await invitations(rt, survey.id)) == 8
    assert len(await outbox(rt, SurveyInvitationIssued)) == 8
    assert len(await outbox(rt, SurveyOpened)) == 1


async def test_a_registration_delivered_twice_invites_once(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    survey = await plan()
    late = joined(rt.now())
    late = late.model_copy(update={"joined_at": survey.opened_at})
    (event_id,) = await deliver(late)
    await deliver(late, event_id=event_id, sequence=1)
    await deliver(late)
    assert len(await outbox(rt, SurveyInvitationIssued)) == 1


async def test_a_member_who_joined_after_the_opening_is_not_invited(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    survey = await plan()
    assert survey.opened_at is not None
    later = joined(rt.now(), joined_at=survey.opened_at + timedelta(seconds=1))
    await deliver(later)
    assert await invitations(rt, survey.id) == []


async def test_a_threshold_that_overtakes_the_last_members_invites_them_all(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    announced, reached = threshold(200)
    members = many(rt.now(), 6)
    await deliver(margins(), announced, *members[:4])
    survey = await plan(size=200)
    assert survey.state == "planned"
    await deliver(reached)
    await open_due_surveys(rt)
    await deliver(*members[4:])
    assert {row.member_id for row in await invitations(rt, survey.id)} == {member.member_id for member in members}


async def test_a_size_already_reached_opens_a_survey_planned_later(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    announced, reached = threshold(200)
    await deliver(reached, announced, joined(rt.now()))
    assert (await plan(size=200)).state == "open"
    assert (await plan(size=500)).state == "planned"


async def test_a_plan_whose_last_day_has_passed_never_opens(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    announced, reached = threshold(200)
    await deliver(announced)
    survey = await plan(size=200, days=1)
    move(rt, timedelta(days=2))
    await deliver(reached, joined(rt.now()))
    await open_due_surveys(rt)
    assert await invitations(rt, survey.id) == []


async def test_one_reminder_reaches_only_those_who_have_not_answered(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(*many(rt.now(), 6))
    survey = await plan()
    rows = await invitations(rt, survey.id)
    await answer(rt, rows[0].id, {"reisemate": "bil"})
    assert rows[1].member_id is not None
    await deliver(MemberLeft(member_id=rows[1].member_id, left_at=rt.now()))
    await remind_due(rt)
    assert await outbox(rt, SurveyReminderDue) == []
    move_to_work(rt, timedelta(days=8))
    await asyncio.gather(remind_due(rt), remind_due(rt))
    await remind_due(rt)
    reminded = [event.invitation_id for event in await outbox(rt, SurveyReminderDue)]  # type: ignore[attr-defined]
    assert sorted(reminded) == sorted(row.id for row in rows[2:])


async def test_closing_by_date_releases_every_answer_and_then_says_so(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    people = many(rt.now(), 20)
    await deliver(margins(), *(person.model_copy(update={"area": "nord"}) for person in people[:5]), *people[5:])
    survey = await plan()
    rows = await invitations(rt, survey.id)
    for place, row in enumerate(rows[:12]):
        await answer(rt, row.id, {"ett_ord": f"ord {place} 🌱"})
    move(rt, timedelta(days=15))
    assert not await answer(rt, rows[12].id, {"ett_ord": "for sent"})
    await asyncio.gather(close_due_surveys(rt), close_due_surveys(rt))
    events = await outbox(rt)
    responses = [event for event in events if isinstance(event, ResponseSubmitted)]
    assert sorted(event.answers["ett_ord"] for event in responses) == sorted(f"ord {n} 🌱" for n in range(12))
    closing = events[-1]
    assert isinstance(closing, SurveyClosed)
    assert (closing.invited, closing.answered, closing.released) == (20, 12, 12)
    assert sum(stratum.answered for stratum in closing.strata) == 12
    assert sum(stratum.invited for stratum in closing.strata if stratum.area == "nord") == 5
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Response)) == 0


async def test_under_five_answers_none_leaves(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    await deliver(*many(rt.now(), 6))
    survey = await plan()
    for row in (await invitations(rt, survey.id))[:4]:
        await answer(rt, row.id, {"reisemate": "gange"})
    async with rt.transaction() as session:
        await close_survey(session, keys_of(rt.settings), survey.id, rt.now())
    (closing,) = await outbox(rt, SurveyClosed)
    assert (closing.answered, closing.released) == (4, 0)  # type: ignore[attr-defined]
    assert await outbox(rt, ResponseSubmitted) == []
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Response)) == 0


async def test_a_release_that_dies_has_released_nothing_and_the_next_releases_all(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(*many(rt.now(), 6))
    survey = await plan()
    for row in await invitations(rt, survey.id):
        await answer(rt, row.id, {"reisemate": "gange"})

    async def die_in_the_middle() -> None:
        async with rt.transaction() as session:
            await close_survey(session, keys_of(rt.settings), survey.id, rt.now())
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await die_in_the_middle()
    assert await outbox(rt, ResponseSubmitted, SurveyClosed) == []
    async with rt.transaction() as session:
        assert await close_survey(session, keys_of(rt.settings), survey.id, rt.now()) is not None
    async with rt.transaction() as session:
        assert await close_survey(session, keys_of(rt.settings), survey.id, rt.now()) is None
    assert len(await outbox(rt, ResponseSubmitted)) == 6
    assert len(await outbox(rt, SurveyClosed)) == 1


async def test_answers_racing_with_closing_are_released_or_refused(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(*many(rt.now(), 40))
    survey = await plan()
    rows = await invitations(rt, survey.id)

    async def close_soon() -> None:
        async with rt.transaction() as session:
            await close_survey(session, keys_of(rt.settings), survey.id, rt.now())

    early = [await answer(rt, row.id, {"ett_ord": str(row.id)}) for row in rows[:5]]
    race = await asyncio.gather(
        *(answer(rt, row.id, {"ett_ord": str(row.id)}) for row in rows[5:22]),
        close_soon(),
        *(answer(rt, row.id, {"ett_ord": str(row.id)}) for row in rows[22:]),
    )
    total = sum(early) + sum(bool(result) for result in race)
    (closing,) = await outbox(rt, SurveyClosed)
    assert closing.answered == closing.released == total  # type: ignore[attr-defined]
    assert len(await outbox(rt, ResponseSubmitted)) == len(await outbox(rt, SurveyAnswered)) == total


async def test_a_batch_of_members_is_stored_in_the_order_of_its_events(rt: Runtime, plan: PlanSurvey) -> None:
    survey = await plan()
    stays, changes, leaves, forgotten, returns = many(rt.now(), 5)
    stays = stays.model_copy(update={"purposes": ("surveys",)})
    events: list[MemberEvent] = [
        stays,
        changes,
        leaves,
        MemberChanged(**(changes.model_dump() | {"purposes": (), "year_of_birth": 1950})),
        MemberLeft(member_id=leaves.member_id, left_at=rt.now()),
        forgotten,
        MemberErased(member_id=forgotten.member_id, erased_at=rt.now()),
        forgotten,
        returns,
    ]
    delivery = Delivery(
        now=rt.now(), settings=rt.settings, event_id=new_id(), sequence=1, replay=False, occurred_at=None
    )
    async with rt.transaction() as session:
        await project_members(session, events, [delivery] * len(events))
    async with rt.transaction() as session:
        members = {row.id: row for row in await session.scalars(sa.select(Member))}
    assert set(members) == {stays.member_id, changes.member_id, returns.member_id}
    assert members[stays.member_id].purposes == ["surveys"]
    assert (members[changes.member_id].purposes, members[changes.member_id].year_of_birth) == ([], 1950)
    invited_ids = {row.member_id for row in await invitations(rt, survey.id)}
    assert {stays.member_id, returns.member_id} <= invited_ids
    assert changes.member_id not in invited_ids
    assert forgotten.member_id not in invited_ids
