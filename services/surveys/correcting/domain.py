"""The rules of a correction: it changes texts in their languages, never ids, codes, conditions or order.

Content is a questionnaire as ``Questionnaire.content`` gives it.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from shared.events.questionnaire import LANGUAGES

#: (path of the text, language) -> the text as it should be.
Wishes = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Change:
    """One text in one language, before and after."""

    path: str
    """Where it stands: ``pages.0.questions.2.options.1.text``."""
    language: str
    before: str
    after: str


def texts_of(content: object, path: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """(path, texts by language) of every text in the content, in its order."""
    if isinstance(content, dict):
        if "nb" in content and set(content) <= set(LANGUAGES):
            yield path, content
            return
        for name, value in content.items():
            yield from texts_of(value, f"{path}.{name}" if path else name)
    elif isinstance(content, list | tuple):
        for number, value in enumerate(content):
            yield from texts_of(value, f"{path}.{number}" if path else str(number))


def part_of(content: Mapping[str, Any], number: int) -> tuple[str, Any]:
    """(path in front, content) of page ``number`` from 1, or of what is said before the pages for 0; IndexError."""
    if number == 0:
        return "", {name: value for name, value in content.items() if name != "pages"}
    if not 1 <= number <= len(content["pages"]):
        raise IndexError(number)
    return f"pages.{number - 1}", content["pages"][number - 1]


def changes_in(content: Mapping[str, object], wishes: Wishes) -> list[Change]:
    """What would change. A text nobody asked to change, one that is not there and an emptied one stay as they are."""
    return [
        Change(path, language, before, after)
        for path, texts in texts_of(content)
        for language, before in texts.items()
        if (after := wishes.get((path, language), before).strip()) and after != before
    ]


def corrected(content: Mapping[str, object], changes: list[Change]) -> dict[str, object]:
    """The content with the changes made."""
    new = deepcopy(dict(content))
    texts = dict(texts_of(new))
    for change in changes:
        texts[change.path][change.language] = change.after
    return new
