"""What a form of the editor can make that no survey can ask: found, and said in staff's words with its place."""

import pytest
from slugify import slugify

from services.surveys.editing import domain
from services.surveys.editing.checking import findings
from services.surveys.editing.conditions import Group, Row, chosen_groups, earlier_answers
from services.surveys.editing.filling import with_cover, with_question
from tests.surveys.test_domain_editing import ENDS, sent, written
from tests.surveys.test_domain_editing import _options as options


def test_a_new_question_does_not_take_the_id_a_condition_still_names() -> None:
    content = written()
    domain.question_of(content, "q2")["show_if"] = {"question": "q1", "any_of": ["ja"]}
    content, id_ = domain.add_question(domain.delete(content, "q1"), "side1", "one_choice")
    assert id_ == "q3"


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("ranking", options("A", "B"), "spør etter de 3 viktigste, men har bare 2 svaralternativer."),
        ("ranking", {**options("A", "B"), "most": "1"}, "hvor mange som skal velges kan ikke være mindre enn 2."),
        ("several_choices", {**options("A", "B"), "min": "3"}, "kan ikke kreve flere svar enn de 2"),
        ("several_choices", {**options("A", "B"), "min": "2", "max": "1"}, "ikke er større enn det høyeste."),
        ("number", {"min": "0", "max": "9", "decimals": "4"}, "antall desimaler kan ikke være større enn 3."),
        ("long_text", {"max": "5000"}, "høyst kan ikke være større enn 4000."),
        ("date", {"min": "2026-05-17", "max": "2026-05-16"}, "en første dag som er før den siste."),
        ("scale", {"low__nb": "Lite", "high__nb": "Mye", "each__0__nb": "Litt"}, "har tekst på 1 trinn, men 5 trinn."),
        ("short_text", {"help__nb": "Du svarte {q1}."}, "{q1}, som ikke er et kort svar fra en tidligere side."),
        ("short_text", {"when__1__1": "q1=borte"}, "Vilkåret viser til et svar som er fjernet fra «Trives du?»."),
        ("short_text", {"help__nb": "a" * 1_001}, "«Hva nå?» har en tekst på mer enn 1000 tegn. Kort den ned."),
        ("short_text", {"when__1__1": "q9=ja"}, "Vilkåret viser til et spørsmål som er slettet."),
    ],
)
def test_what_the_contract_refuses_is_said_in_staffs_words(kind: str, fields: dict[str, str], words: str) -> None:
    content, id_ = domain.add_question(written(), "side1", kind)
    content = with_question(content, id_, sent(text__nb="Hva nå?", **fields), slugify)
    content, last = domain.add_question(content, "side1", "short_text")
    content = with_question(content, last, sent(text__nb="Noe mer?"), slugify)
    found = [finding for finding in findings(content) if finding.stops]
    assert any(words in one.text and one.part == id_ for one in found), found
    assert not any("Skjemaet kan ikke brukes" in one.text for one in found)


def test_each_step_of_a_scale_can_have_its_text_in_each_language_and_be_named_in_a_condition() -> None:
    content = with_cover(written(), sent(title__nb="Nabolaget", introduction__nb="Hei.", minutes="3"), ["nb"])
    content, id_ = domain.add_question(content, "side1", "scale")
    each = {"each__0__nb": "Aldri", "each__1__nb": "Alltid"}
    content = with_question(content, id_, sent(text__nb="Hvor ofte?", steps="2", **each), slugify)
    content, last = domain.add_question(content, "side1", "short_text")
    content = with_question(content, last, sent(text__nb="Noe mer?"), slugify)
    assert findings(content) == []
    assert dict(earlier_answers(content, last))["Hvor ofte?"][1] == (f"{id_}=2", "2 Alltid")
    content["title"]["en"] = "The neighbourhood"
    assert any("«Hvor ofte?» mangler 3 tekster på engelsk." in one.text for one in findings(content))


def test_a_condition_can_name_one_statement_of_a_grid() -> None:
    content, id_ = domain.add_question(written(), "side1", "grid")
    rows = {"statements__0__nb": "Det er trygt", "statements__1__nb": "Det er rent"}
    content = with_question(content, id_, sent(text__nb="Hva mener du?", **ENDS, **rows), slugify)
    content, last = domain.add_question(content, "side1", "short_text")
    when = {"condition__1": "any", "when__1__1": f"{id_}.det_er_trygt=1", "when__1__2": f"{id_}.det_er_trygt=2"}
    content = with_question(content, last, sent(text__nb="Hvorfor ikke?", **when), slugify)
    assert ("Hva mener du? Det er trygt", (f"{id_}.det_er_trygt=1", "1")) in [
        (text, answers[0]) for text, answers in earlier_answers(content, last)
    ]
    chosen = chosen_groups(domain.question_of(content, last))
    assert chosen is not None
    assert chosen[1] == [Group("any", [Row(when["when__1__1"]), Row(when["when__1__2"])])]
    content, end = domain.add_question(content, "side1", "short_text")
    assert findings(with_question(content, end, sent(text__nb="Noe mer?"), slugify)) == []
