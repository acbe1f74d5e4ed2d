"""The question bank: what was asked before is asked again under the same identity, and other words are flagged."""

import re

import httpx
import pytest_asyncio

from services.surveys.editing import domain
from services.surveys.editing.filling import with_question
from services.surveys.questionnaire.shelf import shipped
from shared.events.questionnaire import strict
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer
from tests.members import joined
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import margins
from tests.surveys.test_editor_pages import begin, fill, step


def test_a_copy_says_where_each_question_was_asked_first() -> None:
    first = domain.copied(shipped()["klima"].content(), "ny")
    assert [question["bank"] for question in domain.questions(first)][:2] == ["klima.reisemate", "klima.bilfri"]
    again = domain.copied(first, "nyere")
    assert [question["bank"] for question in domain.questions(again)][:2] == ["klima.reisemate", "klima.bilfri"]
    assert strict(first)


def test_a_copy_of_a_question_within_a_questionnaire_is_another_question() -> None:
    twice = domain.copy_question(domain.copied(shipped()["klima"].content(), "ny"), "reisemate")
    assert "bank" not in twice["pages"][0]["questions"][1]


def test_what_was_said_of_one_change_of_words_is_not_said_of_the_next() -> None:
    content = domain.copied(shipped()["klima"].content(), "ny")
    fields = {"text.nb": "Hva?", "same_meaning": "yes"}
    questionnaire = with_question(content, "ett_ord", lambda name: fields.get(name, ""), str)
    assert domain.question_of(questionnaire, "ett_ord")["same_meaning"] is True
    assert "same_meaning" not in domain.question_of(domain.copied(questionnaire, "nyere"), "ett_ord")


@pytest_asyncio.fixture
async def asked(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    """The climate survey has been asked."""
    await deliver(margins(), joined(rt.now()))
    await plan(asking=shipped()["klima"])


async def test_a_question_asked_before_is_picked_in_the_editor_and_a_change_of_words_is_flagged(
    rt: Runtime, asked: None, editor: httpx.AsyncClient
) -> None:
    here = await begin(editor, f"Bank {new_id().hex[:4]}")
    outline = (await editor.get(here)).text
    assert '<option value="bank:klima.reisemate">Hvordan reiser du oftest på en vanlig hverdag?</option>' in outline
    page = await step(editor, here, "add:side1", **{"kind-side1": "bank:klima.reisemate"})
    form = (await editor.get(str(page.headers["location"]))).text
    assert "Hvordan reiser du oftest" in form
    assert "Sist ble det spurt slik" in form
    assert "har andre ord enn sist" not in (await editor.get(here)).text
    options = dict(re.findall(r'name="(options\.\d+\.(?:code|nb))" value="([^"]+)"', form))
    fields = {name.replace(".", "__"): value for name, value in options.items()}
    await fill(editor, f"{here}/q1", text__nb="Hvordan kommer du deg fram?", required="yes", **fields)
    assert "har andre ord enn sist" in (await editor.get(here)).text
    words = {"text__nb": "Hvordan kommer du deg fram?", "required": "yes", "same_meaning": "yes"}
    await fill(editor, f"{here}/q1", **words, **fields)
    assert "har andre ord enn sist" not in (await editor.get(here)).text
    assert (await step(editor, here, "add:side1", **{"kind-side1": "bank:ingen.slik"})).status_code == 409
