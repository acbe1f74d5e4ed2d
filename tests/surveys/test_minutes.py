"""The minutes shown are what it took those who finished, from the second time a questionnaire is asked on."""

from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.surveys.watching import counting
from services.surveys.watching.counting import store_counts
from services.surveys.watching.domain import minute_of, minutes_of
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


@given(st.lists(st.floats(0, 3600), min_size=5, max_size=40))
def test_half_of_those_who_finished_had_finished_in_the_minutes_shown(times: list[float]) -> None:
    counts: dict[str, int] = {}
    for seconds in times:
        name = minute_of(seconds)
        assert name is not None
        counts[name] = counts.get(name, 0) + 1
    minutes = minutes_of(counts)
    assert minutes is not None
    assert sum(seconds <= 60 * minutes for seconds in times) >= len(times) / 2
    assert sum(seconds <= 60 * (minutes - 1) for seconds in times if minutes > 1) < len(times) / 2


def test_a_pause_is_not_counted_and_a_few_say_nothing() -> None:
    assert (minute_of(3601), minute_of(-1), minute_of(0), minute_of(60.5)) == (None, None, "minutes.1", "minutes.2")
    assert minutes_of({"minutes.3": 4}) is None
    assert minutes_of({"minutes.3": 5}) == 3


@pytest.mark.parametrize(
    ("seconds", "name"), [(0.5, "minutes.1"), (60, "minutes.1"), (61, "minutes.2"), (3600, "minutes.60"), (-0.1, None)]
)
def test_minutes_are_rounded_up_and_an_hour_is_the_longest(seconds: float, name: str | None) -> None:
    assert minute_of(seconds) == name


def test_the_longest_and_the_shortest_count() -> None:
    assert minutes_of({"minutes.60": 5}) == 60
    assert minutes_of({"minutes.1": 3, "minutes.60": 3}) == 1
    assert minutes_of({"minutes.1": 2, "minutes.2": 1, "minutes.9": 4}) == 9
