"""After the answers: word to those who took part, erasure, and current state sent again."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from services.surveys.fieldwork import following_up
from services.surveys.fieldwork.closing import close_survey
from services.surveys.fieldwork.state import state_events
from services.surveys.sealing import keys_of
from services.surveys.tables import Draft, ErasedMember, Invitation, Member
from shared.events.registration import MemberChanged, MemberErased
from shared.events.results import FollowUpRecorded, ResultsPublished
from shared.events.surveys import (
    MemberDataErased,
    SurveyAnswered,
    SurveyClosed,
    SurveyFollowUpNoticeDue,
    SurveyInvitationIssued,
    SurveyOpened,
    SurveyResultsNoticeDue,
)
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.messaging import emit_state
from shared.service import Runtime
from shared.testing import Deliverer, dead_letters, outbox
from tests.members import joined, many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations


async def test_the_public_result_is_told_to_those_who_took_part_and_want_to_know(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    curious, silent = joined(rt.now()), joined(rt.now())
    private = joined(rt.now(), purposes=("surveys",))
    await deliver(curious, silent, private)
    survey = await plan()
    for row in await invitations(rt, survey.id):
        if row.member_id != silent.member_id:
            await answer(rt, row.id, {})
    publication = ResultsPublished(survey_id=survey.id, slug="klima-2027", published_at=rt.now())
    await deliver(publication)
    await deliver(publication)
    notices = await outbox(rt, SurveyResultsNoticeDue)
    assert [event.member_id for event in notices] == [curious.member_id]  # type: ignore[attr-defined]


def follow_up(rt: Runtime, about_id: UUID, about: str = "survey") -> FollowUpRecorded:
    """The municipality says what came of something."""
    return FollowUpRecorded(
        follow_up_id=new_id(),
        about=about,
        about_id=about_id,
        slug="klima-2027",
        done={"nb": "Vi satte opp to nye avganger."},
        done_on="2027-03-01",
        recorded_at=rt.now(),
    )


async def test_a_follow_up_is_told_once_to_those_who_took_part_and_want_to_know(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following_up, "BATCH", 2)
    curious, silent = many(rt.now(), 5), joined(rt.now())
    private, paused = joined(rt.now(), purposes=("surveys",)), joined(rt.now())
    await deliver(*curious, silent, private, paused)
    survey = await plan()
    for row in await invitations(rt, survey.id):
        if row.member_id != silent.member_id:
            await answer(rt, row.id, {})
    await deliver(MemberChanged(**(paused.model_dump() | {"status": "paused"})))
    first, second = follow_up(rt, survey.id), follow_up(rt, survey.id)
    await deliver(first, first)
    await deliver(follow_up(rt, survey.id), replay=True)
    await deliver(follow_up(rt, survey.id, about="meeting"))
    notices = await outbox(rt, SurveyFollowUpNoticeDue)
    assert {event.member_id for event in notices} == {member.member_id for member in curious}  # type: ignore[attr-defined]
    assert len({event.subject for event in notices}) == len(notices) == len(curious)
    await deliver(second)
    assert len(await outbox(rt, SurveyFollowUpNoticeDue)) == 2 * len(curious)
    # Notices have subjects of their own; an erasure finds them all the same.
    await deliver(MemberErased(member_id=curious[0].member_id, erased_at=rt.now()))
    again = await outbox(rt, SurveyFollowUpNoticeDue)
    assert len(again) == 2 * len(curious) - 2
    assert curious[0].member_id not in {event.member_id for event in again}  # type: ignore[attr-defined]


async def test_erasure_blanks_everything_about_the_person_and_says_so(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    member = joined(rt.now())
    await deliver(member, joined(rt.now()))
    survey = await plan()
    (own,) = [row for row in await invitations(rt, survey.id) if row.member_id == member.member_id]
    async with rt.transaction() as session:
        session.add(Draft(survey_id=own.survey_id, invitation_id=own.id, sealed=b"halvveis"))
    await deliver(MemberErased(member_id=member.member_id, erased_at=rt.now()))
    await deliver(member)
    async with rt.transaction() as session:
        assert await session.get(Member, member.member_id) is None
        assert await session.get(ErasedMember, member.member_id) is not None
        assert await session.get(Draft, (own.survey_id, own.id)) is None
        row = await session.get(Invitation, own.id)
        assert row is not None
        assert row.member_id is None
    mine = [event for event in await outbox(rt) if getattr(event, "member_id", None) == member.member_id]
    assert [type(event) for event in mine] == [MemberDataErased]
    assert await dead_letters(rt) == []


async def test_state_sent_again_holds_every_survey_that_opened_and_its_invitations(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(*many(rt.now(), 6))
    over = await plan()
    rows = await invitations(rt, over.id)
    for row in rows[:5]:
        await answer(rt, row.id, {})
    member_id = rows[0].member_id
    assert member_id is not None
    await deliver(MemberErased(member_id=member_id, erased_at=rt.now()))
    async with rt.transaction() as session:
        await close_survey(session, keys_of(rt.settings), over.id, rt.now())
    await plan()
    sent_before = await outbox(rt)
    async with rt.transaction() as session:
        assert await emit_state(session, state_events(session)) == 3 + 5 + 5
    again = (await outbox(rt))[len(sent_before) :]
    openings = [event for event in sent_before if isinstance(event, SurveyOpened)]
    assert [event for event in again if isinstance(event, SurveyOpened)] == openings
    assert [event for event in again if isinstance(event, SurveyClosed)] == [
        event for event in sent_before if isinstance(event, SurveyClosed)
    ]
    assert len([event for event in again if isinstance(event, SurveyAnswered)]) == 4
    assert len([event for event in again if isinstance(event, SurveyInvitationIssued)]) == 6
    assert member_id not in {getattr(event, "member_id", None) for event in again}


async def test_the_state_of_a_closed_survey_is_two_facts_in_the_order_they_happened(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    survey = await plan()
    async with rt.transaction() as session:
        await close_survey(session, keys_of(rt.settings), survey.id, rt.now())
    async with rt.transaction() as session:
        await emit_state(session, state_events(session))
        table = mechanism("surveys").outbox
        rows = await session.execute(
            sa.select(table.c.type, table.c.sequence).where(table.c.headers.has_key("ce_replay")).order_by(table.c.id)
        )
    assert [tuple(row) for row in rows] == [(SurveyOpened.type, 1), (SurveyClosed.type, 2)]


async def test_state_sent_again_to_us_invites_nobody(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    await plan()
    await deliver(joined(rt.now()), replay=True)
    assert await outbox(rt, SurveyInvitationIssued) == []
