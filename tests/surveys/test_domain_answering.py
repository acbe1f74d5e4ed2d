"""What an answer must be, and which questions a person sees."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.surveys.answering.domain import (
    fill_page,
    first_unfinished,
    only_shown,
    page_beside,
    shown_questions,
    unfinished_on,
)
from services.surveys.answering.reading import NotAnAnswer, read_answer
from services.surveys.questionnaire.shelf import shelf
from shared.events.questionnaire import Answered, Number, Page, Question, ShortText, Texts, strict
from shared.settings import Settings

READY = shelf(Settings())
KLIMA, BAERINGEN = READY["klima"], READY["baeringen"]
QUESTIONS = {question.id: question for question in KLIMA.questions}
DEGREES = Number(id="grader", type="number", text=Texts(nb="Hvor varmt?"), min=-10, max=30, decimals=1)


@pytest.mark.parametrize(
    ("question", "values", "answer"),
    [
        ("reisemate", ["bil"], "bil"),
        ("viktigst", ["sykkel", "kollektiv"], ["kollektiv", "sykkel"]),
        ("innsats", ["3"], 3),
        ("innsats", ["vet_ikke"], "vet_ikke"),
        ("minutter", ["15"], 15),
        ("minutter", ["12,0"], 12),
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
        ("minutter", ["1 2"], "not_a_number"),
        ("minutter", ["--5"], "not_a_number"),
        ("minutter", ["5-"], "not_a_number"),
        ("minutter", ["٣"], "not_a_number"),
        ("minutter", ["1e3"], "not_a_number"),
        ("minutter", ["9" * 4000], "not_a_number"),
        ("minutter", ["12,5"], "not_whole"),
        ("minutter", ["-1"], "out_of_range"),
        ("minutter", ["301"], "out_of_range"),
        ("forslag", ["x" * 4_001], "too_long"),
    ],
)
def test_what_is_no_answer_is_refused_by_the_rule_it_breaks(question: str, values: list[str], code: str) -> None:
    with pytest.raises(NotAnAnswer) as refusal:
        read_answer(QUESTIONS[question], values)
    assert refusal.value.code == code


@pytest.mark.parametrize(("typed", "number"), [("3,5", 3.5), ("3.5", 3.5), ("-0,5", -0.5), ("−4", -4), ("30,0", 30)])
def test_decimals_are_written_with_a_comma_or_a_point(typed: str, number: float) -> None:
    assert read_answer(DEGREES, [typed]) == number


@pytest.mark.parametrize(
    ("typed", "code"), [("3,55", "too_many_decimals"), ("30,1", "out_of_range"), ("3,", "not_a_number")]
)
def test_decimals_keep_to_the_question(typed: str, code: str) -> None:
    with pytest.raises(NotAnAnswer) as refusal:
        read_answer(DEGREES, [typed])
    assert refusal.value.code == code


def test_a_changed_mind_leaves_no_answer_to_a_hidden_question() -> None:
    answers = {"reisemate": "gange", "bilfri": "pris", "innsats": 3}
    assert only_shown(KLIMA, answers) == {"reisemate": "gange", "innsats": 3}


def test_no_condition_goes_by_an_answer_that_is_hidden() -> None:
    """Who changed their mind on page 1 was shown page 3 again and again: it asked for what only page 2 brings up."""
    options = [{"code": code, "text": {"nb": code}} for code in ("ja", "nei")]
    a, b, c, d = ({"type": "one_choice", "id": id_, "text": {"nb": id_}, "options": options} for id_ in "abcd")
    d["show_if"] = {"question": "b", "any_of": ["ja"]}
    pages: list[dict[str, Any]] = [
        {"id": f"side{number}", "title": {"nb": "Side"}, "questions": questions}
        for number, questions in enumerate(([a], [b], [c, d]))
    ]
    pages[1]["show_if"] = {"question": "a", "any_of": ["nei"]}
    asked = strict({
        "id": "byen", "version": 1, "title": {"nb": "By"}, "introduction": {"nb": "Hei."}, "minutes": 5, "pages": pages,
    })  # fmt: skip
    answers: Any = {}
    for number, sent in ((1, {"a": ["nei"]}), (2, {"b": ["ja"]}), (1, {"a": ["ja"]})):
        answers = fill_page(asked, number, sent, list(sent), (), answers).answers
    last = fill_page(asked, 3, {"c": ["ja"]}, ["c"], (), answers)
    assert (last.brought_up, last.refusals) == ((), {})
    assert first_unfinished(asked, last.answers) is None
    back = fill_page(asked, 1, {"a": ["nei"]}, ["a"], (), last.answers).answers
    assert back["b"] == "ja", "an answer rests until its page comes up again"


def test_what_was_written_where_another_answer_hid_it_is_there_when_it_comes_up_again() -> None:
    both = ["reisemate", "bilfri", "minutter"]
    sent = {"reisemate": ["gange"], "bilfri": ["pris"], "minutter": ["12"]}
    hidden = fill_page(KLIMA, 1, sent, both, (), {})
    assert only_shown(KLIMA, hidden.answers) == {"reisemate": "gange", "minutter": 12}
    again = fill_page(
        KLIMA, 1, {"reisemate": ["bil"], "minutter": ["12"]}, ["reisemate", "minutter"], (), hidden.answers
    )
    assert again.brought_up == ("bilfri",)
    assert only_shown(KLIMA, again.answers)["bilfri"] == "pris"
    emptied = fill_page(KLIMA, 1, {"reisemate": ["gange"], "minutter": ["12"]}, both, (), again.answers)
    assert "bilfri" not in emptied.answers


def test_a_question_an_answer_brings_up_is_no_error_before_it_was_seen_and_one_after() -> None:
    first = fill_page(KLIMA, 1, {"reisemate": ["bil"]}, ["reisemate", "minutter"], (), {})
    assert (first.brought_up, first.refusals) == (("bilfri",), {})
    second = fill_page(KLIMA, 1, {"reisemate": ["bil"]}, ["reisemate", "bilfri", "minutter"], (), first.answers)
    assert second.brought_up == ()
    assert {id_: refusal.code for id_, refusal in second.refusals.items()} == {"bilfri": "missing"}


def test_what_is_no_answer_is_kept_as_it_was_typed() -> None:
    filling = fill_page(KLIMA, 1, {"reisemate": ["gange"], "minutter": ["mange"]}, (), (), {"minutter": 5})
    assert (filling.answers, filling.typed) == ({"reisemate": "gange"}, {"minutter": ["mange"]})


def test_text_with_characters_taken_out_is_shown_again_before_it_counts() -> None:
    filling = fill_page(KLIMA, 3, {"ett_ord": ["vann"]}, ["ett_ord"], ["ett_ord"], {})
    assert filling.refusals["ett_ord"].code == "characters"
    assert first_unfinished(KLIMA.model_copy(update={"pages": KLIMA.pages[2:]}), filling.answers, filling.typed) == 1


def test_everything_that_must_be_answered_or_put_right_is_found() -> None:
    assert first_unfinished(KLIMA, {"reisemate": "bil"}) == 1
    assert first_unfinished(KLIMA, {"reisemate": "gange"}) == 2
    answers = {"reisemate": "gange", "viktigst": ["sykkel"], "innsats": 3, "fortetting": "vet_ikke"}
    assert first_unfinished(KLIMA, answers) is None
    assert first_unfinished(KLIMA, answers, {"minutter": ["mange"]}) == 1


def test_a_page_that_asks_this_person_nothing_is_passed_over() -> None:
    first, middle, last = BAERINGEN.pages[0], BAERINGEN.pages[1], BAERINGEN.pages[2]
    only_readers = middle.model_copy(update={"questions": middle.questions[:1]})
    short = BAERINGEN.model_copy(update={"pages": (first, only_readers, last)})
    assert page_beside(short, {"lest": "alt"}, 1, 1) == 2
    assert page_beside(short, {"lest": "ikke_sett"}, 1, 1) == 3
    assert page_beside(short, {"lest": "ikke_sett"}, 3, -1) == 1
    assert page_beside(short, {"lest": "ikke_sett"}, 3, 1) is None


def test_the_count_told_at_the_start_is_of_questions_everybody_sees() -> None:
    assert KLIMA.asked_of_all == len(QUESTIONS) - 1


def values_for(question: Question) -> st.SearchStrategy[list[str]]:
    """What a form may send for a question: nothing, answers that fit it, or anything at all."""
    codes = [option.code for option in getattr(question, "options", ())] or ["1", "5", "vet_ikke", "12", "ord"]
    fitting = st.lists(st.sampled_from(codes), min_size=1, max_size=3, unique=True)
    return st.one_of(st.just([]), fitting, fitting, st.lists(st.text(max_size=8), max_size=2))


@given(st.data())
def test_whatever_is_sent_in_whatever_order_what_counts_is_complete_and_was_asked(data: st.DataObject) -> None:
    """Nothing a form holds breaks a page, and answers that may be sent in answer exactly what the person saw."""
    questionnaire = data.draw(st.sampled_from([KLIMA, BAERINGEN]))
    answers: dict[str, Any] = {}
    texts: dict[str, list[str]] = {}
    for number in data.draw(st.lists(st.integers(1, len(questionnaire.pages)), max_size=8)):
        page = questionnaire.pages[number - 1]
        fields = {question.id: data.draw(values_for(question)) for question in page.questions}
        fields_shown = data.draw(st.sets(st.sampled_from(sorted(fields))))
        filling = fill_page(questionnaire, number, fields, fields_shown, (), answers)
        answers = filling.answers
        texts = {id_: values for id_, values in texts.items() if id_ not in fields} | filling.typed
        assert not set(filling.refusals) & set(filling.answers)
    answers_shown = only_shown(questionnaire, answers)
    ids = {question.id for page in questionnaire.pages for question in shown_questions(page, answers_shown)}
    assert set(answers_shown) <= ids
    required = {question.id for question in questionnaire.questions if question.required}
    complete = first_unfinished(questionnaire, answers, texts) is None
    assert complete == (ids & required <= set(answers_shown) and not (set(texts) & ids) - set(answers_shown))


def test_what_comes_after_a_page_or_question_that_is_not_asked_is_asked_all_the_same() -> None:
    """The first page asks two things, the second is for nobody, the third asks one more."""
    never = Answered(question="other", any_of=("nei",))
    rows = [("q1", None), ("q2", never), ("q3", None), ("q4", None), ("q5", None)]
    questions = {
        id_: ShortText(id=id_, type="short_text", text=Texts(nb=id_), show_if=condition, required=True)
        for id_, condition in rows
    }
    parts = [(("q1", "q2", "q3"), None), (("q4",), never), (("q5",), None)]
    pages = tuple(
        Page(id=f"s{n}", title=Texts(nb="x"), show_if=condition, questions=tuple(questions[id_] for id_ in ids))
        for n, (ids, condition) in enumerate(parts)
    )
    asked = KLIMA.model_copy(update={"pages": pages})
    answers = dict.fromkeys(questions, "ja")
    assert list(only_shown(asked, answers)) == ["q1", "q3", "q5"]
    form = {id_: ["ja"] for id_ in ("q1", "q3")}
    assert fill_page(asked, 1, form, [], (), {}).answers == {"q1": "ja", "q3": "ja"}
    assert fill_page(asked, 1, form | {"q2": ["ja"]}, ["q2"], (), {}).refusals == {}
    assert list(unfinished_on(pages[0], {"q1": "ja"}, {})) == ["q3"]
    assert (page_beside(asked, answers, 1, -1), page_beside(asked, answers, 3, 1)) == (None, None)
    assert (page_beside(asked, answers, 1, 1), page_beside(asked, answers, 3, -1)) == (3, 1)
