"""Every kind of question on a resident's pages: shown in three languages, refused by field, kept, and sent in."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from services.surveys.answering.domain import only_shown
from services.surveys.answering.reading import written_back
from services.surveys.fieldwork.closing import close_survey
from services.surveys.questionnaire.wording import in_words
from services.surveys.sealing import keys_of
from services.surveys.tables import Invitation, Response
from shared.events.questionnaire import Questionnaire, example, strict
from shared.service import Runtime
from shared.testing import Deliverer, browser
from tests.members import joined
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, margins
from tests.surveys.resident import enter, post

ASKED = strict(example.QUESTIONNAIRE)


@pytest.fixture
async def asked(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> Invitation:
    """One member, invited to a survey with every kind of question."""
    await deliver(margins(), joined(rt.now()))
    survey = await plan(asking=ASKED)
    return (await invitations(rt, survey.id))[0]


async def stored(rt: Runtime) -> Any:
    async with rt.transaction() as session:
        row = (await session.scalars(sa.select(Response))).one()
    return keys_of(rt.settings).seal(row.survey_id).open(row.id, row.sealed)["answers"]


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
async def test_each_kind_is_shown_answered_shown_again_and_sent_in(
    rt: Runtime, asked: Invitation, language: str
) -> None:
    async with browser(rt, headers={"Accept-Language": language}) as client:
        token = rt.links.make("survey", asked.id, asked.generation, asked.invited_at.replace(year=2099))
        await client.get(f"/surveys/answer/{token}", follow_redirects=True)
        for number, page in enumerate(ASKED.pages, start=1):
            text = (await client.get(f"/surveys/answer/{number}?id={asked.id}")).text
            for question in page.known:
                assert "{" not in question.text.to(language, {"oftest": "x"})
                for field in () if question.show_if else question.fields:
                    assert f'name="{field}"' in text, field
            values = {field: value for q in page.known for field, value in written_back(q, example.ANSWERS).items()}
            ids = " ".join(question.id for question in page.known)
            answer_page = await post(client, asked, number, **values, shown=ids)
            assert answer_page.status_code == 303, re.findall('validation">(.*?)</p>', answer_page.text)
        assert "/thanks" in answer_page.headers["location"]
    assert await stored(rt) == example.ANSWERS


async def test_what_is_wrong_stands_at_its_field_and_the_order_of_options_stays(rt: Runtime, asked: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, asked)
        start = await client.get(f"/surveys/answer?id={asked.id}")
        assert "7 spørsmål, omtrent 5 minutter. Du kan få inntil 6 spørsmål til, etter hva du svarer" in start.text
        first = {"oftest": "annet", "oftest.annet": "Båt", "ogsaa": ["ingen", "buss"], "minutter": "25", "order": "7"}
        page = await post(client, asked, 1, **first)
        assert "check=1" in str(page.url)
        assert "«Ingen av disse» kan ikke velges sammen med andre svar på «Hva bruker du ellers?»" in page.text
        assert 'name="order" value="7"' in page.text
        assert 'name="oftest.annet" type="text" value="Båt"' in page.text
        await post(client, asked, 1, **first | {"ogsaa": "ingen"})
        second = await post(client, asked, 2, **{"paastander.ofte": "1", "viktigst.1": "bil", "viktigst.2": "bil"})
        assert "«Det er trygt å sykle» må besvares" in second.text
        assert "Svaret på plass 2 i «Hva er viktigst?» er valgt før" in second.text
        assert "Du svarte Båt. Er du fornøyd?" in second.text
        assert 'href="#paastander.trygt"' in second.text


async def test_words_beside_an_option_come_back_with_it_and_are_not_sent_in_without_it(
    rt: Runtime, asked: Invitation
) -> None:
    async with browser(rt) as client:
        await enter(client, rt, asked)
        words = {"oftest.annet": "Robåt over fjorden", "ogsaa": "ingen", "minutter": "0"}
        await post(client, asked, 1, oftest="annet", **words)
        await post(client, asked, 1, oftest="buss", **words)
        page = (await client.get(f"/surveys/answer/1?id={asked.id}")).text
        assert 'name="oftest.annet" type="text" value="Robåt over fjorden"' in page
        assert re.search(r'id="oftest-buss"[^>]* checked', page)
        await post(client, asked, 3, raad="Flere avganger.")
        sent_in = await stored(rt)
        assert sent_in["oftest"] == "buss"
        assert "Robåt" not in str(sent_in)
        page = (await client.get(f"/surveys/answer/1?id={asked.id}")).text
        assert "Robåt" not in page, "what was sent in says it no longer"


async def test_a_page_nobody_but_others_see_is_passed_over(rt: Runtime, asked: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, asked)
        on = await post(client, asked, 1, oftest="buss", minutter="0")
        assert on.headers["location"].startswith("/surveys/answer/3?")


async def test_the_order_is_drawn_anew_each_time_a_page_is_opened(rt: Runtime, asked: Invitation) -> None:
    async with browser(rt) as client:
        await enter(client, rt, asked)
        orders = set()
        for _ in range(3):
            text = (await client.get(f"/surveys/answer/1?id={asked.id}")).text
            orders.add(re.findall('name="order" value="([0-9]+)"', text)[0])
    assert len(orders) > 1


async def test_answers_to_what_a_person_does_not_see_are_dropped_when_they_are_sent_in(
    rt: Runtime, asked: Invitation
) -> None:
    """Whatever a form or a draft holds: the rules decide once more at the very end."""
    answers = example.ANSWERS | {"minutter": 0, "oftest": "buss", "ogsaa": ["sykkel"]}
    assert await answer(rt, asked.id, answers)
    answers_shown = await stored(rt)
    assert answers_shown == only_shown(ASKED, answers)
    assert not {"kort", "fornoyd", "paastander", "viktigst", "torget"} & set(answers_shown)


def test_staff_read_whom_a_question_is_for() -> None:
    questionnaire = Questionnaire.model_validate(example.QUESTIONNAIRE)
    conditions = {part.id: part.show_if for part in questionnaire.parts}
    assert in_words(questionnaire, conditions["kort"]) == (
        "svarer «Bil» på «Hvordan reiser du oftest?» eller svarer «Bil» på «Hva bruker du ellers?»"
    )
    assert in_words(questionnaire, questionnaire.pages[1].show_if) == "ikke svarer høyst 0 på «Hvor lang er reisen?»"


@pytest.mark.parametrize("why", ["no cookie", "closed"])
async def test_what_was_written_stands_to_be_copied_when_it_comes_too_late(
    rt: Runtime, asked: Invitation, why: str
) -> None:
    async with browser(rt) as client:
        await enter(client, rt, asked)
        page = (await client.get(f"/surveys/answer/3?id={asked.id}")).text
        (texts,) = re.findall('name="texts" value="([^"]*)"', page)
        assert texts.split() == ["linje", "raad"]
        if why == "closed":
            async with rt.transaction() as session:
                await close_survey(session, keys_of(rt.settings), asked.survey_id, rt.now())
        else:
            client.cookies.clear()
        late = await post(client, asked, 3, sted="vest", linje="<b>140</b>", raad="Flere avganger", texts=texts)
    assert late.status_code == 410
    assert ("Undersøkelsen er stengt" in late.text) == (why == "closed")
    assert "&lt;b&gt;140&lt;/b&gt;" in late.text
    assert "Flere avganger" in late.text
    assert "vest" not in late.text.split("Dette skrev du")[1].split("</section>")[0]
