"""A survey on paper: printed with a code, keyed in once, sealed as any other, and never asked about again."""

from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa

from services.surveys.answering.store import Opened, hold
from services.surveys.paper.domain import code_of
from services.surveys.paper.printing import as_pdf, gaps
from services.surveys.paper.wording import for_whom, numbers_of, only_for
from services.surveys.questionnaire.shelf import shipped
from services.surveys.sealing import keys_of
from services.surveys.tables import Invitation, Response, Survey
from shared.events.questionnaire import Questionnaire, Texts, example
from shared.events.surveys import SurveyAnswered
from shared.service import Runtime
from shared.testing import Deliverer, browser, outbox, sign_in
from shared.web.i18n import LANGUAGES, language
from tests.members import joined
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, margins

PAPER = "/staff/surveys/paper"
LOCALE = Path(str(resources.files("services.surveys"))) / "locale"
TEXTS = {code: language(code, ZoneInfo("Europe/Oslo"), [LOCALE]) for code in LANGUAGES}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_kind_of_question_is_printed_in_each_language(code: str) -> None:
    everything = Questionnaire.model_validate(example.QUESTIONNAIRE)
    pdf = as_pdf(everything, TEXTS[code], "abcde-fghjk", "12. mars", "Bærum kommune")
    assert pdf[:5] == b"%PDF-"
    assert len(pdf) > 10_000


def test_markup_in_a_text_is_text_on_paper() -> None:
    content = shipped()["klima"].content()
    content["title"]["nb"] = '#read("/etc/passwd") $x$ *fet* \\ "<script>'
    pdf = as_pdf(Questionnaire.model_validate(content), TEXTS["nb"], "", "", "Bærum")
    assert pdf[:5] == b"%PDF-"


def test_whom_a_question_is_for_is_said_by_its_number() -> None:
    klima = shipped()["klima"]
    numbers = numbers_of(klima)
    assert for_whom(klima, klima.parts[1].show_if, numbers, TEXTS["nb"]) == "«Med bil» på spørsmål 1"
    assert for_whom(klima, klima.parts[1].show_if, numbers, TEXTS["en"]) == "“By car” to question 1"
    both: Any = {"all": [{"question": "minutter", "at_least": 10}, {"none": [{"question": "reisemate"}]}]}
    page = klima.pages[1].model_validate({**klima.content()["pages"][1], "show_if": both})
    assert for_whom(klima, page.show_if, numbers, TEXTS["nb"]) == "minst 10 på spørsmål 3 og ikke (noe på spørsmål 1)"
    decimals: Any = {"question": "minutter", "at_least": 2.5}
    page = klima.pages[1].model_validate({**klima.content()["pages"][1], "show_if": decimals})
    assert for_whom(klima, page.show_if, numbers, TEXTS["nn"]) == "minst 2,5 på spørsmål 3"
    assert for_whom(klima, page.show_if, numbers, TEXTS["en"]) == "at least 2.5 to question 3"
    only_none: Any = {"none": [{"question": "reisemate", "any_of": ["bil", "gange"]}]}
    page = klima.pages[1].model_validate({**klima.content()["pages"][1], "show_if": only_none})
    words = "Bare hvis du ikke har svart «Med bil» eller «Jeg går» på spørsmål 1."
    assert only_for(klima, page.show_if, numbers, TEXTS["nb"]) == words


def test_an_earlier_answer_in_a_text_is_a_gap_that_says_where_it_was_given() -> None:
    klima = shipped()["klima"]
    text = Texts(nb="Du svarte {reisemate}. Hvorfor?", en="You answered {reisemate}. Why?")
    said = {code: text.to(code, gaps(klima, numbers_of(klima), TEXTS[code])) for code in ("nb", "en")}
    assert said == {
        "nb": "Du svarte … (se spørsmål 1). Hvorfor?",
        "en": "You answered … (see question 1). Why?",
    }


