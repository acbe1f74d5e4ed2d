"""A survey is sent to a few first; staff let it go to all, or stop it."""

from datetime import timedelta

import httpx
import sqlalchemy as sa

from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.steering.domain import Deed
from services.surveys.steering.steering import steer
from services.surveys.tables import Survey
from shared.events.surveys import SurveyInvitationIssued
from shared.service import Runtime
from shared.testing import Deliverer, outbox
from tests.members import joined, many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import invitations, threshold
from tests.surveys.office import a_plan, hidden, surveys


async def soft(rt: Runtime, deliver: Deliverer, plan: PlanSurvey, size: int) -> Survey:
    """A survey that has been sent to ``size`` first."""
    announced, reached = threshold(200)
    await deliver(announced)
    survey = await plan(size=200)
    async with rt.transaction() as session:
        await session.execute(sa.update(Survey).values(soft_size=size))
    await deliver(reached)
    await open_due_surveys(rt)
    return survey


async def test_the_first_few_are_drawn_and_the_others_come_when_staff_say_so(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(*many(rt.now(), 20), joined(rt.now(), status="paused"))
    survey = await soft(rt, deliver, plan, 6)
    first = {row.member_id for row in await invitations(rt, survey.id)}
    assert len(first) == 6
    # Whoever joined before the opening and is told of late waits too.
    late = joined(rt.now(), joined_at=rt.now() - timedelta(days=1))
    await deliver(late)
    await open_due_surveys(rt)
    assert len(await invitations(rt, survey.id)) == 6
    async with rt.transaction() as session:
        assert await steer(session, survey.id, Deed.TO_ALL, rt.now())
    async with rt.transaction() as session:
        assert await steer(session, survey.id, Deed.TO_ALL, rt.now()) is None
    await open_due_surveys(rt)
    assert len(await invitations(rt, survey.id)) == 21
    assert len(await outbox(rt, SurveyInvitationIssued)) == 21


async def test_more_than_there_are_is_everybody_there_is(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    await deliver(*many(rt.now(), 3))
    survey = await soft(rt, deliver, plan, 50)
    assert len(await invitations(rt, survey.id)) == 3


async def test_who_comes_first_is_chance(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    members = many(rt.now(), 40)
    await deliver(*members)
    survey = await soft(rt, deliver, plan, 20)
    first = {row.member_id for row in await invitations(rt, survey.id)}
    # The twenty smallest or largest ids, or the first or last to join, would be no draw: 1 in 10^11 by chance.
    ordered = sorted(member.member_id for member in members)
    assert first not in ({*ordered[:20]}, {*ordered[20:]}, {person.member_id for person in members[:20]})


async def test_a_soft_launch_can_be_stopped_and_the_rest_are_never_asked(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(*many(rt.now(), 20))
    survey = await soft(rt, deliver, plan, 6)
    for deed in (Deed.PAUSE, Deed.GO_ON, Deed.END):
        async with rt.transaction() as session:
            assert await steer(session, survey.id, deed, rt.now())
        await open_due_surveys(rt)
    assert len(await invitations(rt, survey.id)) == 6
    (ended,) = await surveys(rt)
    assert ended.state == "ended"


async def test_staff_see_that_it_is_tried_out_and_let_it_go_to_all(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(*many(rt.now(), 12))
    preview = await editor.post("/staff/surveys/plan", data=a_plan(rt, soft_size="5"))
    assert "Prøves ut først" in preview.text
    await editor.post("/staff/surveys/plan", data=hidden(preview.text))
    await open_due_surveys(rt)
    (survey,) = await surveys(rt)
    page = (await editor.get(f"/staff/surveys/{survey.id}")).text
    assert "sendt til 5 tilfeldig valgte" in page
    # The others are not fewer: their turn comes.
    assert "noen har blitt med, gått ut" not in page
    assert "Prøves ut" in (await editor.get("/staff/surveys")).text
    assert "sendt til de første 5" in (await editor.get("/staff/surveys/card")).text
    assert "de 5 første får ikke en ny" in (await editor.get(f"/staff/surveys/{survey.id}/life/to_all")).text.lower()
    await editor.post(f"/staff/surveys/{survey.id}/life/to_all")
    await open_due_surveys(rt)
    assert len(await invitations(rt, survey.id)) == 12
    assert "slapp undersøkelsen til alle" in (await editor.get(f"/staff/surveys/{survey.id}")).text
