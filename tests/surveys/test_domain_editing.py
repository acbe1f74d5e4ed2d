"""Writing a questionnaire: what each step does, what a form does to a part, what is found wrong."""

from collections.abc import Callable
from typing import Any

import pytest
from slugify import slugify

from services.surveys.editing import domain
from services.surveys.editing.checking import findings, lix, minutes_needed
from services.surveys.editing.filling import with_cover, with_page, with_question
from services.surveys.editing.naming import KIND_NAMES
from services.surveys.questionnaire.shelf import shipped
from shared.events.questionnaire import KINDS, strict


def sent(**fields: str) -> Callable[[str], str]:
    """A form with these fields; two underscores stand for a dot."""
    named = {name.replace("__", "."): value for name, value in fields.items()}
    return lambda name: named.get(name, "")


def written() -> domain.Content:
    """Two questions on one page, whole."""
    content = domain.blank("nabolag-1", "Nabolaget")
    content = with_cover(
        content, sent(title__nb="Nabolaget", introduction__nb="Vi vil gjøre det bedre.", minutes="3"), ["nb"]
    )
    content = with_page(content, "side1", sent(title__nb="Om deg"))
    content, _ = domain.add_question(content, "side1", "one_choice")
    content = with_question(
        content, "q1", sent(text__nb="Trives du?", options__0__text__nb="", **_options("Ja", "Nei", "Både og")), slugify
    )
    content, _ = domain.add_question(content, "side1", "long_text")
    return with_question(content, "q2", sent(text__nb="Hva mangler?"), slugify)


def _options(*texts: str) -> dict[str, str]:
    return {f"options__{number}__nb": text for number, text in enumerate(texts)}


def test_a_questionnaire_written_step_by_step_is_one_that_can_be_asked() -> None:
    content = written()
    assert findings(content) == []
    questionnaire = strict(content)
    assert [question.id for question in questionnaire.questions] == ["q1", "q2"]
    assert questionnaire.questions[0].codes == ("ja", "nei", "bade_og")


def test_a_code_stays_when_its_text_changes_and_goes_when_the_text_is_emptied() -> None:
    content = with_question(
        written(),
        "q1",
        sent(text__nb="Trives du her?", **_options("Ja, svært", "", "Vet ikke helt", "Ja"),
             options__0__code="ja", options__1__code="nei", options__2__code="bade_og"),
        slugify,
    )  # fmt: skip
    options = domain.question_of(content, "q1")["options"]
    assert [(row["code"], row["text"]["nb"]) for row in options] == [
        ("ja", "Ja, svært"), ("bade_og", "Vet ikke helt"), ("ja_1", "Ja"),
    ]  # fmt: skip


ENDS = {"low__nb": "Utrygt", "high__nb": "Trygt", "steps": "5"}


def test_every_step_leaves_the_earlier_content_as_it_was() -> None:
    content = written()
    before = repr(content)
    domain.add_page(content)
    domain.copy_question(content, "q1")
    domain.delete(content, "q1")
    domain.move(content, "q1", 1)
    domain.add_question(content, "side1", "scale")
    assert repr(content) == before


def test_a_question_moves_within_its_page_and_over_to_the_next() -> None:
    content = domain.add_page(written())
    down = domain.move(content, "q1", 1)
    assert [question["id"] for question in domain.questions(down)] == ["q2", "q1"]
    over = domain.move(down, "q1", 1)
    assert [[question["id"] for question in page["questions"]] for page in over["pages"]] == [["q2"], ["q1"]]
    assert domain.move(over, "q1", 1) == over, "it is last already"
    assert domain.move(over, "q1", -1)["pages"][0]["questions"][-1]["id"] == "q1"


def test_a_copy_has_an_id_of_its_own_and_the_last_page_cannot_be_deleted() -> None:
    copied = domain.copy_question(written(), "q1")
    assert [question["id"] for question in domain.questions(copied)] == ["q1", "q3", "q2"]
    assert domain.delete(copied, "side1") == copied
    with pytest.raises(domain.NoSuchPart):
        domain.delete(copied, "q9")


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_every_kind_staff_can_add_is_one_of_the_contract(kind: str) -> None:
    assert kind in KINDS
    content, id_ = domain.add_question(written(), "side1", kind)
    assert domain.question_of(content, id_)["type"] == kind


def test_no_kind_of_the_contract_is_missing_in_the_editor() -> None:
    assert set(KIND_NAMES) == set(KINDS)


def test_a_language_taken_away_goes_everywhere_and_one_added_is_missing_until_written() -> None:
    content = written()
    content = with_cover(
        content,
        sent(title__nb="Nabolaget", title__en="The neighbourhood", introduction__nb="Vi spør.", minutes="3"),
        ["nb", "en"],
    )
    missing = [finding for finding in findings(content) if "engelsk" in finding.text]
    assert {finding.part for finding in missing} == {"", "side1", "q1", "q2"}
    back = with_cover(content, sent(title__nb="Nabolaget", introduction__nb="Vi spør.", minutes="3"), ["nb"])
    assert findings(back) == []
    assert "en" not in back["title"]


def _change(content: domain.Content, question_id: str, **values: Any) -> domain.Content:
    domain.question_of(content, question_id).update(values)
    return content


