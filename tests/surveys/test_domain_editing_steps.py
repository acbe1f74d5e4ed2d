"""Each step of writing a questionnaire, by what stands there afterwards."""

from typing import Any

import pytest

from services.surveys.editing.domain import (
    Content,
    NoSuchPart,
    add_asked,
    add_page,
    add_question,
    blank,
    copied,
    copy_question,
    delete,
    free,
    languages_of,
    move,
    page_of,
    question_of,
    questions,
    text_parts,
)
from shared.events.questionnaire import KINDS, identity_of


def outline(content: Content) -> list[tuple[str, list[str]]]:
    """Page by page its id and those of its questions."""
    return [(page["id"], [question["id"] for question in page["questions"]]) for page in content["pages"]]


def three_pages() -> Content:
    """a, b and c on the first page, d on the second, none on the third."""
    content = blank("nabolag", "Nabolaget")
    rows = [[{"type": "short_text", "id": id_, "text": {"nb": id_.upper()}} for id_ in ids] for ids in ("abc", "d", "")]
    content["pages"] = [
        {"id": f"side{number}", "title": {"nb": "x"}, "questions": row} for number, row in enumerate(rows, start=1)
    ]
    return content


def test_a_new_questionnaire_holds_its_title_and_an_empty_page() -> None:
    assert blank("nabolag", "Nabolaget") == {
        "id": "nabolag",
        "version": 1,
        "title": {"nb": "Nabolaget"},
        "introduction": {},
        "minutes": 5,
        "pages": [{"id": "side1", "title": {}, "questions": []}],
    }


@pytest.mark.parametrize(
    ("part", "by", "after"),
    [
        # Within the page.
        ("a", 1, ["bac", "d", ""]),
        ("b", -1, ["bac", "d", ""]),
        ("b", 1, ["acb", "d", ""]),
        # Over to a neighbour: down to its beginning, up to its end.
        ("c", 1, ["ab", "cd", ""]),
        ("d", -1, ["abcd", "", ""]),
        ("d", 1, ["abc", "", "d"]),
        # Nowhere beyond the ends.
        ("a", -1, ["abc", "d", ""]),
    ],
)
def test_a_question_moves_one_place(part: str, by: int, after: list[str]) -> None:
    assert ["".join(ids) for _, ids in outline(move(three_pages(), part, by))] == after


def test_a_question_that_goes_over_stands_at_the_very_end_it_came_from() -> None:
    content = move(move(three_pages(), "c", 1), "b", 1)
    assert outline(content)[:2] == [("side1", ["a"]), ("side2", ["b", "c", "d"])]
    assert outline(move(content, "b", -1))[:2] == [("side1", ["a", "b"]), ("side2", ["c", "d"])]


def test_the_last_question_of_all_stays_where_it_is() -> None:
    last = move(three_pages(), "d", 1)
    assert move(last, "d", 1) == last


@pytest.mark.parametrize(
    ("part", "by", "after"),
    [
        ("side1", 1, ["side2", "side1", "side3"]),
        ("side2", -1, ["side2", "side1", "side3"]),
        ("side2", 1, ["side1", "side3", "side2"]),
        ("side1", -1, ["side1", "side2", "side3"]),
        ("side3", 1, ["side1", "side2", "side3"]),
    ],
)
def test_a_page_moves_with_all_that_is_on_it(part: str, by: int, after: list[str]) -> None:
    content = move(three_pages(), part, by)
    assert [id_ for id_, _ in outline(content)] == after
    assert sorted(outline(content)) == sorted(outline(three_pages()))


def test_what_is_not_there_cannot_be_found_moved_or_deleted() -> None:
    content = three_pages()
    for step in (
        lambda: page_of(content, "side9"),
        lambda: question_of(content, "z"),
        lambda: move(content, "z", 1),
        lambda: delete(content, "z"),
        lambda: copy_question(content, "z"),
        lambda: add_question(content, "side9", "scale"),
    ):
        with pytest.raises(NoSuchPart):
            step()
    with pytest.raises(KeyError):
        add_question(content, "side1", "hologram")
    assert page_of(content, "side2") == content["pages"][1]
    assert question_of(content, "d") == content["pages"][1]["questions"][0]


