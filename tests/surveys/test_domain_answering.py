"""What an answer must be, and which questions a person sees."""

from typing import Any

import pytest

from services.surveys.answering.domain import NotAnAnswer, first_unfinished, only_shown, question_count, read_answer
from services.surveys.fieldwork.shelf import shipped

KLIMA = shipped()["klima"].content
QUESTIONS = {question["id"]: question for page in KLIMA["pages"] for question in page["questions"]}


@pytest.mark.parametrize(
    ("question", "values", "answer"),
    [
        ("reisemate", ["bil"], "bil"),
        ("viktigst", ["sykkel", "kollektiv"], ["kollektiv", "sykkel"]),
        ("innsats", ["3"], 3),
        ("innsats", ["vet_ikke"], "vet_ikke"),
        ("minutter", ["1 5"], 15),
        ("minutter", [""], None),
        ("forslag", ["<b>🚌</b>"], "<b>🚌</b>"),
    ],
)
def test_an_answer_is_stored_in_the_questionnaires_terms(question: str, values: list[str], answer: Any) -> None:
    assert read_answer(QUESTIONS[question], values) == answer


@pytest.mark.parametrize(
    ("question", "values", "code"),
    [
        ("reisemate", [], "missing"),
        ("reisemate", ["fly"], "not_an_option"),
        ("reisemate", ["bil", "gange"], "not_an_option"),
        ("viktigst", ["kollektiv", "sykkel", "bygg", "natur"], "too_many"),
        ("viktigst", ["penger"], "not_an_option"),
        ("innsats", ["6"], "not_an_option"),
        ("minutter", ["mange"], "not_a_number"),
        ("minutter", ["٣"], "not_a_number"),
        ("minutter", ["301"], "out_of_range"),
        ("forslag", ["x" * 4_001], "too_long"),
    ],
)
def test_what_is_no_answer_is_refused_by_the_rule_it_breaks(question: str, values: list[str], code: str) -> None:
    with pytest.raises(NotAnAnswer) as refusal:
        read_answer(QUESTIONS[question], values)
    assert refusal.value.code == code


def test_a_changed_mind_leaves_no_answer_to_a_hidden_question() -> None:
    answers = {"reisemate": "gange", "bilfri": "pris", "innsats": 3}
    assert only_shown(KLIMA, answers) == {"reisemate": "gange", "innsats": 3}


def test_a_question_that_an_answer_brings_up_must_be_answered_too() -> None:
    assert first_unfinished(KLIMA, {"reisemate": "bil"}) == 1
    assert first_unfinished(KLIMA, {"reisemate": "gange"}) == 2
    done = {"reisemate": "gange", "viktigst": ["sykkel"], "innsats": 3, "fortetting": "vet_ikke"}
    assert first_unfinished(KLIMA, done) is None


def test_the_count_told_at_the_start_is_of_questions_everybody_sees() -> None:
    assert question_count(KLIMA) == len(QUESTIONS) - 1