TWINS = [{"code": "a", "text": {"nb": "Ja"}}, {"code": "b", "text": {"nb": "ja"}}]
WHEN = {"question": "q0", "any_of": ["x"]}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda c: {**c, "title": {}}, "mangler tittel"),
        (lambda c: {**c, "introduction": {}}, "mangler en innledning"),
        (domain.add_page, "Side 2 har ingen spørsmål"),
        (lambda c: _change(c, "q1", text={}), "Spørsmål 1 på side 1 mangler tekst"),
        (lambda c: _change(c, "q2", text={"nb": "trives DU?"}), "stilt to ganger"),
        (lambda c: _change(c, "q1", options=[]), "minst to svaralternativer"),
        (lambda c: _change(c, "q1", options=TWINS), "to like"),
        (lambda c: _change(c, "q1", show_if={"question": "q2", "any_of": ["ja"]}), "ikke blir spurt om før"),
        (lambda c: _change(_change(c, "q1", show_if=WHEN), "q2", show_if=WHEN), "minst ett spørsmål som alle får"),
    ],
)  # fmt: skip
def test_each_fault_is_found_and_stops(spoil: Callable[[domain.Content], domain.Content], words: str) -> None:
    faults = findings(spoil(written()))
    assert any(words in fault.text and fault.stops for fault in faults)


def test_a_condition_that_can_never_hold_is_a_fault() -> None:
    both = {"all": [{"question": "q1", "any_of": ["ja"]}, {"question": "q1", "any_of": ["nei"]}]}
    content, _ = domain.add_question(_change(written(), "q2", show_if=both), "side1", "short_text")
    content = with_question(content, "q3", sent(text__nb="Noe mer?"), slugify)
    assert [finding.text for finding in findings(content)] == ["Vilkåret kan aldri bli oppfylt: ingen svar fører hit."]


def test_a_scale_says_what_its_ends_mean_and_a_pair_has_two() -> None:
    content, scale = domain.add_question(written(), "side1", "scale")
    content = with_question(content, scale, sent(text__nb="Hvor trygt?", steps="12"), slugify)
    content, pair = domain.add_question(content, "side1", "pair")
    content = with_question(content, pair, sent(text__nb="Hva helst?", **_options("A", "B", "C")), slugify)
    assert [finding.text for finding in findings(content)] == [
        "«Hvor trygt?» må ha fra 2 til 11 trinn.",
        "«Hvor trygt?» må si hva det laveste og det høyeste trinnet betyr.",
        "«Hva helst?» kan bare ha to svaralternativer.",
    ]


def test_more_than_seven_statements_are_too_many() -> None:
    content, id_ = domain.add_question(written(), "side1", "grid")
    rows = {f"statements__{number}__nb": f"Påstand {number}" for number in range(8)}
    content = with_question(content, id_, sent(text__nb="Hva mener du?", **ENDS, **rows), slugify)
    assert any("8 påstander" in finding.text and finding.stops for finding in findings(content))


def test_more_than_is_promised_is_a_fault_and_the_estimate_grows_with_words_and_questions() -> None:
    content = written()
    assert minutes_needed(content) == 1
    for _ in range(30):
        content = domain.copy_question(content, "q1")
    for number, question in enumerate(domain.questions(content)):
        question["text"] = {"nb": f"Trives du på sted nummer {number}?"}
    # 31 times ten words at 200 a minute and four seconds to choose, and six words with half a minute to write: 249 s.
    assert minutes_needed(content) == 5
    assert any("lover 3 minutter, men tar omtrent 5" in finding.text for finding in findings(content))


def test_heavy_texts_and_special_categories_are_advice_that_does_not_stop() -> None:
    heavy = (
        "Kommunestyrets planutvalg vurderer omregulering av arealbruksformålene langs kollektivtransportkorridorene,"
        " og ønsker innbyggerrepresentasjonens konsekvensvurderinger av fortettingsalternativene innenfor planområdets"
        " avgrensning, og ber panelmedlemmene prioritere"
    )
    content = _change(written(), "q2", text={"nb": heavy})
    (advice,) = findings(content)
    assert "LIX" in advice.text
    assert not advice.stops
    (advice,) = findings(_change(written(), "q2", text={"nb": "Hvilket politisk parti stemte du på?"}))
    assert "særlige kategorier" in advice.text
    assert not advice.stops
    assert findings(_change(written(), "q2", text={"nb": "Bruker du helsestasjonen?"})) == []


def test_lix_counts_words_a_sentence_and_long_words() -> None:
    # Four words in one sentence, one of them longer than six letters: 4 / 1 + 100 * 1 / 4.
    assert lix("Vi bor i kommunen.") == pytest.approx(29)
    assert lix("") == 0


@pytest.mark.parametrize("template", shipped().values(), ids=lambda one: one.id)
def test_a_template_copied_keeps_its_questions_and_has_no_fault(template: Any) -> None:
    content = domain.copied(template.content(), "kopi-1")
    assert [finding.text for finding in findings(content) if finding.stops] == []
    assert [question["id"] for question in domain.questions(content)] == [part.id for part in template.parts]
    assert content["id"] == "kopi-1"
