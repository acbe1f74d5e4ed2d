"""A survey that asks for health, belief or politics asks nobody who may be under 18, and says so."""

from typing import Any

import httpx
import pytest

from services.surveys.audience.domain import EVERYBODY, Audience, leaves_minors_out, only_adults
from services.surveys.questionnaire.shelf import shipped
from services.surveys.tables import Survey
from shared.events.questionnaire import Questionnaire, strict
from shared.service import Runtime
from shared.testing import Deliverer, browser
from tests.members import joined
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import invitations, margins

BORN = (2012, 2009, 2008, 2007, 1950)
SENTENCE = "Derfor spør vi bare dem som har fylt 18 år"


def about(word: str) -> Questionnaire:
    """The climate survey with one more question."""
    content: dict[str, Any] = shipped()["klima"].content()
    texts = {"nb": f"Hva tenker du om {word}?", "nn": f"Kva tenkjer du om {word}?", "en": "What do you think?"}
    content["pages"][0]["questions"].append(
        {"id": "tanker", "type": "short_text", "text": texts, "max": 100, "required": False}
    )
    return strict(content)


def test_the_age_is_by_the_year_of_birth_so_who_turns_18_this_year_may_be_17() -> None:
    assert only_adults(EVERYBODY).age_from == 19
    assert only_adults(Audience(age_from=60)).age_from == 60
    assert [leaves_minors_out(Audience(age_from=age)) for age in (None, 18, 19)] == [False, False, True]


@pytest.mark.parametrize(("word", "minors"), [("helsen din", False), ("fagforeninger", False), ("bussen", True)])
async def test_nobody_who_may_be_a_minor_is_invited_however_it_was_planned(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, word: str, minors: bool
) -> None:
    year = rt.today().year
    people = [joined(rt.now(), year_of_birth=turning + year - 2026) for turning in BORN]
    await deliver(margins(), *people)
    survey = await plan(asking=about(word))
    late = [joined(rt.now(), year_of_birth=turning + year - 2026) for turning in BORN]
    await deliver(*late)
    rows = await invitations(rt, survey.id)
    members = {row.member_id for row in rows}
    assert [person.member_id in members for person in people] == [minors, minors, minors, True, True]
    assert [member.member_id in members for member in late] == [minors, minors, minors, True, True]
    async with browser(rt) as client:
        token = rt.links.make("survey", rows[0].id, 1, survey.closes_at)
        start = await client.get(f"/surveys/answer/{token}", follow_redirects=True)
        assert (SENTENCE in start.text) == (not minors)


async def test_staff_are_told_before_they_confirm_and_the_number_is_the_number_invited(
    rt: Runtime, deliver: Deliverer, editor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    questionnaire = about("religion")
    monkeypatch.setattr("services.surveys.questionnaire.shelf.shipped", lambda: {questionnaire.id: questionnaire})
    year = rt.today().year
    await deliver(margins(), *(joined(rt.now(), year_of_birth=turning + year - 2026) for turning in BORN))
    form = {
        "questionnaire": questionnaire.id, "opens": "now", "new_members": "no", "target": "50",
        "closes_on": f"{year + 1}-01-01", "reminder_on": "",
    }  # fmt: skip
    page = await editor.post("/staff/surveys/plan", data=form)
    assert "særlige kategorier" in page.text
    assert "«religion»" in page.text
    assert "19 år og eldre" in page.text
    assert "<strong>2 medlemmer</strong>" in page.text
    trial = await editor.get(f"/staff/surveys/try/{questionnaire.id}")
    assert SENTENCE in trial.text
    hidden = dict(httpx.QueryParams(form)) | {"confirmed": "yes", "number": "2"}
    hidden["survey_id"] = page.text.split('name="survey_id" value="')[1].split('"')[0]
    await editor.post("/staff/surveys/plan", data=hidden)
    async with rt.transaction() as session:
        survey = await session.get(Survey, hidden["survey_id"])
        assert survey is not None
        assert (survey.confirmed, survey.audience.age_from) == (2, 19)
