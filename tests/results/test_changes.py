"""What a meeting changed: groups before and after, small ones unpublished."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from services.results.changes import mean_of
from services.surveys.questionnaire.shelf import shipped
from shared.events.surveys import AnswerStrata, MeetingAsked, ResponseSubmitted, SurveyClosed, SurveyOpened
from shared.ids import new_id, random_id
from shared.service import Runtime
from shared.testing import Deliverer, browser
from tests.results.test_publishing import AT, cookie

MEETING = new_id()


def asked(
    group: str, wave: str, steps: Sequence[int], survey_id: UUID | None = None, released: int | None = None
) -> list[SurveyOpened | ResponseSubmitted | SurveyClosed]:
    """A survey of one group, with an answer a step."""
    survey_id = survey_id or new_id()
    opening = SurveyOpened(
        survey_id=survey_id, questionnaire=shipped()["foretter"].content(), opened_at=AT,
        closes_at=AT + timedelta(days=14), cell_minimum=5, asks="some",
        meeting=MeetingAsked(meeting_id=MEETING, group=group, wave=wave),
    )  # fmt: skip
    answers = [
        ResponseSubmitted(
            response_id=random_id(), survey_id=survey_id, strata=AnswerStrata(gender=None, bands=None),
            answers={"kunnskap": step, "lytter": 3},
        )
        for step in steps
    ]  # fmt: skip
    number = len(steps) if released is None else released
    closing = SurveyClosed(
        survey_id=survey_id, opened_at=AT, closed_at=AT, invited=20, answered=number, released=number, strata=()
    )
    return [opening, *answers, closing]


async def published(rt: Runtime, survey_id: UUID) -> str:
    """The page, once it is public."""
    async with browser(rt) as client:
        data = {"finding": "F"}
        reply = await client.post(f"/staff/results/{survey_id}", data=data, headers=cookie(rt, "editor"))
        return (await client.get(reply.headers["location"])).text


def row_of(page: str, question: str) -> str:
    """The question's row in the table of changes."""
    changes = page[page.index('id="changes"') :]
    return changes[changes.index(question) :].partition("</tr>")[0]


async def test_a_result_says_what_changed_for_those_present_alone(rt: Runtime) -> None:
    survey = new_id()
    await Deliverer(rt)(
        *asked("guest", "before", [1, 2, 2, 3, 2]),
        *asked("control", "before", [2, 2, 2, 2, 2]),
        *asked("control", "after", [3, 2, 3, 2, 3]),
        *asked("present", "after", [4, 4, 5, 4, 4], survey),
    )
    row = row_of(await published(rt, survey), "Hvor godt kjenner du saken")
    for number in ("2,0", "4,2", "2,6", "1,6"):
        assert f">{number}<" in row, "before, after, control after, and 2,2 less 0,6"
    assert "1 Svært dårlig – 5 Svært godt" in row, "a mean says nothing without its scale"


async def test_a_group_too_small_is_not_shown_and_neither_is_the_difference(rt: Runtime) -> None:
    survey = new_id()
    await Deliverer(rt)(
        *asked("guest", "before", [1, 2, 2, 3, 2]),
        *asked("control", "before", [1, 5, 5, 5]),
        *asked("control", "after", [3, 2, 3, 2, 3]),
        *asked("present", "after", [4, 4, 5, 4, 4], survey),
    )
    row = row_of(await published(rt, survey), "Hvor godt kjenner du saken")
    assert row.count(">–<") == 2, "the control group before, and the difference"
    assert ">4,0<" not in row


async def test_answers_that_are_not_all_here_compare_nothing(rt: Runtime) -> None:
    survey = new_id()
    deliver = Deliverer(rt)
    before = asked("guest", "before", [1, 2, 2, 3, 2], released=9)
    await deliver(*before, *asked("present", "after", [4, 4, 5, 4, 4], survey))
    async with browser(rt) as client:
        draft = (await client.get(f"/staff/results/{survey}", headers=cookie(rt, "editor"))).text
    assert 'id="changes"' not in draft


async def test_staff_read_that_other_surveys_of_the_meeting_are_still_open(rt: Runtime) -> None:
    survey = new_id()
    deliver = Deliverer(rt)
    await deliver(*asked("control", "after", [3])[:1], *asked("present", "after", [4, 4, 5, 4, 4], survey))
    async with browser(rt) as client:
        draft = (await client.get(f"/staff/results/{survey}", headers=cookie(rt, "editor"))).text
        listed = (await client.get("/staff/results", headers=cookie(rt, "editor"))).text
    assert "Kontrollgruppen, etter møtet" in listed, "four surveys about one meeting may have the same title"
    assert "De som var på møtet, etter møtet" in listed
    assert "De som var på møtet, etter møtet." in draft
    assert "Én annen undersøkelse om det samme møtet er ikke avsluttet" in draft


def test_no_opinion_is_in_no_mean() -> None:
    answers = [{"q": step} for step in (1, 2, 3, 4, 5, "vet_ikke")]
    assert mean_of("q", answers) == 3.0
    assert mean_of("q", answers[1:]) is None
    assert mean_of("other", answers) is None
