"""The minutes shown are what it took those who finished, from the second time a questionnaire is asked on."""

from datetime import timedelta

import httpx
import pytest

from services.surveys.watching import counting
from services.surveys.watching.counting import store_counts
from shared.service import Runtime
from shared.testing import Deliverer, browser, move
from tests.members import many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import invitations, margins
from tests.surveys.office import a_plan
from tests.surveys.resident import PAGES, enter, post


async def test_the_second_survey_promises_what_the_first_took(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_TALLIES", {})
    await deliver(margins(), *many(rt.now(), 7))
    survey = await plan()
    assert "omtrent 4 minutter" in (await editor.post("/staff/surveys/plan", data=a_plan(rt))).text
    # Five at about twelve minutes; one is interrupted for hours, one does not finish.
    for number, row in enumerate(await invitations(rt, survey.id)):
        async with browser(rt) as client:
            await enter(client, rt, row)
            move(rt, timedelta(minutes=6))
            await enter(client, rt, row)
            move(rt, timedelta(hours=9) if number == 5 else timedelta(minutes=6))
            for page, values in enumerate(PAGES[: 2 if number == 6 else 3], start=1):
                await post(client, row, page, **values)
    await store_counts(rt)
    again = (await editor.post("/staff/surveys/plan", data=a_plan(rt))).text
    assert "omtrent 13 minutter" in again, "twelve minutes and the seconds the test itself takes"
    other = (await editor.post("/staff/surveys/plan", data=a_plan(rt, questionnaire="baeringen"))).text
    assert "omtrent 4 minutter" in other
