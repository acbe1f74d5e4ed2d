"""A typo in an open survey: texts alone change, both wordings are kept, and nobody loses an answer."""

import httpx
import pytest
import sqlalchemy as sa

from services.surveys.correcting.correcting import correct
from services.surveys.fieldwork.closing import close_survey
from services.surveys.sealing import keys_of
from services.surveys.steering.domain import Deed
from services.surveys.steering.steering import steer
from services.surveys.tables import Invitation, Survey
from shared.events.surveys import ResponseSubmitted, SurveyChanged
from shared.service import Runtime
from shared.testing import Deliverer, browser, outbox, sign_in
from tests.members import many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations
from tests.surveys.office import hidden, surveys
from tests.surveys.resident import PAGES, enter, post

FIRST = ("pages.0.title", "nb")


async def test_a_correction_reaches_pages_mails_and_results_and_keeps_both_wordings(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    await deliver(*many(rt.now(), 7))
    survey = await plan()
    before = survey.questionnaire.pages[0].title.nb
    first, *others = await invitations(rt, survey.id)
    async with browser(rt) as client:
        await enter(client, rt, first)
        assert before in (await client.get(f"/surveys/answer/1?id={first.id}")).text
        await post(client, first, 1, **PAGES[0])
        await answer(rt, others[0].id, {"reisemate": "gange"})
        async with rt.transaction() as session:
            assert len(await correct(session, survey.id, {FIRST: "Reisene dine"}, rt.now())) == 1
        page = (await client.get(f"/surveys/answer/1?id={first.id}")).text
        assert "Reisene dine" in page
        assert 'value="12"' in page
    (changed_event,) = await outbox(rt, SurveyChanged)
    assert isinstance(changed_event, SurveyChanged)
    assert changed_event.state == "open"
    assert changed_event.questionnaire.pages[0].title.nb == "Reisene dine"
    (correction,) = changed_event.corrections
    assert correction.answered == 1
    assert [(change.place, change.language, change.before, change.after) for change in correction.changes] == [
        (*FIRST, before, "Reisene dine")
    ]
    for row in others[1:]:
        await answer(rt, row.id, {"reisemate": "sykkel"})
    async with rt.transaction() as session:
        await close_survey(session, keys_of(rt.settings), survey.id, rt.now())
    assert len(await outbox(rt, ResponseSubmitted)) == 6


async def test_a_corrected_title_stays_on_one_line(rt: Runtime, plan: PlanSurvey, editor: httpx.AsyncClient) -> None:
    survey = await plan()
    forged = {"pages.0.title.nb": "Reisene\ndine\u2028i dag", "confirmed": "yes"}
    assert (await editor.post(f"/staff/surveys/{survey.id}/texts/1", data=forged)).status_code == 303
    (row,) = await surveys(rt)
    assert row.questionnaire.pages[0].title.nb == "Reisene dine i dag"


async def test_a_survey_that_has_ended_keeps_its_texts(rt: Runtime, plan: PlanSurvey) -> None:
    survey = await plan()
    for deed in (Deed.PAUSE, Deed.GO_ON, Deed.END):
        async with rt.transaction() as session:
            await steer(session, survey.id, deed, rt.now())
    async with rt.transaction() as session:
        assert await correct(session, survey.id, {FIRST: "For sent"}, rt.now()) == []


async def test_staff_see_before_and_after_and_correct_once(
    rt: Runtime, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    survey = await plan()
    path = f"/staff/surveys/{survey.id}/texts/1"
    assert f"/staff/surveys/{survey.id}/texts/0" in (await editor.get(f"/staff/surveys/{survey.id}")).text
    assert 'name="pages.0.title.nb"' in (await editor.get(path)).text
    assert "… (Bokmål)" in (await editor.get(f"/staff/surveys/{survey.id}/texts/0")).text
    preview = await editor.post(path, data={"pages.0.title.nb": "Reisene dine <i>"})
    assert preview.status_code == 200
    assert "Reisene dine &lt;i&gt;" in preview.text
    assert await outbox(rt, SurveyChanged) == []
    fields = {name: value.replace("&lt;", "<").replace("&gt;", ">") for name, value in hidden(preview.text).items()}
    await editor.post(path, data=fields)
    again = await editor.post(path, data=fields)
    assert "Ingen tekster er endret" in again.text
    assert len(await outbox(rt, SurveyChanged)) == 1
    page = (await editor.get(f"/staff/surveys/{survey.id}")).text
    assert "Reisene dine &lt;i&gt;" in page
    assert page.count("rettet tekster i undersøkelsen") == 1


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("pages.0.title.nb", "", "Ingen tekster er endret"),
        ("pages.0.title.nb", "Slik {finnes_ikke} reiser", "Sitater av tidligere svar"),
        ("pages.0.title.nb", "x" * 1001, "høyst 1000 tegn"),
        ("pages.0.title.nb", "Skjult \u202e tekst", "tegn vi ikke kan ta imot"),
        ("pages.0.id", "annet", "Ingen tekster er endret"),
        ("minutes", "50", "Ingen tekster er endret"),
    ],
)
async def test_what_is_no_correction_of_a_text_changes_nothing(
    rt: Runtime, plan: PlanSurvey, editor: httpx.AsyncClient, field: str, text: str, told: str
) -> None:
    survey = await plan()
    page = await editor.post(f"/staff/surveys/{survey.id}/texts/1", data={field: text, "confirmed": "yes"})
    assert page.status_code == 422
    assert told in page.text
    at_field = f'id="{field}-error"' in page.text
    assert at_field == ("Ingen tekster" not in told), "who has many fields reads which one it is"
    (row,) = await surveys(rt)
    assert row.questionnaire == survey.questionnaire


async def test_readers_and_unknown_parts_are_refused(rt: Runtime, plan: PlanSurvey, editor: httpx.AsyncClient) -> None:
    survey = await plan()
    assert (await editor.get(f"/staff/surveys/{survey.id}/texts/99")).status_code == 404
    async with rt.transaction() as session:
        await session.execute(sa.update(Survey).values(state="cancelled"))
    assert (await editor.get(f"/staff/surveys/{survey.id}/texts/1")).is_redirect
    async with browser(rt) as client:
        sign_in(rt, client, "reader")
        assert (await client.get(f"/staff/surveys/{survey.id}/texts/1")).status_code == 403


async def test_two_who_correct_at_once_lose_nothing(rt: Runtime, plan: PlanSurvey, invitation: Invitation) -> None:
    del invitation
    (survey,) = await surveys(rt)
    for corrections in ({FIRST: "Reisene dine"}, {("pages.1.title", "nb"): "Det viktigste"}):
        async with rt.transaction() as session:
            await correct(session, survey.id, corrections, rt.now())
    (now,) = await surveys(rt)
    assert [page.title.nb for page in now.questionnaire.pages[:2]] == ["Reisene dine", "Det viktigste"]
    assert now.corrected == len(now.corrections) == 2
