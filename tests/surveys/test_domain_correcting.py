"""A correction changes texts alone."""

import pytest

from services.surveys.correcting.domain import Change, changes_in, corrected, part_of, texts_of
from services.surveys.questionnaire.shelf import shipped
from shared.events.questionnaire import LANGUAGES, Questionnaire, example

FIRST = ("pages.0.title", "nb")


def bones(content: object) -> object:
    """The content with every text left out: ids, codes, conditions, order."""
    if isinstance(content, dict):
        return "text" if "nb" in content else {name: bones(value) for name, value in content.items()}
    return [bones(part) for part in content] if isinstance(content, list | tuple) else content


@pytest.mark.parametrize("asked", [*shipped().values(), Questionnaire.model_validate(example.QUESTIONNAIRE)])
def test_every_text_can_be_corrected_and_nothing_else_changes(asked: Questionnaire) -> None:
    content = asked.content()
    paths = [(path, language, text) for path, texts in texts_of(content) for language, text in texts.items()]
    assert len({(path, language) for path, language, _ in paths}) == len(paths)
    corrections = {(path, language): f"{text}!" for path, language, text in paths}
    changes = changes_in(content, corrections)
    assert len(changes) == len(paths)
    new = corrected(content, changes)
    assert bones(new) == bones(content)
    assert all(texts[language].endswith("!") for _, texts in texts_of(new) for language in texts)
    assert content == asked.content()
    parts = [part_of(content, number) for number in range(len(asked.pages) + 1)]
    assert sorted(path for front, part in parts for path, _ in texts_of(part, front)) == sorted(
        path for path, _ in texts_of(content)
    )


def test_what_is_not_there_emptied_or_the_same_is_no_change() -> None:
    content = shipped()["klima"].content()
    same = content["pages"][0]["title"]["nb"]
    corrections = {FIRST: f" {same} ", ("pages.0.id", "nb"): "x", ("pages.0.title", "en"): "", ("title", "de"): "Klima"}
    assert changes_in(content, corrections) == []


@pytest.mark.parametrize("number", [-1, 7])
def test_a_page_that_is_not_there_is_none(number: int) -> None:
    content = shipped()["klima"].content()
    assert len(content["pages"]) < 7
    with pytest.raises(IndexError):
        part_of(content, number)


def test_a_part_is_one_page_or_what_is_said_before_all() -> None:
    content = shipped()["klima"].content()
    last = len(content["pages"])
    assert part_of(content, 0) == ("", {name: value for name, value in content.items() if name != "pages"})
    assert part_of(content, 1) == ("pages.0", content["pages"][0])
    assert part_of(content, last) == (f"pages.{last - 1}", content["pages"][-1])
    with pytest.raises(IndexError):
        part_of(content, last + 1)


def test_texts_are_found_by_where_they_stand_in_lists_and_tuples() -> None:
    text = {"nb": "a", "en": "b"}
    assert list(texts_of(dict.fromkeys(LANGUAGES, "a"), "x")) == [("x", dict.fromkeys(LANGUAGES, "a"))]
    content = {"title": text, "pages": [{"id": "x", "parts": (text, {"nb": "c", "value": 3})}]}
    assert list(texts_of(content)) == [("title", text), ("pages.0.parts.0", text)]
    wanted = {("pages.0.parts.0", "en"): " B ", ("title", "nb"): "a"}
    assert changes_in(content, wanted) == [Change("pages.0.parts.0", "en", "b", "B")]
