"""Staff follow and close surveys; nobody else sees anything."""

import asyncio
import re
from datetime import date, datetime, timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.fieldwork.store import answers_per_day
from services.surveys.steering.domain import Deed
from services.surveys.tables import Invitation
from shared.events.surveys import ResponseSubmitted, SurveyClosed
from shared.mechanism import mechanism
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox, sign_in
from tests.members import many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, margins, threshold
from tests.surveys.office import a_plan, hidden, surveys


async def test_closing_by_hand_asks_once_and_a_double_click_closes_once(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    await deliver(*many(rt.now(), 8))
    survey = await plan()
    for row in (await invitations(rt, survey.id))[:6]:
        await answer(rt, row.id, {"reisemate": "gange"})
    path = f"/staff/surveys/{survey.id}/life/end"
    question = await editor.get(path)
    assert "6 av 8 har svart" in question.text
    assert await outbox(rt, SurveyClosed) == []
    clicks = await asyncio.gather(*(editor.post(path, data={"action": "release"}) for _ in range(2)))
    assert [click.status_code for click in clicks] == [303, 303]
    receipts = [
        (await editor.get(click.headers["location"])).text.count("Undersøkelsen er stengt for") for click in clicks
    ]
    assert sorted(receipts) == [0, 1], "the click that did it says so"
    assert len(await outbox(rt, SurveyClosed)) == 1
    assert len(await outbox(rt, ResponseSubmitted)) == 6
    for deed in Deed:
        assert 'data-color="success"' in (await editor.get(f"/staff/surveys/{survey.id}?saved={deed}")).text, deed
    page = await editor.get(f"/staff/surveys/{survey.id}")
    assert "6 svar er sendt videre" in page.text
    assert page.text.count("sendte svarene videre") == 1
    async with rt.transaction() as session:
        entry = mechanism("surveys").audit_entry
        details = list(await session.scalars(sa.select(entry.c.detail)))
    assert details == [{"answered": 6, "released": 6}]


async def test_a_plan_can_be_cancelled_before_it_opens(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    announced, reached = threshold(200)
    await deliver(announced)
    survey = await plan(size=200)
    path = f"/staff/surveys/{survey.id}/cancel"
    question = await editor.get(path)
    assert "Ingen er invitert" in question.text
    await editor.post(path, data=hidden(question.text))
    await deliver(reached)
    await open_due_surveys(rt)
    assert [survey.state for survey in await surveys(rt)] == ["cancelled"]
    assert "Skulle åpne når panelet når 200 medlemmer" in (await editor.get(f"/staff/surveys/{survey.id}")).text


async def test_the_list_and_the_card_say_how_it_goes(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    empty = await editor.get("/staff/surveys/card")
    assert "Planlegg den første" in empty.text
    assert "Ingen undersøkelser er planlagt ennå" in (await editor.get("/staff/surveys")).text
    await deliver(*many(rt.now(), 4))
    survey = await plan()
    await answer(rt, (await invitations(rt, survey.id))[0].id, {})
    assert "1 av 4 har svart" in (await editor.get("/staff/surveys/card")).text
    assert "1 (25" in (await editor.get("/staff/surveys")).text


async def test_a_survey_nobody_answered_waits_for_answers_only_while_it_is_open(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    await deliver(*many(rt.now(), 8))
    path = f"/staff/surveys/{(await plan()).id}"
    assert "Når de første gjør det, kommer kurven her." in (await editor.get(path)).text
    await editor.post(f"{path}/life/end", data={"action": "end"})
    assert "Ingen svarte." in (await editor.get(path)).text


@pytest.mark.parametrize("path", ["/staff/surveys", "/staff/surveys/card", "/staff/surveys/plan"])
async def test_nobody_without_a_session_sees_anything(rt: Runtime, path: str) -> None:
    async with browser(rt) as client:
        answer_ = await client.get(path)
    assert answer_.status_code == 303
    assert answer_.headers["location"].startswith("/staff/login")


async def test_readers_look_and_change_nothing(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    survey = await plan()
    async with browser(rt) as client:
        sign_in(rt, client, "reader")
        page = await client.get(f"/staff/surveys/{survey.id}")
        assert page.status_code == 200
        assert "Steng undersøkelsen" not in page.text
        assert (await client.get("/staff/surveys/plan")).status_code == 403
        assert (await client.post("/staff/surveys/plan", data=a_plan(rt))).status_code == 403
        close = await client.post(f"/staff/surveys/{survey.id}/life/end", data={"action": "release"})
        assert close.status_code == 403
    assert [survey.state for survey in await surveys(rt)] == ["open"]


async def test_an_unknown_survey_is_a_page_that_says_so(editor: httpx.AsyncClient) -> None:
    unknown = UUID(int=1)
    assert (await editor.get(f"/staff/surveys/{unknown}")).status_code == 404
    assert (await editor.post(f"/staff/surveys/{unknown}/life/end", data={"action": "end"})).status_code == 404


async def test_the_survey_page_says_who_has_answered_never_what(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 12))
    survey = await plan()
    for row in (await invitations(rt, survey.id))[:3]:
        await answer(rt, row.id, {"ett_ord": "hemmelig"})
    page = (await editor.get(f"/staff/surveys/{survey.id}")).text
    assert "3 av 12 har svart" in page
    assert "6 svar, 50 prosent av de inviterte" in page
    assert "Mål: 6</text>" in page
    assert "<td>45 år og eldre</td>" in page
    assert page.count("<td>25–44 år</td>") == 2
    assert "hemmelig" not in page


async def test_an_answer_counts_on_the_installations_day(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    await deliver(*many(rt.now(), 1))
    survey = await plan()
    async with rt.transaction() as session:
        late = datetime.fromisoformat("2027-03-01T23:30:00+00:00")
        await session.execute(sa.update(Invitation).values(answered_at=late))
        days = await answers_per_day(session, [survey.id], rt.settings.zone.key)
    assert days == {survey.id: {date(2027, 3, 2): 1}}


async def test_the_card_says_what_needs_somebody(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    await deliver(*threshold(200))
    assert "Panelet har nådd 200 medlemmer" in (await editor.get("/staff/surveys/card")).text
    await deliver(*many(rt.now(), 10))
    await plan(days=3)
    card = (await editor.get("/staff/surveys/card")).text
    assert "Panelet har nådd" not in card
    assert "data-todo-item" not in card
    move(rt, timedelta(days=2))
    card = (await editor.get("/staff/surveys/card")).text
    assert card.count("data-todo-item") == 1
    button = r'data-on="[^"]+".*Siste dag er .*<a class="ds-button"[^>]*>Se hva du kan gjøre<'
    assert re.search(button, card), "by when, and where to go"
    assert "og bare 0\u00a0% har svart. Målet er 50 prosent." in card


async def test_the_list_is_filtered_ordered_and_exported_from_its_address(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    announced, _ = threshold(500)
    await deliver(announced, *many(rt.now(), 4))
    open_now, later = await plan(), await plan(size=500)
    page = (await editor.get("/staff/surveys?state=planned&order=closing")).text
    assert f"/staff/surveys/{later.id}" in page
    assert f"/staff/surveys/{open_now.id}" not in page
    assert 'href="/staff/surveys?state=planned&amp;order=closing&amp;form=csv"' in page
    assert "Ingen undersøkelser passer" in (await editor.get("/staff/surveys?state=closed")).text
    assert "2 undersøkelser" in (await editor.get("/staff/surveys?state=x&order=y&page=-1")).text
    assert "Ingen undersøkelser passer" in (await editor.get("/staff/surveys?page=7")).text
    csv = await editor.get("/staff/surveys?form=csv&order=oldest")
    lines = csv.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Tema;Status;Åpnet;Stenger;Invitert;Svart")
    assert [line.split(";")[1] for line in lines[1:]] == ["Åpen", "Planlagt"]
    assert (await editor.get("/staff/surveys?form=xlsx")).content.startswith(b"PK")
    assert "2 undersøkelser" in (await editor.get("/staff/surveys?form=pdf")).text
    async with rt.transaction() as session:
        entry = mechanism("surveys").audit_entry
        exports = await session.scalars(sa.select(entry.c.detail).where(entry.c.action == "surveys.list.exported"))
    assert [detail["form"] for detail in exports] == ["csv", "xlsx"]
