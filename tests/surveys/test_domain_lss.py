"""LimeSurvey's files: what fits is taken, what does not is named, and a hostile file is refused in words."""

from typing import Any
from xml.sax.saxutils import escape

import pytest

from services.surveys.exchange.files import MOST_LSS_BYTES, BadFile
from services.surveys.exchange.lss import read_lss
from services.surveys.exchange.taking import MOST_ROWS, Imported
from shared.events.questionnaire import strict

Rows = list[dict[str, Any]]


def table(name: str, rows: Rows) -> str:
    """A table as the file holds it."""
    cells = ["".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in row.items()) for row in rows]
    return f"<{name}><rows>{''.join(f'<row>{row}</row>' for row in cells)}</rows></{name}>"


def lss(
    questions: Rows, language: str = "nb", head: str = '<?xml version="1.0" encoding="UTF-8"?>', **more: Rows
) -> str:
    """A survey with one group, as LimeSurvey 6 saves it."""
    question_rows = [
        {"qid": n, "gid": 1, "title": f"q{n}", "type": "L", **question} for n, question in enumerate(questions, start=1)
    ]
    texts = [{"qid": row["qid"], "language": language, "question": row.pop("text", "Hva?")} for row in question_rows]
    texts += [{"qid": row["qid"], "language": language, "question": row.pop("text")} for row in more.get("below", [])]
    answers = more.get("answers", [])
    return head + "<document><LimeSurveyDocType>Survey</LimeSurveyDocType>" + "".join([
        table("surveys", [{"sid": 9, "language": language}]),
        table("surveys_languagesettings", [
            {"surveyls_survey_id": 9, "surveyls_language": language, "surveyls_title": "Byen",
             "surveyls_welcometext": "<p>Vi vil vite.&nbsp;Svar gjerne.</p>"},
        ]),
        table("groups", [{"gid": 1, "group_order": 0, "grelevance": more.get("grelevance", "1")}]),
        table("group_l10ns", [{"gid": 1, "group_name": "Om byen", "language": language}]),
        table("questions", question_rows),
        table("subquestions", more.get("below", [])),
        table("question_l10ns", texts),
        table("answers", [{"aid": n, **answer} for n, answer in enumerate(answers, start=1)]),
        table("answer_l10ns", [
            {"aid": n, "answer": f"Svar {row['code']}", "language": language} for n, row in enumerate(answers, start=1)
        ]),
        table("question_attributes", more.get("attributes", [])),
    ]) + "</document>"  # fmt: skip


def taken(questions: Rows, **more: Any) -> Imported:
    """What the file gives."""
    return read_lss(lss(questions, **more).encode(), "byen.lss")


def below(qid: int, *codes: str) -> Rows:
    """Rows of a question."""
    return [
        {"qid": 100 * qid + n, "parent_qid": qid, "gid": 1, "title": code, "question_order": n, "text": f"Om {code}"}
        for n, code in enumerate(codes)
    ]


def answers(qid: int, *codes: str, scale: int = 0) -> Rows:
    """Answers to a question."""
    return [{"qid": qid, "code": code, "sortorder": n, "scale_id": scale} for n, code in enumerate(codes)]


@pytest.mark.parametrize(
    ("kind", "more", "types"),
    [
        ("L", {"answers": answers(1, "A1", "A2")}, ["one_choice"]),
        ("!", {"answers": answers(1, "A1", "A2")}, ["one_choice"]),
        ("O", {"answers": answers(1, "A1", "A2")}, ["one_choice"]),
        ("Y", {}, ["one_choice"]),
        ("G", {}, ["one_choice"]),
        ("M", {"below": below(1, "a", "b")}, ["several_choices"]),
        ("P", {"below": below(1, "a", "b")}, ["several_choices"]),
        ("R", {"answers": answers(1, "A1", "A2", "A3", "A4")}, ["ranking"]),
        ("5", {}, ["scale"]),
        ("A", {"below": below(1, "a", "b")}, ["grid"]),
        ("B", {"below": below(1, "a", "b")}, ["grid"]),
        ("C", {"below": below(1, "a", "b")}, ["grid"]),
        ("E", {"below": below(1, "a")}, ["scale"]),
        ("F", {"below": below(1, "a", "b"), "answers": answers(1, "x", "y", "z")}, ["grid"]),
        ("H", {"below": below(1, "a", "b"), "answers": answers(1, "x", "y")}, ["grid"]),
        ("1", {"below": below(1, "a", "b"), "answers": answers(1, "x", "y") + answers(1, "p", "q", scale=1)},
         ["grid", "grid"]),
        ("N", {}, ["number"]),
        ("K", {"below": below(1, "a", "b")}, ["number", "number"]),
        ("Q", {"below": below(1, "a", "b")}, ["short_text", "short_text"]),
        ("S", {}, ["short_text"]),
        ("T", {}, ["long_text"]),
        ("U", {}, ["long_text"]),
        ("D", {}, ["date"]),
        ("X", {}, ["information"]),
    ],
)  # fmt: skip
def test_every_kind_that_has_its_like_here_is_taken(kind: str, more: dict[str, Any], types: list[str]) -> None:
    imported = taken([{"type": kind, "mandatory": "Y"}, {"type": "S"}], **more)
    assert [part["type"] for part in imported.content["pages"][0]["questions"]] == [*types, "short_text"]
    assert imported.refusals == []
    for question in imported.content["pages"][0]["questions"]:
        if question["type"] in ("scale", "grid") and "each" not in question:
            # The file does not say what the ends mean: staff write it.
            question |= {"low": {"nb": "Lite"}, "high": {"nb": "Mye"}}
    assert strict(imported.content).pages[0].title.nb == "Om byen"
    assert imported.content["introduction"] == {"nb": "Vi vil vite. Svar gjerne."}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"type": ":"}, "fylles med tall"),
        ({"type": ";"}, "fylles med tekst"),
        ({"type": "|"}, "ber om en fil"),
        ({"type": "*"}, "regner ut noe skjult"),
        ({"type": "I"}, "spør om språk"),
        ({"type": "æ"}, "«æ»"),
        ({"type": "S", "text": "Du er {if(alder > 5, 'stor', 'liten')}"}, "regner ut noe"),
        ({"type": "S", "text": "Hei {TOKEN:FIRSTNAME}"}, "regner ut noe"),
        ({"type": "S", "relevance": "count(that.q1) > 0"}, "kan ikke uttrykkes her"),
        ({"type": "S", "relevance": 'ukjent == "A1"'}, "ikke er tatt inn"),
        ({"type": "L"}, "færre enn to svar"),
        ({"type": "S", "text": "<p></p>"}, "ingen tekst"),
    ],
)
def test_what_does_not_fit_is_named_by_its_code_with_the_reason(row: dict[str, Any], reason: str) -> None:
    imported = taken([row, {"type": "S", "text": "Noe som passer"}])
    (refusal,) = imported.refusals
    assert (refusal.sheet, refusal.row, refusal.what) == ("Om byen", 1, "q1")
    assert reason in refusal.reason
    assert imported.taken == 1


