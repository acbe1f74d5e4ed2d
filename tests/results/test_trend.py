"""The same question over surveys: a trend while it asks the same, broken by other words unless staff say otherwise."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.results.domain import Counted
from services.results.trend import Past, trends
from shared.events.questionnaire import Questionnaire, example, identity_of, is_continued, strict, wording
from shared.events.surveys import AnswerStrata, ResponseSubmitted, StratumCount, SurveyClosed, SurveyOpened
from shared.ids import new_id, random_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, sign_in

AT = datetime(2026, 3, 1, tzinfo=UTC)


def asked(id_: str = "byen", **changes: Any) -> Questionnaire:
    """A survey of one question."""
    options = [{"code": code, "text": {"nb": text}} for code, text in (("ja", "Ja"), ("nei", "Nei"))]
    question: dict[str, Any] = {"id": "trives", "type": "one_choice", "text": {"nb": "Trives du?"}, "options": options}
    return strict({
        "id": id_, "version": 1, "title": {"nb": "Byen"}, "introduction": {"nb": "Vi spør."}, "minutes": 2,
        "pages": [{"id": "side1", "title": {"nb": "Om byen"}, "questions": [question | changes]}],
    })  # fmt: skip


def past(questionnaire: Questionnaire, year: int, yes: int = 6, no: int = 4) -> Past:
    """A result of ten answers."""
    total = Counted(questionnaire.questions[0].id, "one_choice", yes + no, {"ja": yes, "nei": no})
    return Past(questionnaire, AT.replace(year=year), [total])


def test_the_same_question_in_later_surveys_shows_what_it_was_before() -> None:
    earlier = [past(asked("ny", id="q1", bank="byen.trives"), 2025, 8, 2), past(asked(), 2024)]
    (trend,) = trends(asked("nyere", id="q7", bank="byen.trives"), earlier).values()
    assert trend.days == (AT.replace(year=2024), AT.replace(year=2025))
    assert trend.shares == {"ja": (0.6, 0.8), "nei": (0.4, 0.2)}
    assert not trend.broken


def asking(id_: str, **question: Any) -> Questionnaire:
    """A survey of one question of any kind."""
    content = asked(id_).content()
    (page,) = content["pages"]
    return strict(content | {"pages": [page | {"questions": [{"text": {"nb": "Hva?"}} | question]}]})


def grid(id_: str, code: str, year: int, far: int) -> Past:
    """A grid of two statements, of which ten answered the first."""
    part = Counted(f"{code}.trygt", "scale", 10, {"1": 10 - far, "5": far})
    return Past(a_grid(id_, code), AT.replace(year=year), [Counted(code, "grid", 10, parts=(part,))])


def a_grid(id_: str, code: str) -> Questionnaire:
    each = [{"code": "trygt", "text": {"nb": "Det er trygt her"}}, {"code": "rent", "text": {"nb": "Det er rent her"}}]
    ends = {"low": {"nb": "Uenig"}, "high": {"nb": "Enig"}}
    return asking(id_, id=code, type="grid", bank="byen.steder", statements=each, **ends)


def test_each_statement_of_a_grid_has_a_trend_whatever_the_grid_is_called() -> None:
    lines = trends(a_grid("c", "q9"), [grid("b", "q5", 2025, 7), grid("a", "q1", 2024, 4)])
    assert lines.keys() == {"q9.trygt"}, "what nobody answered has none"
    assert lines["q9.trygt"].days == (AT.replace(year=2024), AT.replace(year=2025))
    assert lines["q9.trygt"].shares == {"1": (0.6, 0.3), "5": (0.4, 0.7)}


def test_numbers_have_the_middle_answer_of_each_survey() -> None:
    def numbers(id_: str) -> Questionnaire:
        return asking(id_, id="trives", type="number", min=0, max=100, bank="byen.minutter")

    earlier = [
        Past(numbers("b"), AT.replace(year=2025), [Counted("trives", "number", 9, quartiles=(5.0, 12.5, 20.0))]),
        Past(numbers("few"), AT.replace(year=2024), [Counted("trives", "number", 3)]),
        Past(numbers("a"), AT.replace(year=2023), [Counted("trives", "number", 9, quartiles=(1.0, 10.0, 20.0))]),
    ]
    (trend,) = trends(numbers("c"), earlier).values()
    assert trend.days == (AT.replace(year=2023), AT.replace(year=2025)), "too few is no point of a trend"
    assert trend.medians == (10.0, 12.5)
    assert trend.shares == {}


@pytest.mark.parametrize("same", [False, True])
def test_other_words_break_the_trend_unless_staff_say_that_they_mean_the_same(same: bool) -> None:
    questionnaire = asked("ny", bank="byen.trives", text={"nb": "Har du det bra?"}, same_meaning=same or None)
    (trend,) = trends(questionnaire, [past(asked(), 2024)]).values()
    assert trend.broken is not same
    assert len(trend.days) == same


def test_a_break_ends_the_trend_where_it_is_and_keeps_what_came_after() -> None:
    details = {"bank": "byen.trives", "text": {"nb": "Har du det bra?"}}
    (trend,) = trends(asked("c", **details), [past(asked("b", **details), 2025), past(asked(), 2024)]).values()
    assert (trend.days, trend.broken) == ((AT.replace(year=2025),), True)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"help": {"nb": "Tenk på det siste året"}}, True),
        ({"required": False}, True),
        ({"text": {"nb": "Trives  du? "}}, True),
        ({"text": {"nb": "Trives du her?"}}, False),
        ({"options": [{"code": "ja", "text": {"nb": "Ja!"}}, {"code": "nei", "text": {"nb": "Nei"}}]}, False),
        ({"type": "pair"}, False),
        ({"type": "pair", "same_meaning": True}, False),
    ],
)
def test_what_counts_as_other_words(changes: dict[str, Any], same: bool) -> None:
    before = asked().questions[0].model_dump(mode="json")
    assert is_continued(before, before | changes) is same


def test_a_scale_written_short_and_as_stored_is_the_same_question() -> None:
    short = {"id": "a", "type": "scale", "text": {"nb": "Hva?"}, "low": {"nb": "Lite"}, "high": {"nb": "Mye"}}
    questionnaire = strict(asked().content() | {"pages": [{"id": "s", "title": {"nb": "T"}, "questions": [short]}]})
    assert wording(short) == wording(questionnaire.questions[0].model_dump(mode="json"))
    assert identity_of("byen", short) == "byen.a"


async def published(rt: Runtime, *surveys: tuple[Questionnaire, Sequence[Mapping[str, Any]]]) -> list[str]:
    """The pages of surveys held one after the other, each with ten answers."""
    deliver, pages = Deliverer(rt), []
    async with browser(rt) as client:
        sign_in(rt, client, "editor")
        for number, (questionnaire, each) in enumerate(surveys):
            survey_id, at = new_id(), AT + timedelta(days=100 * number)
            nobody = AnswerStrata(gender=None, bands=None)
            answers = [
                ResponseSubmitted(response_id=random_id(), survey_id=survey_id, strata=nobody, answers=answers_given)
                for answers_given in each
            ]
            strata = (StratumCount(gender="female", band="15-24", invited=20, answered=10),)
            opening = SurveyOpened(
                survey_id=survey_id, questionnaire=questionnaire.content(), opened_at=at, closes_at=at, cell_minimum=5
            )
            closing = SurveyClosed(
                survey_id=survey_id, opened_at=at, closed_at=at, invited=20, answered=10, released=10, strata=strata
            )
            await deliver(opening, *answers, closing)
            reply = await client.post(f"/staff/results/{survey_id}", data={"finding": "Noe"})
            pages.append((await client.get(reply.headers["location"])).text)
    return pages


async def test_the_public_page_shows_the_middle_of_numbers_and_each_statement(rt: Runtime) -> None:
    asked_all = strict(example.QUESTIONNAIRE)
    pages = await published(rt, *((asked_all, [example.ANSWERS | {"minutter": minutes}] * 10) for minutes in (20, 30)))
    middle = pages[1].split("Det midterste svaret i undersøkelsen som ble stengt")[1].split("</table>")[0]
    assert middle.count("<td") == 2
    assert [">20<" in middle, ">30<" in middle] == [True, True]
    statement = pages[1].split('id="q-paastander.ofte"')[1].split("<h3")[0]
    assert "Slik svarte panelet før" in statement
    assert "Slik svarte panelet før" not in pages[0]


async def test_the_public_page_shows_the_trend_and_says_where_it_is_broken(rt: Runtime) -> None:
    later = asked("ny", id="q1", bank="byen.trives")
    newest = asked("nyest", id="q1", bank="byen.trives", text={"nb": "Har du det bra?"})
    surveys = [
        (questionnaire, [{questionnaire.questions[0].id: "ja" if place < yes else "nei"} for place in range(10)])
        for questionnaire, yes in ((asked(), 3), (later, 6), (newest, 5))
    ]
    pages = await published(rt, *surveys)
    assert "Slik svarte panelet før" not in pages[0]
    assert "Slik svarte panelet før" in pages[1]
    assert "30\u00a0%" in pages[1]
    assert "med andre ord" not in pages[1]
    assert "Spørsmålet er stilt før med andre ord" in pages[2]
    assert "Slik svarte panelet før" not in pages[2]
