"""Every kind of question: what its fields may hold, what is stored, and what stands in the fields again."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.surveys.answering.domain import fill_page, first_unfinished, in_order, only_shown, quotes, shown_questions
from services.surveys.answering.reading import read_question, written_back
from services.surveys.answering.showing import MESSAGES, standing
from shared.events.questionnaire import Grid, Questionnaire, SeveralChoices, Texts, example, strict
from tests.questionnaires import content

ASKED = strict(example.QUESTIONNAIRE)
QUESTIONS = {question.id: question for question in ASKED.questions}


def form_of(id_: str) -> dict[str, list[str]]:
    return written_back(QUESTIONS[id_], example.ANSWERS)


@pytest.mark.parametrize("id_", QUESTIONS)
def test_what_is_stored_stands_in_the_fields_again_and_is_read_the_same(id_: str) -> None:
    question = QUESTIONS[id_]
    reading = read_question(question, form_of(id_))
    assert reading.refusals == {}
    assert reading.answers == {name: value for name, value in example.ANSWERS.items() if name.partition(".")[0] == id_}


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"ogsaa": ["ingen"]}, {"ogsaa": ["ingen"]}),
        ({"oftest": ["buss"], "oftest.annet": ["Båt"]}, {"oftest": "buss"}),
        ({"oftest.annet": ["Båt"]}, {"oftest": "annet", "oftest.annet": "Båt"}),
        ({"oftest": ["annet"], "oftest.annet": [""]}, {"oftest": "annet"}),
        ({"sist": ["17.5.2026"]}, {"sist": "2026-05-17"}),
        ({"sist": ["2026-05-17"]}, {"sist": "2026-05-17"}),
        ({"minutter": ["200"]}, {"minutter": 200}),
        ({"kort": ["1998"]}, {"kort": 1998}),
        ({"sted": [""]}, {}),
        ({"fornoyd": ["7"]}, {"fornoyd": 7}),
        ({"fornoyd": ["vet_ikke"]}, {"fornoyd": "vet_ikke"}),
        ({"viktigst.1": ["bil"], "viktigst.2": ["buss"]}, {"viktigst": ["bil", "buss"]}),
    ],
)
def test_an_answer_is_stored_in_the_kinds_own_terms(sent: dict[str, list[str]], stored: dict[str, Any]) -> None:
    question = QUESTIONS[next(iter(sent)).partition(".")[0]]
    reading = read_question(question, sent)
    assert (reading.answers, reading.refusals) == (stored, {})


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        ({"ogsaa": ["ingen", "buss"]}, {"ogsaa": "not_alone"}),
        ({"ogsaa": ["buss", "sykkel", "bil"]}, {"ogsaa": "too_many"}),
        ({"oftest": ["annet"], "oftest.annet": ["x" * 201]}, {"oftest.annet": "too_long"}),
        ({"kort": ["98"]}, {"kort": "not_a_year"}),
        ({"kort": ["3000"]}, {"kort": "year_out_of_range"}),
        ({"sist": ["31.2.2026"]}, {"sist": "not_a_day"}),
        ({"sist": ["i går"]}, {"sist": "not_a_day"}),
        ({"sist": ["31.12.2025"]}, {"sist": "too_early"}),
        ({"fornoyd": ["8"]}, {"fornoyd": "not_an_option"}),
        ({"torget": ["bil"]}, {"torget": "not_an_option"}),
        ({"sted": ["nord"]}, {"sted": "not_an_option"}),
        ({"paastander.ofte": ["3"]}, {"paastander.trygt": "missing"}),
        ({"paastander.ofte": ["6"], "paastander.trygt": ["1"]}, {"paastander.ofte": "not_an_option"}),
        ({"viktigst.1": ["bil"]}, {"viktigst.2": "place_missing"}),
        ({"viktigst.1": ["bil"], "viktigst.2": ["bil"]}, {"viktigst.2": "ranked_twice"}),
        ({"viktigst.1": ["fly"], "viktigst.2": ["bil"]}, {"viktigst.1": "not_an_option"}),
        ({"raad": ["x" * 1001]}, {"raad": "too_long"}),
    ],
)
def test_what_is_wrong_is_said_at_its_own_field(sent: dict[str, list[str]], refused: dict[str, str]) -> None:
    question = QUESTIONS[next(iter(sent)).partition(".")[0]]
    reading = read_question(question, sent)
    assert {field: refusal.code for field, refusal in reading.refusals.items()} == refused
    assert reading.answers == {}
    assert set(refused.values()) <= set(MESSAGES)


def test_at_least_so_many_must_be_chosen_where_it_says_so() -> None:
    question = QUESTIONS["ogsaa"].model_copy(update={"min": 2})
    assert isinstance(question, SeveralChoices)
    assert read_question(question, {"ogsaa": ["buss"]}).refusals["ogsaa"].code == "too_few"
    assert read_question(question, {"ogsaa": ["ingen"]}).answers == {"ogsaa": ["ingen"]}


def test_a_grid_that_may_be_left_out_takes_the_statements_that_were_answered() -> None:
    grid = QUESTIONS["paastander"].model_copy(update={"required": False})
    assert read_question(grid, {"paastander.ofte": ["1"]}).answers == {"paastander": {"ofte": 1}}
    assert read_question(grid, {}).answers == {}


@given(
    st.dictionaries(st.sampled_from([f for q in QUESTIONS.values() for f in q.fields]), st.lists(st.text(max_size=9)))
)
def test_nothing_a_form_may_hold_breaks_a_kind(sent: dict[str, list[str]]) -> None:
    for question in QUESTIONS.values():
        reading = read_question(question, sent)
        assert not (reading.answers and reading.refusals)
        assert set(reading.refusals) <= set(question.fields)


@pytest.mark.parametrize(
    ("condition", "answers", "shown"),
    [
        (
            {"any": [{"question": "oftest", "any_of": ["bil"]}, {"question": "minutter", "at_least": 60}]},
            {"minutter": 60},
            True,
        ),
        (
            {"any": [{"question": "oftest", "any_of": ["bil"]}, {"question": "minutter", "at_least": 60}]},
            {"minutter": 59},
            False,
        ),
        (
            {"all": [{"question": "oftest"}, {"question": "minutter", "at_most": 10}]},
            {"oftest": "buss", "minutter": 5},
            True,
        ),
        ({"all": [{"question": "oftest"}, {"question": "minutter", "at_most": 10}]}, {"minutter": 5}, False),
        ({"none": [{"question": "ogsaa", "any_of": ["bil"]}]}, {"ogsaa": ["buss", "bil"]}, False),
        ({"none": [{"question": "ogsaa", "any_of": ["bil"]}]}, {}, True),
        ({"question": "fornoyd", "at_least": 4}, {"fornoyd": "vet_ikke"}, False),
        ({"question": "paastander.trygt", "any_of": [5]}, {"paastander": {"trygt": 5}}, True),
        ({"question": "paastander.trygt", "any_of": [5]}, {"paastander": {"ofte": 5}}, False),
        ({"newer": 1}, {"oftest": "bil"}, False),
    ],
)
def test_a_condition_joins_earlier_answers(condition: dict[str, Any], answers: dict[str, Any], shown: bool) -> None:
    questionnaire = content()
    questionnaire["pages"][2]["questions"][2]["show_if"] = condition
    page = Questionnaire.model_validate(questionnaire).pages[2]
    assert ("linje" in [question.id for question in shown_questions(page, answers)]) == shown


def test_a_page_that_is_not_for_somebody_takes_and_keeps_nothing() -> None:
    answers = {name: value for name, value in example.ANSWERS.items() if name != "minutter"} | {"minutter": 0}
    page = ASKED.pages[1]
    assert fill_page(ASKED, 2, form_of("fornoyd"), (), (), {"minutter": 0}).answers == {"minutter": 0}
    assert not {question.id for question in page.known} & set(only_shown(ASKED, answers))
    assert {question.id for question in page.known} < set(only_shown(ASKED, example.ANSWERS))


@pytest.mark.parametrize("words", ["Båt", "x" * 201])
def test_words_beside_an_option_that_is_not_chosen_stay_in_their_field_and_are_no_answer(words: str) -> None:
    sent = {"oftest": ["bil"], "oftest.annet": [words], "minutter": ["4"]}
    filling = fill_page(ASKED, 1, sent, (), (), example.ANSWERS)
    assert filling.answers["oftest"] == "bil"
    assert "oftest.annet" not in filling.answers
    question = QUESTIONS["oftest"]
    assert standing(question, filling.answers, filling.typed, "nb") == {"oftest": ["bil"], "oftest.annet": [words]}
    assert first_unfinished(ASKED, example.ANSWERS | filling.answers, filling.typed) is None
    emptied = fill_page(ASKED, 1, {"oftest": ["bil"], "minutter": ["4"]}, (), (), example.ANSWERS)
    assert "oftest.annet" not in emptied.answers
    assert emptied.typed == {}
    again = fill_page(ASKED, 1, sent | {"oftest": ["annet"]}, (), (), filling.answers, filling.typed)
    assert again.answers.get("oftest.annet") == (words if len(words) < 200 else None)


def test_a_box_that_is_no_longer_ticked_does_not_come_back_by_the_words_beside_it() -> None:
    options = [option.model_copy(update={"write": option.code == "bil"}) for option in QUESTIONS["ogsaa"].options]  # type: ignore[union-attr]
    several = QUESTIONS["ogsaa"].model_copy(update={"options": tuple(options)})
    page = ASKED.pages[0].model_copy(update={"questions": (several,)})
    asked = ASKED.model_copy(update={"pages": (page,)})
    written = fill_page(asked, 1, {"ogsaa": ["buss"], "ogsaa.bil": ["Lånt"]}, (), (), {})
    assert written.answers == {"ogsaa": ["buss", "bil"], "ogsaa.bil": "Lånt"}, "who writes there chooses it"
    sent = {"ogsaa": ["buss"], "ogsaa.bil": ["Lånt"]}
    left = fill_page(asked, 1, sent, (), (), written.answers, written.typed)
    assert (left.answers, left.typed) == ({"ogsaa": ["buss"]}, {"ogsaa.bil": ["Lånt"]})
    still = fill_page(asked, 1, sent, (), (), left.answers, left.typed)
    assert (still.answers, still.typed) == (left.answers, left.typed)
    new = fill_page(asked, 1, sent | {"ogsaa.bil": ["Leid"]}, (), (), left.answers, left.typed)
    assert new.answers["ogsaa.bil"] == "Leid"
    alone = fill_page(asked, 1, {"ogsaa.bil": ["Lånt"]}, (), (), left.answers, left.typed)
    assert alone.answers == {"ogsaa": ["bil"], "ogsaa.bil": "Lånt"}


def test_a_later_text_quotes_an_earlier_answer_in_the_readers_language() -> None:
    words = quotes(ASKED, {"oftest": "buss", "ogsaa": ["sykkel", "bil"], "fornoyd": "vet_ikke"}, "en", "Do not know")
    assert words == {"oftest": "Bus", "ogsaa": "Bicycle, Car", "fornoyd": "Do not know"}
    assert Texts(nb="Du svarte {oftest}, ikke {minutter}.").to("nb", words) == "Du svarte Bus, ikke …."


def test_a_drawn_order_moves_all_but_what_stays_last_and_is_the_same_for_one_page() -> None:
    question = QUESTIONS["oftest"]
    assert not isinstance(question, Grid)
    options = question.options  # type: ignore[union-attr]
    orders = {tuple(option.code for option in in_order(question, options, number)) for number in range(100)}
    assert len(orders) == 6
    assert all(order[-1] == "annet" for order in orders)
    assert in_order(question, options, 7) == in_order(question, options, 7)
    fixed = question.model_copy(update={"shuffle": False})
    assert in_order(fixed, options, 7) == list(options)


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_a_decimal_stands_in_the_field_as_its_reader_writes_it(language: str) -> None:
    question = QUESTIONS["minutter"].model_copy(update={"decimals": 1})
    values = standing(question, {"minutter": 2.5}, {}, language)
    assert values == {"minutter": ["2.5" if language == "en" else "2,5"]}
    assert standing(question, {"minutter": 2.5}, {"minutter": ["mange"]}, language) == {"minutter": ["mange"]}


def test_a_limit_of_days_is_told_as_a_day() -> None:
    day = QUESTIONS["sist"]
    refusals = read_question(day, {"sist": ["1.1.2020"]}).refusals
    assert refusals["sist"].parameters == {"min": date(2026, 1, 1)}


def test_statements_of_a_grid_are_shuffled_too() -> None:
    (grid,) = [question for question in ASKED.questions if isinstance(question, Grid)]
    drawn = grid.model_copy(update={"shuffle": True})
    orders = {tuple(row.code for row in in_order(drawn, grid.statements, number)) for number in range(50)}
    assert len(orders) > 1
    assert {tuple(sorted(order)) for order in orders} == {tuple(sorted(row.code for row in grid.statements))}
