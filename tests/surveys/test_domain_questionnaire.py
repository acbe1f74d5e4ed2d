"""What a questionnaire file may say; those shipped keep to it, and the published schema is the model's."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from services.surveys.questionnaire.__main__ import check, schema_text
from services.surveys.questionnaire.shelf import BadQuestionnaire, read_questionnaire, refuse_bad_shelf, shelf
from shared.events.questionnaire import LANGUAGES, Questionnaire, json_schema
from shared.profile import SHIPPED
from shared.refusal import Refusal
from shared.settings import Settings
from tests.profiles import write_profile

FOLDER = Path(str(resources.files("services.surveys"))) / "questionnaires"
BAERUMS = SHIPPED / "baerum" / "questionnaires"
READY = shelf(Settings())
STORED = Path(__file__).parents[2] / "docs" / "contracts" / "questionnaire.schema.json"


@pytest.mark.parametrize("file", sorted([*FOLDER.iterdir(), *BAERUMS.iterdir()]), ids=lambda file: file.name)
def test_each_shipped_file_keeps_to_the_model_and_the_schema(file: Path) -> None:
    assert check(file) is None
    jsonschema.validate(yaml.safe_load(file.read_text(encoding="utf-8")), json_schema())


@pytest.mark.parametrize("one", READY.values(), ids=lambda one: one.id)
def test_each_shipped_questionnaire_speaks_every_language_and_is_stored_whole(one: Questionnaire) -> None:
    assert one.languages == LANGUAGES
    # The questionnaire that a survey stores and sends reads back the same.
    assert Questionnaire.model_validate(json.loads(json.dumps(one.content()))) == one
    jsonschema.validate(one.content(), json_schema())


@pytest.mark.parametrize("name", ["klima", "baeringen"])
def test_the_first_two_are_short_and_show_every_kind_of_question(name: str) -> None:
    questionnaire = READY[name]
    assert 6 <= len(questionnaire.questions) <= 10
    assert any(question.show_if for question in questionnaire.questions)
    assert {question.type for question in questionnaire.questions} == {
        "one_choice",
        "several_choices",
        "scale",
        "number",
        "short_text",
        "long_text",
    }


def test_the_stored_schema_is_current() -> None:
    assert STORED.read_text(encoding="utf-8") == schema_text(), "run `make contracts`"


def small(**changes: Any) -> dict[str, Any]:
    """A questionnaire with one choice and a scale that depends on it, in two languages."""
    both = {"nb": "Tekst", "en": "Text"}
    return {
        "id": "liten",
        "version": 1,
        "title": both,
        "introduction": both,
        "minutes": 1,
        "pages": [
            {
                "id": "side",
                "title": both,
                "questions": [
                    {
                        "id": "valg",
                        "type": "one_choice",
                        "text": both,
                        "options": [{"code": "ja", "text": both}, {"code": "nei", "text": both}],
                    },
                    {
                        "id": "grad",
                        "type": "scale",
                        "text": both,
                        "low": both,
                        "high": both,
                        "show_if": {"question": "valg", "any_of": ["ja"]},
                    },
                ],
            }
        ],
    } | changes


def changed(path: str, value: Any) -> str:
    """The small questionnaire as JSON with one part replaced; ``path`` names it with dots."""
    content = small()
    node: Any = content
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    for step in steps:
        node = node[step]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return json.dumps(content)


def test_the_small_questionnaire_is_right() -> None:
    assert read_questionnaire(json.dumps(small()), "liten.json").id == "liten"


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("title", {"en": "Only English"}, "title.nb"),
        ("pages.0.questions.1.high", {"nb": "Bare her"}, "question grad: high: no text in en"),
        ("pages.0.title", {"nb": "a", "en": "b", "nn": "c"}, "page side: title: a text in nn, which the title lacks"),
        ("pages.0.questions.0.type", "hologram", "no kind of question is called 'hologram'"),
        ("pages.0.questions.0.id", "grad", "two questions have the id grad"),
        ("pages.0.questions.0.id", "shown", "no question can have the id shown"),
        ("pages.0.questions.0.id", "Valg 1", "question Valg 1: id"),
        ("pages.0.questions.0.options.1.code", "ja", "two options have the code ja"),
        ("pages.0.questions.0.options.1.code", "error", "no option can have the code error"),
        ("pages.0.questions.0.options", [], "options: needs at least 2"),
        ("pages.0.questions.1.show_if.question", "senere", "names senere, which is not asked before it"),
        ("pages.0.questions.1.show_if.question", "grad", "names grad, which is not asked before it"),
        ("pages.0.questions.1.show_if.any_of", ["kanskje"], "names kanskje, no answer to valg"),
        ("pages.0.questions.0.show_if", {"question": "grad", "any_of": [1]}, "which is not asked before it"),
        ("pages.0.questions.1.low", None, "question grad: give low and high, or a text for each of the 5 steps"),
        ("pages.0.questions.1.steps", 12, "less than or equal to 11"),
        ("pages.0.questions.1.stars", 7, "Extra inputs are not permitted"),
        ("pages.0.questions.1.each", [{"nb": "a", "en": "a"}], "each has 1 texts, but there are 5 steps"),
        ("pages.0.questions.0.options.0.exclusive", True, "option ja is exclusive, which is for several choices only"),
        ("pages.0.questions.1.text", {"nb": "Du svarte {valg}", "en": "a"}, "quotes {valg}, which is no short answer"),
        ("pages.0.questions.1.show_if", {"none": [{"question": "senere"}]}, "names senere, which is not asked before"),
        ("pages.0.questions.1.show_if", {"question": "valg.ja"}, "names valg.ja: valg has no statements"),
        ("pages.0.questions.1.show_if", {"question": "valg", "at_least": 3}, "is not answered by a number"),
        ("pages.0.questions.1.show_if", {"xor": []}, "a condition has question, all, any or none"),
        ("pages.0.questions.1.show_if", {"question": "valg", "any_of": ["ja"], "at_most": 3}, "not both"),
        ("pages.0.show_if", {"question": "valg"}, "page side: its condition names valg, which is not asked before it"),
        ("version", "en", "version"),
        ("pages", [], "pages: needs at least 1"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_with_where_and_why(path: str, value: Any, words: str) -> None:
    with pytest.raises(BadQuestionnaire) as refusal:
        read_questionnaire(changed(path, value), "liten.json")
    assert words in str(refusal.value)
    assert all(line.startswith("liten.json: ") for line in str(refusal.value).split("\n"))


def test_every_broken_rule_is_told_at_once() -> None:
    content = small(introduction={"nb": "Bare bokmål"})
    content["pages"][0]["questions"][1]["show_if"]["any_of"] = ["kanskje"]
    with pytest.raises(BadQuestionnaire) as refusal:
        read_questionnaire(json.dumps(content), "liten.json")
    assert len(refusal.value.problems) == 2


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"type": "several_choices", "max": 3}, "max is 3, but there are 2 options"),
        ({"type": "number", "min": 5, "max": 5, "options": None}, "min 5 is not below max 5"),
    ],
)
def test_limits_that_cannot_be_met_are_refused(extra: dict[str, Any], words: str) -> None:
    content = small()
    question = content["pages"][0]["questions"][0] | extra
    content["pages"][0]["questions"] = [{key: value for key, value in question.items() if value is not None}]
    with pytest.raises(BadQuestionnaire) as refusal:
        read_questionnaire(json.dumps(content), "liten.json")
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [("a: [", "no YAML"), ("- a\n- b", "liten.yaml: "), ("id: a\nid: b", "id is given twice"), ("", "liten.yaml: ")],
)
def test_a_file_that_is_something_else_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadQuestionnaire) as refusal:
        read_questionnaire(text, "liten.yaml")
    assert words in str(refusal.value)


def test_each_thing_to_mend_is_said_once_by_the_ids_in_the_file() -> None:
    text = """