async def asked(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> Invitation:
    """A member's invitation to the climate survey."""
    await deliver(margins(), joined(rt.now()))
    return (await invitations(rt, (await plan(asking=shipped()["klima"])).id))[0]


async def test_a_paper_is_printed_for_a_member_and_keyed_in_once(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    invitation = await asked(rt, deliver, plan)
    code = code_of(invitation.id)
    papers = await editor.get(f"{PAPER}?member={invitation.member_id}")
    assert code in papers.text
    page = await editor.get(f"{PAPER}/{code}.pdf?language=nn")
    assert page.headers["content-type"] == "application/pdf"
    assert (await editor.get(PAPER, params={"code": code.upper()})).headers["location"] == f"{PAPER}/{code}"
    form = await editor.get(f"{PAPER}/{code}")
    assert "På arket står: «Bare hvis du har svart «Med bil» på spørsmål 1.»" in form.text
    assert "Ingen svar er ført inn" in (await editor.post(f"{PAPER}/{code}", data={})).text
    wrong = await editor.post(f"{PAPER}/{code}", data={"reisemate": "bil", "minutter": "mange"})
    assert wrong.status_code == 422
    assert 'value="bil" checked' in wrong.text, "what was keyed in is still there"
    # Questions that are not for this person, or were left out, have no answer.
    receipt = await editor.post(f"{PAPER}/{code}", data={"reisemate": "gange", "bilfri": "pris", "innsats": "4"})
    assert "Svarene er ført inn" in receipt.text
    async with rt.transaction() as session:
        (row,) = await session.scalars(sa.select(Response))
        survey = (await session.scalars(sa.select(Survey))).one()
        content = keys_of(rt.settings).seal(survey.id, survey.public_key).open(row.id, row.sealed)
        stored_invitation = (await session.scalars(sa.select(Invitation))).one()
        again = await hold(session, keys_of(rt.settings), invitation.id, 1, rt.now())
        assert isinstance(again, Opened)
        assert again.response_id == row.id
    assert content["answers"] == {"reisemate": "gange", "innsats": 4}
    assert set(content) == {"answers", "gender", "band", "area"}, "nothing in an answer says how it was given"
    assert stored_invitation.mode == "paper"
    assert len(await outbox(rt, SurveyAnswered)) == 1
    survey_page = await editor.get(f"/staff/surveys/{survey.id}")
    assert "1 av svarene er ført inn av ansatte" in survey_page.text
    twice = await editor.post(f"{PAPER}/{code}", data={"reisemate": "bil"})
    assert "Her kan det ikke føres inn svar" in twice.text
    assert (await editor.get(f"{PAPER}/{code}.pdf")).status_code == 404


async def test_who_answered_by_the_link_is_not_keyed_in(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    invitation = await asked(rt, deliver, plan)
    assert await answer(rt, invitation.id, {"reisemate": "bil"})
    assert "ingen åpne undersøkelser" in (await editor.get(f"{PAPER}?member={invitation.member_id}")).text
    page = await editor.post(f"{PAPER}/{code_of(invitation.id)}", data={"reisemate": "gange"})
    assert "Her kan det ikke føres inn svar" in page.text
    async with rt.transaction() as session:
        assert len((await session.scalars(sa.select(Response))).all()) == 1


@pytest.mark.parametrize("path", ["/zzzzz-zzzzz", "/abcde-fghjk", "/abcde-fghjk.pdf", "/x"])
async def test_an_unknown_code_is_a_page_that_says_so(editor: httpx.AsyncClient, path: str) -> None:
    assert (await editor.get(PAPER + path)).status_code == 404
    assert (await editor.get(PAPER, params={"code": "tull"})).status_code == 422


async def test_readers_key_nothing_in(rt: Runtime) -> None:
    async with browser(rt) as reader:
        sign_in(rt, reader, "reader")
        assert (await reader.get(PAPER)).status_code == 403
