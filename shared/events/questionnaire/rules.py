"""What somebody who writes a questionnaire must keep: rules between its parts; each broken one is a sentence."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from shared.events.questionnaire.kinds import KnownQuestion, Number, SeveralChoices
from shared.events.questionnaire.model import Questionnaire
from shared.events.questionnaire.parts import Texts, texts_in

#: Names the answering form and its page use themselves.
RESERVED_IDS = frozenset({"id", "action", "shown", "main", "errors", "lang"})
#: Endings by which a field's hint and error are named on the page.
RESERVED_CODES = frozenset({"hint", "error", "title"})


class RulesBroken(ValueError):
    """A questionnaire that is right in each part breaks rules between them; ``problems`` holds a sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def strict(content: Any) -> Questionnaire:
    """The questionnaire somebody has written: no unknown field or kind, every rule kept.

    Raises pydantic's ValidationError for what is wrong in a part, and RulesBroken once each part is right.
    """
    questionnaire = Questionnaire.model_validate(content, extra="forbid", context="written")
    if broken := list(broken_rules(questionnaire)):
        raise RulesBroken(broken)
    return questionnaire


def broken_rules(questionnaire: Questionnaire) -> Iterator[str]:
    """What is wrong, in the file's order."""
    yield from _ids(questionnaire)
    yield from _languages(questionnaire)
    yield from _conditions(questionnaire)
    for question in questionnaire.questions:
        yield from _own(question)
    for name, page in (("first", questionnaire.pages[0]), ("last", questionnaire.pages[-1])):
        if all(question.show_if for question in page.known):
            yield f"the {name} page ({page.id}) needs a question that everybody sees"


def _ids(questionnaire: Questionnaire) -> Iterator[str]:
    for id_ in _twice(question.id for question in questionnaire.questions):
        yield f"two questions have the id {id_}"
    for id_ in _twice(page.id for page in questionnaire.pages):
        yield f"two pages have the id {id_}"
    for question in questionnaire.questions:
        if question.id in RESERVED_IDS:
            yield f"no question can have the id {question.id}: the form uses it"


def _own(question: KnownQuestion) -> Iterator[str]:
    options = getattr(question, "options", ())
    for code in _twice(option.code for option in options):
        yield f"question {question.id}: two options have the code {code}"
    for option in options:
        if option.code in RESERVED_CODES:
            yield f"question {question.id}: no option can have the code {option.code}: the page uses it"
    if isinstance(question, SeveralChoices) and question.max is not None and question.max > len(options):
        yield f"question {question.id}: max is {question.max}, but there are {len(options)} options"
    if isinstance(question, Number) and question.min >= question.max:
        yield f"question {question.id}: min {question.min} is not below max {question.max}"


def _languages(questionnaire: Questionnaire) -> Iterator[str]:
    wanted = questionnaire.languages
    for place, texts in _texts(questionnaire):
        if missing := [code for code in wanted if code not in texts.by_language]:
            yield f"{place}: no text in {', '.join(missing)}, which the title has"
        if extra := [code for code in texts.by_language if code not in wanted]:
            yield f"{place}: a text in {', '.join(extra)}, which the title lacks"


def _texts(questionnaire: Questionnaire) -> Iterator[tuple[str, Texts]]:
    yield from texts_in(questionnaire)
    for page in questionnaire.pages:
        yield from texts_in(page, f"page {page.id}")
        for question in page.known:
            yield from texts_in(question, f"question {question.id}")


def _conditions(questionnaire: Questionnaire) -> Iterator[str]:
    earlier: dict[str, KnownQuestion] = {}
    for question in questionnaire.questions:
        condition = question.show_if
        if condition is not None:
            asked = earlier.get(condition.question)
            if asked is None:
                yield f"question {question.id}: its condition names {condition.question}, which is not asked before it"
            else:
                for value in condition.any_of:
                    if str(value) not in asked.codes:
                        yield f"question {question.id}: its condition names {value}, no answer to {asked.id}"
        earlier[question.id] = question


def _twice(codes: Iterable[str]) -> list[str]:
    return [code for code, number in Counter(codes).items() if number > 1]
