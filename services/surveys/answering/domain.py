"""The rules of answering: which questions are seen, and what an answer must be."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.events.questionnaire import (
    DO_NOT_KNOW,
    LONG_TEXT,
    SCALE,
    SHORT_TEXT,
    KnownQuestion,
    LongText,
    Number,
    OneChoice,
    Page,
    Questionnaire,
    Scale,
    SeveralChoices,
    ShortText,
)

#: Question id -> answer as stored: option code, list of codes, 1..5 or ``vet_ikke``, number, text.
Answers = Mapping[str, Any]

_NUMBER = re.compile(r"(?P<sign>[-−]?)(?P<whole>[0-9]{1,9})(?:[,.](?P<part>[0-9]{1,6}))?")


class NotAnAnswer(ValueError):
    """The value breaks the question's rule named by ``code``; ``parameters`` fill the page's text."""

    def __init__(self, code: str, **parameters: Any) -> None:
        super().__init__(code)
        self.code = code
        self.parameters = parameters


def is_shown(question: KnownQuestion, answers: Answers) -> bool:
    """Whether the question's condition, if it has one, is met by what was answered before."""
    condition = question.show_if
    if condition is None:
        return True
    given = answers.get(condition.question)
    chosen = given if isinstance(given, list) else [given]
    return any(value in condition.any_of for value in chosen)


def shown_questions(page: Page, answers: Answers) -> list[KnownQuestion]:
    """The page's questions this person sees."""
    return [question for question in page.known if is_shown(question, answers)]


def read_answer(question: KnownQuestion, values: Sequence[str]) -> Any:
    """The answer in stored form, or None for no answer to a question that may be skipped; raises NotAnAnswer."""
    given = [value for value in values if value != ""]
    if not given:
        if question.required:
            raise NotAnAnswer("missing")
        return None
    match question:
        case OneChoice():
            if len(given) != 1 or given[0] not in (option.code for option in question.options):
                raise NotAnAnswer("not_an_option")
            return given[0]
        case SeveralChoices():
            return _several(question, given)
        case Scale():
            return _scale(given)
        case Number():
            return _number(question, given[0])
        case ShortText():
            return _text(given[0], SHORT_TEXT)
        case LongText():
            return _text(given[0], LONG_TEXT)


def _several(question: SeveralChoices, given: Sequence[str]) -> list[str]:
    codes = [option.code for option in question.options]
    if not set(given) <= set(codes):
        raise NotAnAnswer("not_an_option")
    chosen = [code for code in codes if code in given]
    if question.max is not None and len(chosen) > question.max:
        raise NotAnAnswer("too_many", max=question.max)
    return chosen


def _scale(given: Sequence[str]) -> int | str:
    if given == [DO_NOT_KNOW]:
        return DO_NOT_KNOW
    if len(given) != 1 or given[0] not in {str(step) for step in SCALE}:
        raise NotAnAnswer("not_an_option")
    return int(given[0])


def _number(question: Number, text: str) -> int | float:
    """Whole, or with the question's decimals after a comma or a point; spaces may stand between thousands."""
    found = _NUMBER.fullmatch("".join(text.split()))
    if found is None:
        raise NotAnAnswer("not_a_number")
    part = (found["part"] or "").rstrip("0")
    if len(part) > question.decimals:
        raise NotAnAnswer("not_whole" if question.decimals == 0 else "too_many_decimals", decimals=question.decimals)
    digits = ("-" if found["sign"] else "") + found["whole"]
    number = float(f"{digits}.{part}") if part else int(digits)
    if not question.min <= number <= question.max:
        raise NotAnAnswer("out_of_range", min=question.min, max=question.max)
    return number


def _text(given: str, most: int) -> str:
    if len(given) > most:
        raise NotAnAnswer("too_long", max=most)
    return given


@dataclass(frozen=True)
class Filled:
    """A page as it was sent: what is right, what was typed and is not, and what the answers have brought up."""

    answers: dict[str, Any]
    """To every page: those from before, and this page's right ones."""
    typed: dict[str, list[str]]
    """This page's values that are no answer, as they were sent."""
    refused: dict[str, NotAnAnswer]
    brought_up: tuple[str, ...]
    """Questions that have appeared now, which the person has not seen yet."""


def fill_page(
    page: Page, sent: Mapping[str, Sequence[str]], seen: Collection[str], unclean: Collection[str], before: Answers
) -> Filled:
    """Read a page's form.

    ``sent`` holds the values per question, ``seen`` the ids of the questions the form showed, ``unclean`` those whose
    text held characters that were taken out. A question hidden by this page's own answers is not read.
    """
    answers, typed, refused, brought_up = dict(before), {}, {}, []
    for question in page.known:
        answers.pop(question.id, None)
        values = list(sent.get(question.id, ()))
        if not is_shown(question, answers):
            continue
        if question.show_if is not None and question.id not in seen and not any(values):
            brought_up.append(question.id)
            continue
        try:
            if question.id in unclean:
                raise NotAnAnswer("characters")
            value = read_answer(question, values)
        except NotAnAnswer as refusal:
            refused[question.id] = refusal
            if any(values):
                typed[question.id] = values
        else:
            if value is not None:
                answers[question.id] = value
    return Filled(answers, typed, refused, tuple(brought_up))


def only_shown(questionnaire: Questionnaire, answers: Answers) -> dict[str, Any]:
    """Answers to questions this person sees in the end: a changed mind leaves no answer to a hidden question."""
    kept: dict[str, Any] = {}
    for question in questionnaire.questions:
        if question.id in answers and is_shown(question, kept):
            kept[question.id] = answers[question.id]
    return kept


def unfinished_on(page: Page, answers: Answers, typed: Mapping[str, Sequence[str]]) -> dict[str, NotAnAnswer]:
    """What still has to be answered or put right on the page, by question."""
    found = {}
    for question in shown_questions(page, answers):
        if question.id in answers or not (question.required or question.id in typed):
            continue
        try:
            read_answer(question, typed.get(question.id, ()))
            # Right by now, and not taken as an answer: characters were taken out, and the person has not seen it since.
            raise NotAnAnswer("characters")
        except NotAnAnswer as refusal:
            found[question.id] = refusal
    return found


def first_unfinished(
    questionnaire: Questionnaire, answers: Answers, typed: Mapping[str, Sequence[str]] | None = None
) -> int | None:
    """Number (from 1) of the first page with something to answer or put right, or None when all is answered."""
    kept = only_shown(questionnaire, answers)
    pages = enumerate(questionnaire.pages, start=1)
    return next((number for number, page in pages if unfinished_on(page, kept, typed or {})), None)


def page_beside(questionnaire: Questionnaire, answers: Answers, number: int, step: int) -> int | None:
    """The nearest page after (``step`` 1) or before (-1) ``number`` that has anything to ask this person, or None."""
    kept = only_shown(questionnaire, answers)
    other = number + step
    while 1 <= other <= len(questionnaire.pages):
        if shown_questions(questionnaire.pages[other - 1], kept):
            return other
        other += step
    return None


def question_count(questionnaire: Questionnaire) -> int:
    """Questions that everybody sees."""
    return sum(1 for question in questionnaire.questions if question.show_if is None)