@pytest.mark.parametrize(
    ("relevance", "condition"),
    [
        ('q1.NAOK == "A1"', {"question": "q1", "any_of": ["a1"]}),
        ('((9X1X1.NAOK == "A1"))', {"question": "q1", "any_of": ["a1"]}),
        ('!is_empty(q1)', {"none": [{"none": [{"question": "q1"}]}]}),
        ('q2_a == "Y"', {"question": "q2", "any_of": ["a"]}),
        ('q2_a != "Y" && q3 >= 18',
         {"all": [{"none": [{"question": "q2", "any_of": ["a"]}]}, {"question": "q3", "at_least": 18}]}),
        ('q4_b.NAOK == "3" or q1 == "A2"',
         {"any": [{"question": "q4.b", "any_of": [3]}, {"question": "q1", "any_of": ["a2"]}]}),
    ],
)  # fmt: skip
def test_conditions_are_read(relevance: str, condition: Any) -> None:
    questions: Rows = [
        {"type": "L"},
        {"type": "M"},
        {"type": "N"},
        {"type": "A"},
        {"type": "S", "relevance": relevance},
    ]
    rows = below(2, "a", "c") + below(4, "a", "b")
    imported = taken(questions, answers=answers(1, "A1", "A2"), below=rows)
    assert imported.refusals == []
    assert imported.content["pages"][0]["questions"][-1]["show_if"] == condition


def test_an_earlier_answer_in_a_text_is_quoted_as_ours_and_markup_goes() -> None:
    questions = [{"type": "L"}, {"type": "S", "text": "<script>alert(1)</script><b>Hvorfor {q1.shown}?</b>"}]
    imported = taken(questions, answers=answers(1, "A1", "A2"))
    text = imported.content["pages"][0]["questions"][1]["text"]["nb"]
    assert "Hvorfor {q1}?" in text
    assert "<" not in text


def test_settings_of_a_question_are_kept() -> None:
    attributes = [
        {"qid": 1, "attribute": "max_answers", "value": "2"},
        {"qid": 1, "attribute": "exclude_all_others", "value": "c"},
        {"qid": 2, "attribute": "max_num_value_n", "value": "120"},
        {"qid": 2, "attribute": "num_value_int_only", "value": "1"},
        {"qid": 2, "attribute": "suffix", "value": "år"},
    ]
    questions = [{"type": "M", "other": "Y"}, {"type": "N"}]
    several, number = taken(questions, below=below(1, "a", "b", "c"), attributes=attributes).content["pages"][0][
        "questions"
    ]
    assert several["max"] == 2
    assert [option.get("exclusive") for option in several["options"]] == [None, None, True, None]
    assert several["options"][-1] == {"code": "annet", "text": {"nb": "Annet"}, "write": True}
    assert (number["min"], number["max"], number["unit"]) == (0, 120, {"nb": "år"})
    assert "decimals" not in number


def test_a_file_in_another_language_is_taken_as_it_stands_and_staff_are_told() -> None:
    imported = taken([{"type": "S", "text": "Warum?"}], language="de")
    assert imported.content["pages"][0]["questions"][0]["text"] == {"nb": "Warum?"}
    assert "ingen tekster på bokmål" in imported.remarks[0]


LAUGHS = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (lss([{}], head=LAUGHS).encode(), "XML-entiteter"),
        (lss([{}], head='<!DOCTYPE d SYSTEM "file:///etc/passwd">').encode(), "XML-entiteter"),
        (b"x" * (MOST_LSS_BYTES + 1), "høyst 3 MB"),
        (b"", "tom"),
        (b"hei", "skadet"),
        (lss([{"text": "På øya"}]).encode("latin-1"), "feil tegnsett"),
        (lss([{}], head='<?xml version="1.0" encoding="finnes-ikke"?>').encode(), "feil tegnsett"),
        (b"<html><body/></html>", "ingen undersøkelse fra LimeSurvey"),
        (lss([]).encode(), "ingen spørsmål"),
        (lss([{"type": "S"}] * (MOST_ROWS + 1)).encode(), "for mange spørsmål"),
    ],
    ids=[
        "laughs",
        "external",
        "large",
        "empty",
        "broken",
        "latin-1",
        "no-such-encoding",
        "html",
        "none",
        "ten-thousand",
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        read_lss(data, "a.lss")
