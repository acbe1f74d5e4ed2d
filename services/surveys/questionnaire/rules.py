"""Rules that join several parts of a questionnaire; each broken one is a sentence that says where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from services.surveys.questionnaire.model import Question, Questionnaire, Texts

SCALE = (1, 2, 3, 4, 5)
#: The answer to a scale by somebody who has no opinion.
DO_NOT_KNOW = "vet_ikke"
#: Names the answering form and its page use themselves.
RESERVED_IDS = frozenset({"id", "action", "shown", "main", "errors", "lang"})
#: Endings by which a field's hint and error are named on the page.
RESERVED_CODES = frozenset({"hint", "error", "title"})


def broken_rules(questionnaire: Questionnaire) -> Iterator[str]:
    """What is wrong, in the file's order."""
    yield from _ids(questionnaire)
    yield from _languages(questionnaire)
    yield from _conditions(questionnaire)
    for question in questionnaire.questions:
        yield from _own(question)
    for name, page in (("first", questionnaire.pages[0]), ("last", questionnaire.pages[-1])):
        if all(question.show_if for question in page.questions):
            yield f"the {name} page ({page.id}) needs a question that everybody sees"


def _ids(questionnaire: Questionnaire) -> Iterator[str]:
    for id_ in _twice(question.id for question in questionnaire.questions):
        yield f"two questions have the id {id_}"
    for id_ in _twice(page.id for page in questionnaire.pages):
        yield f"two pages have the id {id_}"
    for question in questionnaire.questions:
        if question.id in RESERVED_IDS:
            yield f"no question can have the id {question.id}: the form uses it"


def _own(question: Question) -> Iterator[str]:
    options = getattr(question, "options", ())
    for code in _twice(option.code for option in options):
        yield f"question {question.id}: two options have the code {code}"
    for option in options:
        if option.code in RESERVED_CODES:
            yield f"question {question.id}: no option can have the code {option.code}: the page uses it"
    if question.type == "several_choices" and question.max is not None and question.max > len(options):
        yield f"question {question.id}: max is {question.max}, but there are {len(options)} options"
    if question.type == "number" and question.min >= question.max:
        yield f"question {question.id}: min {question.min} is not below max {question.max}"


def _languages(questionnaire: Questionnaire) -> Iterator[str]:
    wanted = questionnaire.title.languages
    for place, texts in _texts(questionnaire):
        if missing := [code for code in wanted if code not in texts.languages]:
            yield f"{place}: no text in {', '.join(missing)}, which the title has"
        if extra := [code for code in texts.languages if code not in wanted]:
            yield f"{place}: a text in {', '.join(extra)}, which the title lacks"


def _texts(questionnaire: Questionnaire) -> Iterator[tuple[str, Texts]]:
    yield "introduction", questionnaire.introduction
    if questionnaire.topic is not None:
        yield "topic", questionnaire.topic
    for page in questionnaire.pages:
        yield f"page {page.id}: title", page.title
    for question in questionnaire.questions:
        for part in ("text", "low", "high", "unit"):
            if (texts := getattr(question, part, None)) is not None:
                yield f"question {question.id}: {part}", texts
        for option in getattr(question, "options", ()):
            yield f"question {question.id}: option {option.code}", option.text


def _conditions(questionnaire: Questionnaire) -> Iterator[str]:
    earlier: dict[str, Question] = {}
    for question in questionnaire.questions:
        condition = question.show_if
        if condition is not None:
            asked = earlier.get(condition.question)
            if asked is None:
                yield f"question {question.id}: its condition names {condition.question}, which is not asked before it"
            else:
                possible = _possible(asked)
                for value in condition.any_of:
                    if value not in possible:
                        yield f"question {question.id}: its condition names {value}, no answer to {asked.id}"
        earlier[question.id] = question


def _possible(question: Question) -> tuple[Any, ...]:
    """The answers a condition may name."""
    if question.type == "scale":
        return (*SCALE, DO_NOT_KNOW)
    return tuple(option.code for option in getattr(question, "options", ()))


def _twice(codes: Iterable[str]) -> list[str]:
    return [code for code, number in Counter(codes).items() if number > 1]