id: klima
version: 0
title: {nb: Klima, en: Climate}
introduction: {nb: Hei, en: Hi}
minutes: 4
pages:
  - id: en
    title: {nb: En, en: One}
    questions:
      - {id: a, type: one_choice, text: {nb: A, en: A}, options: [{code: x, text: {nb: Ja, en: Yes}}]}
      - {id: b, type: short_text, text: {nb: B, sv: B}}
"""
    with pytest.raises(BadQuestionnaire) as refusal:
        read_questionnaire(text, "feil.yaml")
    assert refusal.value.problems == [
        "version: Input should be greater than or equal to 1",
        "question a: option x: text.en: true is no text: put yes, no, on and off in quotation marks",
        "question b: text.sv: Extra inputs are not permitted",
    ]


@pytest.mark.parametrize("text", ["", "- 1", "bare ord"])
def test_a_file_that_holds_something_else_is_said_to_hold_no_questionnaire(text: str) -> None:
    with pytest.raises(BadQuestionnaire, match="holds no questionnaire"):
        read_questionnaire(text, "tom.yaml")


def test_a_municipality_has_its_own_beside_those_that_ship_and_nobody_elses(tmp_path: Path) -> None:
    own = write_profile(tmp_path / "oslo", number="0301", name="Oslo kommune") / "questionnaires"
    before = shelf(Settings(profile=own.parent))
    assert "klima" in before
    assert "baeringen" not in before
    other = write_profile(tmp_path / "asker", number="3203", name="Asker kommune") / "questionnaires"
    other.mkdir()
    (other / "avisen.yaml").write_text((BAERUMS / "baeringen.yaml").read_text().replace("id: baeringen", "id: avisen"))
    assert shelf(Settings(profile=other.parent)).keys() == before.keys() | {"avisen"}


@pytest.mark.parametrize(
    ("text", "words"), [("title: [", "no YAML"), ((FOLDER / "klima.yaml").read_text(), "the id klima is used")]
)
def test_a_bad_one_of_the_municipalitys_stops_the_start_with_one_line(tmp_path: Path, text: str, words: str) -> None:
    own = write_profile(tmp_path / "oslo") / "questionnaires"
    own.mkdir()
    (own / "egen.yaml").write_text(text)
    with pytest.raises(Refusal, match=f"PANEL_PROFILE: .*questionnaires: .*{words}") as refusal:
        refuse_bad_shelf(Settings(profile=own.parent))
    assert "\n" not in str(refusal.value)
