"""Staff pause, extend, close and reopen a survey; the survey's state decides what a link opens."""

import asyncio
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from services.surveys.fieldwork.closing import close_due_surveys, destroy_keys
from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.fieldwork.state import state_events
from services.surveys.reminding.reminding import remind_due
from services.surveys.sealing import keys_of
from services.surveys.steering.domain import Deed
from services.surveys.steering.steering import steer
from services.surveys.tables import Draft, Invitation, Survey
from shared.events.surveys import ResponseSubmitted, SurveyChanged, SurveyClosed, SurveyOpened, SurveyReminderDue
from shared.messaging import emit_state
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox
from tests.members import joined, many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, margins
from tests.surveys.office import surveys
from tests.surveys.resident import PAGES, count, enter, post


async def do(rt: Runtime, deed: Deed, days: int | None = None) -> bool:
    """The deed to the one survey there is; ``days`` from now is the new last instant."""
    (survey,) = await surveys(rt)
    async with rt.transaction() as session:
        closes_at = None if days is None else rt.now() + timedelta(days=days)
        return await steer(session, survey.id, deed, rt.now(), closes_at) is not None


async def test_a_pause_takes_no_answers_and_loses_nothing(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        await post(client, invitation, 1, **PAGES[0])
        await do(rt, Deed.PAUSE)
        for page in (f"/surveys/answer?id={invitation.id}", f"/surveys/answer/2?id={invitation.id}"):
            page_shown = await client.get(page)
            assert page_shown.status_code == 409
            assert "satt på pause" in page_shown.text
        answer_page = await post(client, invitation, 3, ett_ord="Skrevet i pausen", texts="ett_ord forslag")
        assert answer_page.status_code == 409
        assert "Skrevet i pausen" in answer_page.text
        await do(rt, Deed.GO_ON)
        on = await client.get(f"/surveys/answer?id={invitation.id}")
        assert "Fortsett der du slapp" in on.text
    states = [event.state for event in await outbox(rt, SurveyChanged)]  # type: ignore[attr-defined]
    assert states == ["paused", "open"]


async def test_an_extended_survey_opens_to_the_links_that_were_sent_before(rt: Runtime, invitation: Invitation) -> None:
    token = rt.links.make("survey", invitation.id, invitation.generation, rt.now() + timedelta(days=14))
    await do(rt, Deed.EXTEND, days=30)
    move(rt, timedelta(days=20))
    await close_due_surveys(rt)
    async with browser(rt) as client:
        start = await client.get(f"/surveys/answer/{token}", follow_redirects=True)
        assert "Start" in start.text
        for number, values in enumerate(PAGES, start=1):
            last = await post(client, invitation, number, **values)
        assert last.headers["location"].startswith("/surveys/thanks")


async def test_an_ended_survey_opens_again_within_a_day_with_all_that_was_given(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(margins(), *many(rt.now(), 8))
    survey = await plan()
    rows = await invitations(rt, survey.id)
    for row in rows[:5]:
        await answer(rt, row.id, {"reisemate": "gange"})
    async with browser(rt) as client:
        await enter(client, rt, rows[6])
        await post(client, rows[6], 1, **PAGES[0])
        assert await do(rt, Deed.END)
        page = await client.get(f"/surveys/answer?id={rows[6].id}")
        assert (page.status_code, "Undersøkelsen er stengt" in page.text) == (410, True)
        move(rt, timedelta(hours=23))
        await close_due_surveys(rt)
        await destroy_keys(rt)
        assert await outbox(rt, SurveyClosed, ResponseSubmitted) == []
        # One half-finished answer, and for five people which answer is theirs, since they may change it again.
        assert await count(rt, Draft) == 6
        assert await do(rt, Deed.REOPEN, days=3)
        # Hours have passed, and perhaps the cookie's life: the link opens a new one.
        await enter_again(client, rt, rows[6])
    assert await answer(rt, rows[5].id, {"reisemate": "sykkel"})
    move(rt, timedelta(days=4, seconds=1))
    await close_due_surveys(rt)
    (closing,) = await outbox(rt, SurveyClosed)
    assert (closing.answered, closing.released) == (6, 6)  # type: ignore[attr-defined]
    assert len(await outbox(rt, ResponseSubmitted)) == 6


async def enter_again(client: httpx.AsyncClient, rt: Runtime, invitation: Invitation) -> None:
    token = rt.links.make("survey", invitation.id, invitation.generation, rt.now())
    start = await client.get(f"/surveys/answer/{token}", follow_redirects=True)
    assert "Fortsett der du slapp" in start.text


async def test_a_day_after_its_end_the_answers_leave_the_key_goes_and_nothing_opens_it_again(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    await deliver(*many(rt.now(), 6))
    survey = await plan()
    for row in await invitations(rt, survey.id):
        await answer(rt, row.id, {"reisemate": "gange"})
    await do(rt, Deed.END)
    page = (await editor.get(f"/staff/surveys/{survey.id}")).text
    assert "til da kan undersøkelsen åpnes igjen" in page
    assert "Åpne igjen" in page
    move(rt, timedelta(days=1, seconds=1))
    await asyncio.gather(close_due_surveys(rt), close_due_surveys(rt))
    await destroy_keys(rt)
    assert keys_of(rt.settings).surveys() == []
    assert len(await outbox(rt, SurveyClosed)) == 1
    assert not await do(rt, Deed.REOPEN, days=3)
    page = (await editor.get(f"/staff/surveys/{survey.id}")).text
    assert "kan ikke åpnes igjen" in page
    assert "Åpne igjen" not in page


async def test_a_paused_survey_ends_by_plan_and_reminds_nobody(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(*many(rt.now(), 6))
    await plan()
    await do(rt, Deed.PAUSE)
    move(rt, timedelta(days=8))
    await remind_due(rt)
    assert await outbox(rt, SurveyReminderDue) == []
    move(rt, timedelta(days=6, seconds=1))
    await close_due_surveys(rt)
    (survey,) = await surveys(rt)
    assert survey.state == "ended"


async def test_who_joins_during_a_pause_is_invited_where_the_survey_says_so(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    survey = await plan()
    async with rt.transaction() as session:
        await session.execute(sa.update(Survey).values(invites_new=True))
    await do(rt, Deed.PAUSE)
    await deliver(joined(rt.now(), joined_at=rt.now()))
    await do(rt, Deed.END)
    await deliver(joined(rt.now(), joined_at=rt.now()))
    assert len(await invitations(rt, survey.id)) == 1
    await do(rt, Deed.REOPEN, days=3)
    await open_due_surveys(rt)
    assert len(await invitations(rt, survey.id)) == 2


async def test_state_sent_again_tells_of_a_survey_that_was_changed(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await plan()
    for deed in (Deed.PAUSE, Deed.GO_ON, Deed.END):
        await do(rt, deed)
    async with rt.transaction() as session:
        await emit_state(session, state_events(session))
    events = await outbox(rt, SurveyOpened, SurveyChanged)
    assert [type(event).__name__ for event in events[-2:]] == ["SurveyOpened", "SurveyChanged"]
    assert events[-1] == events[-3]


async def test_staff_are_asked_once_and_the_trail_says_who_did_what(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    await deliver(*many(rt.now(), 6))
    survey = await plan()
    base = f"/staff/surveys/{survey.id}"
    day = (rt.today() + timedelta(days=20)).isoformat()
    for deed, form in (
        ("pause", {}),
        ("go_on", {}),
        ("extend", {"closes_on": day}),
        ("end", {"action": "end"}),
        ("reopen", {"closes_on": day}),
    ):
        assert f"{base}/life/{deed}" in (await editor.get(base)).text
        assert (await editor.get(f"{base}/life/{deed}")).status_code == 200
        clicks = [await editor.post(f"{base}/life/{deed}", data=form) for _ in range(2)]
        assert clicks[0].status_code == 303, deed
    page = (await editor.get(base)).text
    trail = ("satte undersøkelsen på pause", "lot undersøkelsen fortsette", "forlenget undersøkelsen")
    for words in (*trail, "stengte undersøkelsen", "åpnet undersøkelsen igjen"):
        assert page.count(words) == 1, words


@pytest.mark.parametrize("day", ["", "2020-01-01", "tull", "2099-01-01"])
async def test_a_day_that_cannot_be_the_last_is_refused_in_words(
    plan: PlanSurvey, editor: httpx.AsyncClient, rt: Runtime, day: str
) -> None:
    survey = await plan()
    page = await editor.post(f"/staff/surveys/{survey.id}/life/extend", data={"closes_on": day})
    assert page.status_code == 422
    assert "panel-errors" in page.text
    assert await outbox(rt, SurveyChanged) == []


async def test_what_is_no_deed_or_cannot_be_done_changes_nothing(
    rt: Runtime, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    survey = await plan()
    assert (await editor.post(f"/staff/surveys/{survey.id}/life/burn")).status_code == 404
    assert (await editor.post(f"/staff/surveys/{survey.id}/life/reopen", data={"closes_on": "2099-01-01"})).is_redirect
    assert await outbox(rt, SurveyChanged) == []


async def test_a_link_that_comes_before_the_opening_says_so(rt: Runtime, invitation: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        async with rt.transaction() as session:
            await session.execute(sa.update(Survey).values(state="planned"))
        early = await client.get(f"/surveys/answer?id={invitation.id}")
    assert (early.status_code, "har ikke åpnet ennå" in early.text) == (409, True)