def test_a_page_is_deleted_with_its_questions_and_a_question_alone() -> None:
    assert outline(delete(three_pages(), "side1")) == [("side2", ["d"]), ("side3", [])]
    assert outline(delete(three_pages(), "b")) == [("side1", ["a", "c"]), ("side2", ["d"]), ("side3", [])]
    assert outline(delete(blank("x", "X"), "side1")) == [("side1", [])]


def test_ids_are_the_first_that_are_free() -> None:
    assert [free("q", taken) for taken in ((), ("q1",), ("q1", "q3"), ("q2",))] == ["q1", "q2", "q2", "q1"]
    content = add_page(delete(three_pages(), "side2"))
    assert content["pages"][-1] == {"id": "side2", "title": {}, "questions": []}


#: What a kind needs besides its text.
PLACES: dict[str, dict[str, Any]] = {
    **{key: {"options": []} for key in ("one_choice", "several_choices", "pair", "ranking")},
    "grid": {"statements": []},
    "number": {"min": 0, "max": 100},
    "year": {"min": 1900, "max": 2100},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_question_has_empty_places_for_what_its_kind_needs(kind: str) -> None:
    content, id_ = add_question(three_pages(), "side2", kind)
    assert content["pages"][1]["questions"][-1] == {"type": kind, "id": id_, "text": {}} | PLACES.get(kind, {})
    assert id_ == "q1"


def test_a_copy_stands_after_what_it_is_of_and_is_not_what_was_asked_before() -> None:
    content = three_pages()
    question_of(content, "b").update(bank="x:b", same_meaning=True, show_if={"question": "a"})
    content = copy_question(content, "b")
    assert outline(content)[0] == ("side1", ["a", "b", "q1", "c"])
    assert question_of(content, "q1") == {
        "type": "short_text", "id": "q1", "text": {"nb": "B"}, "show_if": {"question": "a"},
    }  # fmt: skip


def test_what_was_asked_before_comes_last_with_its_words_and_where_it_is_from() -> None:
    asked = {"type": "scale", "id": "old", "text": {"nb": "?"}, "show_if": {"question": "a"}, "same_meaning": True}
    content, id_ = add_asked(three_pages(), "side1", "klima:old", asked)
    assert outline(content)[0] == ("side1", ["a", "b", "c", "q1"])
    assert question_of(content, id_) == {"type": "scale", "id": "q1", "text": {"nb": "?"}, "bank": "klima:old"}


def test_a_questionnaire_copied_says_of_each_question_where_it_was_asked_first() -> None:
    content = three_pages()
    content["version"] = 7
    question_of(content, "a").update(bank="first:a", same_meaning=False)
    question_of(content, "d").update(type="information", same_meaning=True)
    new = copied(content, "nytt")
    assert (new["id"], new["version"], new["title"]) == ("nytt", 1, {"nb": "Nabolaget"})
    assert [question.get("bank") for question in questions(new)] == [
        identity_of("nabolag", question_of(content, "a")), "nabolag.b", "nabolag.c", None,
    ]  # fmt: skip
    assert not any("same_meaning" in question for question in questions(new))
    assert question_of(content, "a")["same_meaning"] is False


def test_a_questionnaire_is_in_the_languages_of_its_title_written_or_not_and_in_bokmal() -> None:
    assert [languages_of({"title": title}) for title in ({}, {"en": "x"}, {"en": "x", "nn": "", "nb": "y"})] == [
        ("nb",), ("nb", "en"), ("nb", "nn", "en"),
    ]  # fmt: skip


def test_every_text_of_a_part_is_found() -> None:
    names = ("title", "topic", "introduction", "text", "help", "unit", "low", "high")
    part: dict[str, Any] = {name: {"nb": name} for name in names} | {"id": "x", "bank": "y"}
    part["each"] = [{"nb": "each"}, None, {"nb": "more"}]
    part |= {name: [{"code": "a", "text": {"nb": name}}] for name in ("options", "statements")}
    part["options"].append({"text": {"nb": "drawn"}, "picture": {"shows": {"nb": "shows"}}})
    order = [*names, "each", "more", "options", "drawn", "shows", "statements"]
    assert [text["nb"] for text in text_parts(part)] == order
    assert list(text_parts({"topic": None, "each": None})) == []


def test_an_id_that_a_condition_still_names_is_not_given_again() -> None:
    content, first = add_question(three_pages(), "side1", "scale")
    question_of(content, "d")["show_if"] = {"question": first, "at_least": 3}
    assert add_question(delete(content, first), "side1", "scale")[1] == "q2"
