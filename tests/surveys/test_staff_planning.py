"""Staff start a survey: choose, see what it does, confirm once."""

from datetime import timedelta

import httpx
import pytest

from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.questionnaire.shelf import shelf
from shared.service import Runtime
from shared.testing import Deliverer
from tests.members import many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import invitations, threshold
from tests.surveys.office import a_plan, hidden, surveys


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
    assert [answer.status_code for answer in answers] == [303, 303]
    (survey,) = await surveys(rt)
    assert (
        answers[0].headers["location"] == answers[1].headers["location"] == f"/staff/surveys/{survey.id}?saved=planned"
    )
    page = await editor.get(answers[1].headers["location"])
    assert "Undersøkelsen er lagret." in page.text
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
        ("reminder_on", "2020-01-01", "Velg en virkedag, tidligst to dager etter åpningen"),
        ("target", "0", "Skriv målet som et helt tall"),
        ("target", "halvparten", "Skriv målet som et helt tall"),
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


async def test_all_that_is_wrong_with_a_plan_is_said_at_once(rt: Runtime, editor: httpx.AsyncClient) -> None:
    wrong = {"target": "0", "opens": "date", "opens_on": "2020-01-01", "closes_on": "2020-01-02", "age_from": "50"}
    wrong |= {"age_to": "30", "remind_from": "20", "remind_to": "9", "reminder_on": rt.today().isoformat()}
    page = await editor.post("/staff/surveys/plan", data=a_plan(rt, **wrong))
    assert page.status_code == 422
    for field in ("target", "opens_on", "closes_on", "age_to", "remind_to", "reminder_on"):
        assert f'id="{field}-error"' in page.text, field
    page = await editor.post("/staff/surveys/plan", data=a_plan(rt, **wrong | {"opens_on": "i dag", "closes_on": ""}))
    for field in ("opens_on", "closes_on", "reminder_on"):
        assert f'id="{field}-error"' in page.text, field


async def test_only_announced_sizes_can_open_a_survey(rt: Runtime, editor: httpx.AsyncClient) -> None:
    page = await editor.post("/staff/surveys/plan", data=a_plan(rt, opens="threshold", threshold_size="123"))
    assert page.status_code == 422
    assert "kunngjorte" in page.text


async def test_what_residents_get_is_shown_before_anything_happens(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient
) -> None:
    await deliver(*many(rt.now(), 3))
    page = (await editor.post("/staff/surveys/plan", data=a_plan(rt, questionnaire="baeringen"))).text
    for question in shelf(rt.settings)["baeringen"].questions:
        assert question.text.nb in page
    assert shelf(rt.settings)["baeringen"].introduction.nb in page
    assert 'data-card="/staff/notifications/preview?purpose=survey&amp;language=nb&amp;title=Kommuneavisen+B' in page
    assert await surveys(rt) == []


async def test_a_plan_can_be_changed_without_typing_it_again(rt: Runtime, editor: httpx.AsyncClient) -> None:
    preview = await editor.post("/staff/surveys/plan", data=a_plan(rt, target="35"))
    form = await editor.post("/staff/surveys/plan", data=hidden(preview.text) | {"action": "change"})
    assert form.status_code == 200
    assert 'value="35"' in form.text
    assert await surveys(rt) == []
    await editor.post("/staff/surveys/plan", data=hidden(preview.text))
    (survey,) = await surveys(rt)
    assert survey.target_percent == 35


async def test_the_page_says_when_a_survey_would_open_at_once_or_beside_another(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    await deliver(*threshold(200), *many(rt.now(), 2))
    await plan()
    page = (await editor.post("/staff/surveys/plan", data=a_plan(rt, opens="threshold", threshold_size="200"))).text
    assert "Panelet har allerede nådd 200 medlemmer" in page
    assert "«Klima og hverdagen i kommunen» er åpen til og med" in page
    day = (rt.today() + timedelta(days=2)).isoformat()
    page = (await editor.post("/staff/surveys/plan", data=a_plan(rt, opens="date", opens_on=day))).text
    assert "inviterer alle aktive medlemmer som da har sagt ja" in page


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
async def test_a_questionnaire_can_be_read_as_residents_get_it(
    rt: Runtime, editor: httpx.AsyncClient, language: str
) -> None:
    page = (await editor.get(f"/staff/surveys/questionnaires/baeringen?language={language}")).text
    questionnaire = shelf(rt.settings)["baeringen"]
    for question in questionnaire.questions:
        assert question.text.to(language) in page
    assert page.count("Stilles bare til dem som svarer") == sum(bool(q.show_if) for q in questionnaire.questions)
    assert "«Jeg leste den ikke» på «Hvor mye leste du" in page


async def test_no_such_questionnaire_and_no_such_language(editor: httpx.AsyncClient) -> None:
    assert (await editor.get("/staff/surveys/questionnaires/ukjent")).status_code == 404
    assert "Hvor nyttig" in (await editor.get("/staff/surveys/questionnaires/baeringen?language=xx")).text
    sent = await editor.get("/staff/surveys/questionnaires/baeringen?language=en&saved=trial")
    assert "E-posten er på vei til adressen du skrev." in sent.text


async def test_the_form_can_start_with_a_questionnaire_chosen(editor: httpx.AsyncClient) -> None:
    form = (await editor.get("/staff/surveys/plan?questionnaire=klima")).text
    assert 'value="klima" checked' in form
    assert " checked" not in (await editor.get("/staff/surveys/plan?questionnaire=x")).text.split("opens")[0]


async def test_the_frozen_questionnaire_is_the_one_that_was_planned(rt: Runtime, editor: httpx.AsyncClient) -> None:
    preview = await editor.post("/staff/surveys/plan", data=a_plan(rt))
    await editor.post("/staff/surveys/plan", data=hidden(preview.text))
    await open_due_surveys(rt)
    (survey,) = await surveys(rt)
    assert survey.questionnaire == shelf(rt.settings)["klima"]
