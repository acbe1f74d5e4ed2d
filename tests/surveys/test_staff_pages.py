"""Staff plan, follow and close surveys; nobody else sees anything."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from starlette.responses import Response as HttpResponse

from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.tables import Survey
from shared.events.surveys import ResponseSubmitted, SurveyClosed
from shared.ids import random_id
from shared.mechanism import mechanism
from shared.service import Runtime
from shared.testing import Deliverer, browser, outbox
from shared.web.staff import COOKIE, Staff, sign_in_staff
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, many, threshold


def sign_in(rt: Runtime, client: httpx.AsyncClient, *roles: str) -> None:
    """Give the client a staff session with these roles."""
    response = HttpResponse()
    sign_in_staff(response, rt.settings, Staff("kari", "Kari Editor", roles, random_id()))
    match = re.match(rf"{COOKIE}=([^;]+)", response.headers["set-cookie"])
    assert match is not None
    client.cookies.set(COOKIE, match[1], domain="panel.test")


@pytest_asyncio.fixture
async def editor(rt: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """A signed-in editor."""
    async with browser(rt) as client:
        sign_in(rt, client, "editor")
        yield client


def a_plan(rt: Runtime, **changes: str) -> dict[str, str]:
    """The form for opening the climate survey now."""
    today = rt.today()
    return {
        "questionnaire": "klima",
        "opens": "now",
        "opens_on": "",
        "threshold_size": "",
        "closes_on": (today + timedelta(days=14)).isoformat(),
        "reminder_on": (today + timedelta(days=7)).isoformat(),
    } | changes


async def surveys(rt: Runtime) -> list[Survey]:
    """Every stored survey."""
    async with rt.transaction() as session:
        return list(await session.scalars(sa.select(Survey)))


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))


async def test_a_plan_shows_who_and_how_many_before_it_is_stored_once(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    announced, reached = threshold(200)
    await deliver(announced, *many(rt.now(), 9))
    form = await editor.get("/staff/surveys/plan")
    assert "200 medlemmer" in form.text
    preview = await editor.post("/staff/surveys/plan", data=a_plan(rt, opens="threshold", threshold_size="200"))
    assert preview.status_code == 200
    assert "<strong>9</strong>" in preview.text
    assert "Klima og hverdagen i kommunen" in preview.text
    assert await surveys(rt) == []
    fields = hidden(preview.text)
    answers = [await editor.post("/staff/surveys/plan", data=fields) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    (survey,) = await surveys(rt)
    assert answers[0].headers["location"] == answers[1].headers["location"] == f"/staff/surveys/{survey.id}"
    page = await editor.get(f"/staff/surveys/{survey.id}")
    assert "Åpner når panelet når 200 medlemmer" in page.text
    assert page.text.count("planla undersøkelsen") == 1
    await deliver(reached)
    await open_due_surveys(rt)
    assert len(await invitations(rt, survey.id)) == 9
    page = await editor.get(f"/staff/surveys/{survey.id}")
    assert "0 av 9 har svart" in page.text


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("questionnaire", "no_such", "Velg hva undersøkelsen handler om."),
        ("opens", "", "Velg når undersøkelsen skal åpne."),
        ("closes_on", "31.02.2027", "Skriv siste dag for å svare"),
        ("closes_on", "2020-01-01", "Siste dag for å svare kan ikke være før"),
        ("reminder_on", "2020-01-01", "Påminnelsen må gå etter"),
        ("reminder_on", "x" * 5000, "Skriv dagen for påminnelse"),
        ("questionnaire", "klima\u202e", "Teksten har tegn vi ikke kan ta imot"),
    ],
)
async def test_a_plan_that_cannot_be_is_shown_again_with_what_to_change(
    rt: Runtime, editor: httpx.AsyncClient, field: str, value: str, text: str
) -> None:
    page = await editor.post("/staff/surveys/plan", data=a_plan(rt, **{field: value}) | {"confirmed": "yes"})
    assert page.status_code == 422
    assert text in page.text
    assert await surveys(rt) == []


async def test_only_announced_sizes_can_open_a_survey(rt: Runtime, editor: httpx.AsyncClient) -> None:
    page = await editor.post("/staff/surveys/plan", data=a_plan(rt, opens="threshold", threshold_size="123"))
    assert page.status_code == 422
    assert "kunngjorte" in page.text


async def test_closing_by_hand_asks_once_and_a_double_click_closes_once(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    await deliver(*many(rt.now(), 8))
    survey = await plan()
    for row in (await invitations(rt, survey.id))[:6]:
        await answer(rt, row.id, {"reisemate": "gange"})
    path = f"/staff/surveys/{survey.id}/close"
    question = await editor.get(path)
    assert "6 av 8 har svart" in question.text
    assert await outbox(rt, SurveyClosed) == []
    clicks = await asyncio.gather(*(editor.post(path, data=hidden(question.text)) for _ in range(2)))
    assert [click.status_code for click in clicks] == [303, 303]
    assert len(await outbox(rt, SurveyClosed)) == 1
    assert len(await outbox(rt, ResponseSubmitted)) == 6
    page = await editor.get(f"/staff/surveys/{survey.id}")
    assert "6 svar er sendt videre" in page.text
    assert page.text.count("lukket undersøkelsen") == 1
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
    path = f"/staff/surveys/{survey.id}/close"
    question = await editor.get(path)
    assert "Ingen er invitert" in question.text
    await editor.post(path, data=hidden(question.text))
    await deliver(reached)
    await open_due_surveys(rt)
    assert [one.state for one in await surveys(rt)] == ["cancelled"]


async def test_the_list_and_the_card_say_how_it_goes(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    empty = await editor.get("/staff/surveys/card")
    assert "Planlegg den første undersøkelsen" in empty.text
    assert "Ingen undersøkelser er planlagt ennå" in (await editor.get("/staff/surveys")).text
    await deliver(*many(rt.now(), 4))
    survey = await plan()
    await answer(rt, (await invitations(rt, survey.id))[0].id, {})
    assert "1 av 4 har svart" in (await editor.get("/staff/surveys/card")).text
    assert "1 (25" in (await editor.get("/staff/surveys")).text


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
        assert "Lukk undersøkelsen" not in page.text
        assert (await client.get("/staff/surveys/plan")).status_code == 403
        assert (await client.post("/staff/surveys/plan", data=a_plan(rt))).status_code == 403
        close = await client.post(f"/staff/surveys/{survey.id}/close", data={"action": "close"})
        assert close.status_code == 403
    assert [one.state for one in await surveys(rt)] == ["open"]


async def test_an_unknown_survey_is_a_page_that_says_so(editor: httpx.AsyncClient) -> None:
    unknown = UUID(int=1)
    assert (await editor.get(f"/staff/surveys/{unknown}")).status_code == 404
    assert (await editor.post(f"/staff/surveys/{unknown}/close", data={"action": "close"})).status_code == 404
