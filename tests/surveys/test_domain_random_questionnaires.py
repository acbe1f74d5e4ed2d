"""Questionnaires nobody has thought of, answered by people nobody has thought of: what is asked, kept and counted."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.results.counting import count_answers
from services.surveys.answering.domain import fill_page, first_unfinished, only_shown, page_beside, shown_questions
from services.surveys.editing.checking import findings
from services.surveys.editing.reaching import Patience, is_reachable
from services.surveys.exchange.reading import read_xlsform
from services.surveys.exchange.writing import as_xlsform
from shared.events.questionnaire import KINDS, Questionnaire, example, holds, strict

CODES = ("a", "b", "c")
#: Kinds that conditions ask about, and made here so that every condition can hold.
ASKED_ABOUT = ("one_choice", "several_choices", "scale", "number", "short_text")


def in_bokmaal(content: Any) -> Any:
    """The same in one language."""
    if isinstance(content, dict):
        rest = {name: value for name, value in content.items() if name not in ("nn", "en")}
        return {name: in_bokmaal(value) for name, value in rest.items()}
    return [in_bokmaal(part) for part in content] if isinstance(content, list) else content


#: A question of every other kind, as the contracts have it.
OTHERS = {
    question["type"]: in_bokmaal({name: value for name, value in question.items() if name != "show_if"})
    for page in example.QUESTIONNAIRE["pages"]
    for question in page["questions"]
    if question["type"] not in ASKED_ABOUT
}
#: What is right in each field of those.
RIGHT: dict[str, list[str]] = {
    "information": [], "year": ["1998"], "date": ["2026-05-17"], "long_text": ["To\nlinjer"], "grid": ["2"],
    "ranking": ["sykkel", "buss"], "pair": ["tre"], "area": ["vest"],
}  # fmt: skip


def texts(draw: st.DrawFn) -> dict[str, str]:
    """A text in Bokmål; markup, quotes and lines of other scripts among them."""
    return {
        "nb": draw(
            st.sampled_from(
                ["Hva?", "<b>Hvor</b> & når?", "«Ja» 'nei' \"kanskje\"", "“Øl”, ærlig **talt**  nå?", "日本"]
            )
        )
    }


@st.composite
def conditions(draw: st.DrawFn, earlier: list[dict[str, Any]], depth: int = 2) -> Any:
    """A condition over earlier questions."""
    if depth and draw(st.booleans()):
        mode = draw(st.sampled_from(["all", "any", "none"]))
        return {mode: draw(st.lists(conditions(earlier, depth - 1), min_size=1, max_size=2))}
    question = draw(st.sampled_from(earlier))
    if question["type"] == "number":
        return {"question": question["id"], draw(st.sampled_from(["at_least", "at_most"])): draw(st.integers(0, 10))}
    if question["type"] == "scale":
        return {
            "question": question["id"],
            "any_of": draw(st.lists(st.integers(1, 3), min_size=1, max_size=2, unique=True)),
        }
    if question["type"] == "short_text":
        return {"question": question["id"]}
    return {
        "question": question["id"],
        "any_of": draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=2, unique=True)),
    }


@st.composite
def questionnaires(draw: st.DrawFn) -> Questionnaire:
    """Two to four pages of one to three questions each; first and last page have one that everybody gets."""
    pages: list[dict[str, Any]] = []
    earlier: list[dict[str, Any]] = []
    number_of_questions = 0
    count = draw(st.integers(2, 4))
    for number in range(count):
        page: dict[str, Any] = {"id": f"side{number}", "title": texts(draw), "questions": []}
        ends = number in (0, count - 1)
        if earlier and not ends and draw(st.booleans()):
            page["show_if"] = draw(conditions(earlier))
        for place in range(draw(st.integers(1, 3))):
            first_or_last = ends and place == 0
            kind = draw(st.sampled_from(ASKED_ABOUT if first_or_last else (*ASKED_ABOUT, *OTHERS)))
            question: dict[str, Any] = OTHERS.get(kind, {}) | {
                "id": f"q{number_of_questions}",
                "type": kind,
                "text": texts(draw),
            }
            number_of_questions += 1
            if kind != "information":
                question["required"] = draw(st.booleans())
            if kind in ("one_choice", "several_choices"):
                question["options"] = [{"code": code, "text": {"nb": code.upper()}} for code in CODES]
            elif kind == "scale":
                question |= {"steps": 3, "low": {"nb": "Lite"}, "high": {"nb": "Mye"}, "do_not_know": False}
            elif kind == "number":
                question |= {"min": 0, "max": 10}
            if earlier and not first_or_last and draw(st.booleans()):
                question["show_if"] = draw(conditions(earlier))
            page["questions"].append(question)
            if kind in ASKED_ABOUT:
                earlier.append(question)
        pages.append(page)
    return strict({
        "id": "tilfeldig", "version": 1, "title": {"nb": "Tilfeldig"}, "introduction": {"nb": "Vi spør."},
        "minutes": 5, "pages": pages,
    })  # fmt: skip


def rightly(question: Any) -> dict[str, list[str]]:
    """A right answer, by field."""
    if question.type in OTHERS:
        values = RIGHT[question.type]
        return {name: [values[place % len(values)]] for place, name in enumerate(question.fields)}
    return {question.id: {"number": ["5"], "scale": ["2"], "short_text": ["noe"]}.get(question.type, ["a"])}


def given_to(data: st.DataObject, question: Any) -> dict[str, list[str]]:
    """What somebody sends, by field, right more often than not."""
    wrong = st.sampled_from([[], ["finnes ikke"]])
    if question.type in OTHERS:
        return {
            name: data.draw(wrong) if data.draw(st.integers(0, 5)) == 0 else right
            for name, right in rightly(question).items()
        }
    right = {
        "one_choice": st.sampled_from(CODES).map(lambda code: [code]),
        "several_choices": st.lists(st.sampled_from(CODES), min_size=1, unique=True),
        "scale": st.integers(1, 3).map(lambda step: [str(step)]),
        "number": st.integers(0, 10).map(lambda number: [str(number)]),
        "short_text": st.sampled_from([["noe"], ["<script>"]]),
    }[question.type]
    return {question.id: data.draw(st.one_of(right, right, right, wrong))}


def walk(data: st.DataObject, questionnaire: Questionnaire) -> dict[str, Any]:
    """One person from the first page to the thanks; backwards and with errors now and then. What is stored."""
    answers: dict[str, Any] = {}
    inputs: dict[str, list[str]] = {}
    number = 1
    for step in range(200):
        page = questionnaire.pages[number - 1]
        # Tired of errors at last: from then on everything is answered rightly.
        answering = [given_to(data, part) if step <= 30 else rightly(part) for part in page.known]
        form = {name: values for fields in answering for name, values in fields.items()}
        ids = {question.id for question in shown_questions(page, only_shown(questionnaire, answers))}
        form = {name: values for name, values in form.items() if name.partition(".")[0] in ids}
        filling = fill_page(questionnaire, number, form, ids, (), answers)
        answers = filling.answers
        inputs = {id_: values for id_, values in inputs.items() if id_ not in form} | filling.typed
        if filling.refusals or filling.brought_up:
            continue
        if step < 20 and data.draw(st.integers(0, 5)) == 0:
            number = page_beside(questionnaire, answers, number, -1) or number
            continue
        on = page_beside(questionnaire, answers, number, 1)
        missing = first_unfinished(questionnaire, answers, inputs) if on is None else None
        if on is None and missing is None:
            return only_shown(questionnaire, answers)
        number = on or missing or number
    raise AssertionError("the survey did not end")


def shown_to(questionnaire: Questionnaire, kept: dict[str, Any]) -> set[str]:
    """The questions a person with these answers is asked, found another way: one after the other."""
    answers: dict[str, Any] = {}
    ids: set[str] = set()
    for page in questionnaire.pages:
        on_page = dict(answers)
        for question in page.known:
            if holds(page.show_if, on_page) and holds(question.show_if, answers):
                ids.add(question.id)
                if question.id in kept:
                    answers[question.id] = kept[question.id]
    return ids


def test_every_kind_may_be_drawn() -> None:
    assert {*ASKED_ABOUT, *OTHERS} == KINDS.keys()
    assert OTHERS.keys() == RIGHT.keys()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(questionnaires(), st.data())
def test_what_is_stored_was_asked_is_complete_and_is_counted(asked: Questionnaire, data: st.DataObject) -> None:
    walks = [walk(data, asked) for _ in range(data.draw(st.integers(5, 7)))]
    for answers in walks:
        ids = shown_to(asked, answers)
        assert set(answers) <= ids, "an answer to a question this person was not asked"
        assert {question.id for question in asked.questions if question.required} & ids <= set(answers)
    for count in count_answers(asked, walks):
        values = [answers[count.id] for answers in walks if count.id in answers]
        assert count.base == len(values)
        if count.counts and count.kind in ASKED_ABOUT:
            flat = Counter(
                str(code) for answer in values for code in (answer if isinstance(answer, list) else [answer])
            )
            assert {code: number for code, number in count.counts.items() if number} == flat


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(questionnaires())
def test_what_is_written_to_a_workbook_reads_back_unchanged(asked: Questionnaire) -> None:
    assert read_xlsform(as_xlsform(asked.content()), "a.xlsx").content == asked.content()


def _asked(*questions: dict[str, Any], **page: Any) -> dict[str, Any]:
    question = {"id": "bil", "type": "one_choice", "text": {"nb": "Har du bil?"}, "options": [
        {"code": "ja", "text": {"nb": "Ja"}}, {"code": "nei", "text": {"nb": "Nei"}}]}  # fmt: skip
    age = {"id": "alder", "type": "number", "text": {"nb": "Hvor gammel er du?"}, "min": 15, "max": 99}
    last = {"id": "sist", "type": "short_text", "text": {"nb": "Noe mer?"}}
    return {
        "id": "byen", "version": 1, "title": {"nb": "Byen"}, "introduction": {"nb": "Vi spør."}, "minutes": 5,
        "pages": [
            {"id": "side1", "title": {"nb": "Først"}, "questions": [question, age]},
            {"id": "side2", "title": {"nb": "Så"}, "questions": list(questions)} | page,
            {"id": "side3", "title": {"nb": "Sist"}, "questions": [last]},
        ],
    }  # fmt: skip


def _text(**more: Any) -> dict[str, Any]:
    return {"id": "hva", "type": "short_text", "text": {"nb": "Hva?"}, **more}


YES, NO = {"question": "bil", "any_of": ["ja"]}, {"question": "bil", "any_of": ["nei"]}


@pytest.mark.parametrize(
    ("questions", "page", "reached"),
    [
        ([_text(show_if=YES)], {}, True),
        ([_text(show_if={"all": [YES, NO]})], {}, False),
        ([_text(show_if={"any": [YES, NO]})], {}, True),
        ([_text(show_if={"none": [YES, NO, {"none": [{"question": "bil"}]}]})], {}, False),
        ([_text(show_if=YES)], {"show_if": NO}, False),
        (
            [_text(show_if={"all": [{"question": "alder", "at_least": 70}, {"question": "alder", "at_most": 20}]})],
            {},
            False,
        ),
        ([_text(show_if={"question": "alder", "at_least": 100})], {}, False),
        ([_text(show_if={"question": "alder", "at_least": 99})], {}, True),
        # Only who has a car is asked the first, so nobody without one has answered it.
        ([_text(id="merke", show_if=YES), _text(show_if={"all": [{"question": "merke"}, NO]})], {}, False),
    ],
)
def test_what_nobody_can_be_shown_is_a_fault(questions: list[Any], page: dict[str, Any], reached: bool) -> None:
    faults = [finding for finding in findings(_asked(*questions, **page)) if "ingen svar fører hit" in finding.text]
    assert bool(faults) is not reached
    assert all(fault.stops for fault in faults)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(questionnaires(), st.data())
def test_whoever_is_shown_a_question_shows_that_it_can_be_reached(asked: Questionnaire, data: st.DataObject) -> None:
    answers = walk(data, asked)
    content, earlier = asked.content(), dict[str, Any]()
    for page in content["pages"]:
        for question in page["questions"]:
            if question["id"] in shown_to(asked, answers):
                assert is_reachable(question, page, earlier), question
            earlier[question["id"]] = (question, page)


def test_conditions_that_go_round_in_a_circle_are_faults() -> None:
    first = _text(id="en", show_if={"question": "to"})
    content = _asked(first, _text(id="to", text={"nb": "Hva så?"}, show_if={"question": "en"}))
    texts_ = [finding.text for finding in findings(content) if finding.stops]
    assert any("viser til «Hva så?», som ikke blir spurt om før" in text for text in texts_)


def test_ten_thousand_questions_are_a_clear_error() -> None:
    content = _asked(*[_text(id=f"q{number}", text={"nb": f"Hva er nummer {number}?"}) for number in range(10_000)])
    assert any(
        "10003 spørsmål. Det kan ha høyst 200" in finding.text and finding.stops for finding in findings(content)
    )


def test_a_questionnaire_full_of_wide_conditions_is_checked_in_a_moment() -> None:
    many = [{"code": f"x{n}", "text": {"nb": f"Svar {n}"}} for n in range(30)]
    questions: list[dict[str, Any]] = [
        {"id": f"a{n}", "type": "one_choice", "text": {"nb": f"Valg {n}?"}, "options": many} for n in range(4)
    ]
    # Each of these can hold, and the last way tried is the first that shows it.
    wide = {"all": [{"question": f"a{n}", "any_of": ["x29"]} for n in range(4)]}
    content = _asked(*questions, *[_text(id=f"q{n}", text={"nb": f"Hva {n}?"}, show_if=wide) for n in range(150)])
    patience = Patience()
    earlier = {part["id"]: (part, content["pages"][1]) for part in questions}
    assert all(is_reachable(question, None, earlier, patience) for question in content["pages"][1]["questions"][4:])
    assert patience.ways == 0, "no more was tried than one page can wait for"
