"""What somebody who writes a questionnaire must keep: rules between its parts; each broken one is a sentence."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from shared.events.questionnaire.choices import Area, Grid, Optioned, Pair, Ranking, Scale, SeveralChoices
from shared.events.questionnaire.conditions import Condition, named_in
from shared.events.questionnaire.kinds import NOT_QUOTED, Day, Information, KnownQuestion, Number, Year
from shared.events.questionnaire.model import Questionnaire
from shared.events.questionnaire.parts import Texts, texts_in

#: Names the answering form and its page use themselves.
RESERVED_IDS = frozenset({"id", "action", "shown", "order", "texts", "main", "errors", "lang"})
#: Endings by which a field's hint and error are named on the page.
RESERVED_CODES = frozenset({"hint", "error", "title"})


class RulesBroken(ValueError):
    """A questionnaire that is right in each part breaks rules between them; ``problems`` holds a sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def strict(content: object) -> Questionnaire:
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
    for page in questionnaire.pages:
        for question in page.known:
            yield from _own(question)
    for name, page in (("first", questionnaire.pages[0]), ("last", questionnaire.pages[-1])):
        if page.show_if or all(question.show_if for question in page.known):
            yield f"the {name} page ({page.id}) needs a question that everybody sees"


def _ids(questionnaire: Questionnaire) -> Iterator[str]:
    for id_ in _twice(part.id for part in questionnaire.parts):
        yield f"two questions have the id {id_}"
    for id_ in _twice(page.id for page in questionnaire.pages):
        yield f"two pages have the id {id_}"
    for part in questionnaire.parts:
        if part.id in RESERVED_IDS:
            yield f"no question can have the id {part.id}: the form uses it"


def _own(question: KnownQuestion) -> Iterator[str]:
    place = f"question {question.id}"
    choices = getattr(question, "options", getattr(question, "statements", ()))
    for code in _twice(choice.code for choice in choices):
        yield f"{place}: two options have the code {code}"
    for choice in choices:
        if choice.code in RESERVED_CODES:
            yield f"{place}: no option can have the code {choice.code}: the page uses it"
    match question:
        case SeveralChoices():
            yield from _how_many(question, place)
        case Ranking() if question.most > len(question.options):
            yield f"{place}: most is {question.most}, but there are {len(question.options)} options"
        case Pair():
            for pictured in question.options:
                if pictured.picture and (pictured.picture.png is None) == (pictured.picture.jpeg is None):
                    yield f"{place}: option {pictured.code}: picture has png or jpeg, one of them"
        case Scale() | Grid():
            if question.each is not None and len(question.each) != question.steps:
                yield f"{place}: each has {len(question.each)} texts, but there are {question.steps} steps"
            if (question.each is None) != (question.low is not None and question.high is not None):
                yield f"{place}: give low and high, or a text for each of the {question.steps} steps"
        case Number() | Year() if question.min >= question.max:
            yield f"{place}: min {question.min} is not below max {question.max}"
        case Day() if question.min and question.max and question.min >= question.max:
            yield f"{place}: min {question.min} is not before max {question.max}"
    if isinstance(question, Optioned) and not isinstance(question, SeveralChoices):
        for option in question.options:
            if option.exclusive:
                yield f"{place}: option {option.code} is exclusive, which is for several choices only"
    if isinstance(question, Pair | Ranking | Area):
        for code in question.written:
            yield f"{place}: option {code} cannot be written: that is for one choice and several choices"


def _how_many(question: SeveralChoices, place: str) -> Iterator[str]:
    together = sum(not option.exclusive for option in question.options)
    for name, number in (("min", question.min), ("max", question.max)):
        if number is not None and number > together:
            yield f"{place}: {name} is {number}, but there are {together} options"
    if question.min is not None and question.max is not None and question.min > question.max:
        yield f"{place}: min {question.min} is above max {question.max}"


def _languages(questionnaire: Questionnaire) -> Iterator[str]:
    languages = questionnaire.languages
    for place, texts in _texts(questionnaire):
        if missing := [code for code in languages if code not in texts.by_language]:
            yield f"{place}: no text in {', '.join(missing)}, which the title has"
        if extra := [code for code in texts.by_language if code not in languages]:
            yield f"{place}: a text in {', '.join(extra)}, which the title lacks"


def _texts(questionnaire: Questionnaire) -> Iterator[tuple[str, Texts]]:
    yield from texts_in(questionnaire)
    for page in questionnaire.pages:
        yield from texts_in(page, f"page {page.id}")
        for question in page.known:
            yield from texts_in(question, f"question {question.id}")


def _conditions(questionnaire: Questionnaire) -> Iterator[str]:
    """Conditions name what is asked before, quotes what was answered on an earlier page."""
    earlier: dict[str, KnownQuestion] = {}
    for page in questionnaire.pages:
        yield from _condition(f"page {page.id}", page.show_if, earlier)
        quotable = {id_ for id_, question in earlier.items() if question.type not in NOT_QUOTED}
        for place, texts in texts_in(page, f"page {page.id}"):
            yield from _quotes(place, texts, quotable)
        for question in page.known:
            yield from _condition(f"question {question.id}", question.show_if, earlier)
            for place, texts in texts_in(question, f"question {question.id}"):
                yield from _quotes(place, texts, quotable)
            if not isinstance(question, Information):
                earlier[question.id] = question


def _condition(place: str, condition: Condition | None, earlier: Mapping[str, KnownQuestion]) -> Iterator[str]:
    for named in named_in(condition):
        id_, _, statement = named.question.partition(".")
        question = earlier.get(id_)
        if question is None:
            yield f"{place}: its condition names {id_}, which is not asked before it"
            continue
        statements = [row.code for row in question.statements] if isinstance(question, Grid) else []
        if statement not in (statements or [""]):
            yield f"{place}: its condition names {named.question}: {id_} has " + (
                f"the statements {', '.join(statements)}" if statements else "no statements"
            )
        for value in named.any_of or ():
            if str(value) not in question.codes:
                yield f"{place}: its condition names {value}, no answer to {question.id}"
        limits = named.at_least is not None or named.at_most is not None
        if limits and not isinstance(question, Number | Year | Scale | Grid):
            yield f"{place}: its condition has limits, and {question.id} is not answered by a number"


def _quotes(place: str, texts: Texts, quotable: Collection[str]) -> Iterator[str]:
    for id_ in sorted(texts.quoted - set(quotable)):
        yield f"{place}: quotes {{{id_}}}, which is no short answer from an earlier page"


def _twice(codes: Iterable[str]) -> list[str]:
    return [code for code, number in Counter(codes).items() if number > 1]
