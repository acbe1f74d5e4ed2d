"""What waits for what: each of these fails without its lock, whatever the machine does first."""

import asyncio

import httpx
import sqlalchemy as sa

from services.surveys.answering.store import Refusal, hold, submit
from services.surveys.copying import project_members
from services.surveys.fieldwork.closing import close_survey
from services.surveys.locks import wait_for_openings
from services.surveys.sealing import keys_of
from services.surveys.tables import Invitation, Response
from shared.events.surveys import SurveyClosed
from shared.ids import new_id
from shared.messaging import Delivery
from shared.service import Runtime
from shared.testing import Deliverer, outbox
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, joined, many
from tests.surveys.office import a_plan, hidden
from tests.waiting import waits


async def test_who_joins_while_a_survey_opens_is_invited(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    await deliver(*many(rt.now(), 3))
    late = joined(rt.now())
    delivery = Delivery(rt.now(), rt.settings, new_id(), 1, False, None)
    async with rt.transaction() as session:
        # This member found no open survey, and the opening does not see the member either.
        await project_members(session, [late], [delivery])
        opening = asyncio.ensure_future(plan())
        assert await waits(rt, opening)
    survey = await opening
    assert late.member_id in {row.member_id for row in await invitations(rt, survey.id)}


async def test_staff_who_open_a_survey_now_wait_for_who_is_joining(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    """Or more people would be asked than staff have just confirmed."""
    await deliver(*many(rt.now(), 3))
    fields = hidden((await editor.post("/staff/surveys/plan", data=a_plan(rt))).text)
    async with rt.transaction() as session:
        await wait_for_openings(session)
        confirming = asyncio.ensure_future(editor.post("/staff/surveys/plan", data=fields))
        assert await waits(rt, confirming)
    assert (await confirming).status_code == 303


async def test_a_closing_waits_for_the_answer_that_is_being_sent_in(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(*many(rt.now(), 6))
    survey = await plan()
    last, *others = await invitations(rt, survey.id)
    for row in others:
        assert await answer(rt, row.id, {"reisemate": "gange"})

    async def close() -> None:
        async with rt.transaction() as session:
            await close_survey(session, keys_of(rt.settings), survey.id, rt.now())

    async with rt.transaction() as session:
        opening = await hold(session, keys_of(rt.settings), last.id, 1, rt.now())
        assert not isinstance(opening, Refusal)
        closing = asyncio.create_task(close())
        assert await waits(rt, closing)
        await submit(session, opening, {"reisemate": "bil"}, rt.now())
    await closing
    (end,) = await outbox(rt, SurveyClosed)
    assert isinstance(end, SurveyClosed)
    assert (end.answered, end.released) == (6, 6)


async def test_an_answer_to_a_question_that_was_hidden_in_the_end_is_not_sent_in(
    rt: Runtime, invitation: Invitation
) -> None:
    assert await answer(rt, invitation.id, {"reisemate": "gange", "bilfri": "pris"})
    async with rt.transaction() as session:
        row = (await session.scalars(sa.select(Response))).one()
    answers = keys_of(rt.settings).seal(row.survey_id).open(row.id, row.sealed)["answers"]
    assert answers == {"reisemate": "gange"}
