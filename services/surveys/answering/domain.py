"""The rules of answering: which questions a person sees, and which answers count in the end."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from services.surveys.answering.reading import NotAnAnswer, Sent, read_question
from shared.events.questionnaire import (
    NOT_QUOTED,
    Choice,
    Information,
    KnownQuestion,
    Page,
    Questionnaire,
    SeveralChoices,
    holds,
)

#: Question id -> answer as stored: a code, a list of codes, a step, a number, a text, steps by statement.
Answers = Mapping[str, object]
AChoice = TypeVar("AChoice", bound=Choice)


def shown_questions(page: Page, answers: Answers) -> list[KnownQuestion]:
    """The page's questions this person sees: none of a page that is not for them."""
    if not holds(page.show_if, answers):
        return []
    return [question for question in page.known if holds(question.show_if, answers)]


def in_order(question: KnownQuestion, choices: tuple[AChoice, ...], order: int) -> list[AChoice]:
    """The choices as one page shows them: as written, or shuffled by the seed ``order``.

    Options that go with no other, or that a person writes, stay last.
    """
    if not getattr(question, "shuffle", False):
        return list(choices)
    last = [choice for choice in choices if getattr(choice, "exclusive", False) or getattr(choice, "write", False)]
    rest = [choice for choice in choices if choice not in last]
    Random(f"{order}.{question.id}").shuffle(rest)  # noqa: S311 - an order on a page, no secret
    return [*rest, *last]


def quotes(questionnaire: Questionnaire, answers: Answers, language: str, do_not_know: str) -> dict[str, str]:
    """The words of earlier answers where a later text quotes them, by question."""
    labels_of = {}
    for question in questionnaire.questions:
        if question.id not in answers or question.type in NOT_QUOTED:
            continue
        # What somebody wrote beside "annet" says more than the option.
        own = {code: answers[name] for code, name in getattr(question, "written", {}).items() if name in answers}
        labels = question.labels(language, do_not_know) | {code: str(words) for code, words in own.items()}
        codes = question.chosen(answers[question.id])
        labels_of[question.id] = ", ".join(labels.get(code, code) for code in codes)
    return labels_of


@dataclass(frozen=True)
class Filled:
    """A page as it was sent: right answers, typed text that is no answer, and questions that have come up."""

    answers: dict[str, object]
    """To every page: those from before, and this page's right ones."""
    typed: dict[str, list[str]]
    """This page's fields that hold no answer, as they were sent."""
    refusals: dict[str, NotAnAnswer]
    """What is wrong, by field."""
    brought_up: tuple[str, ...]
    """Questions that have appeared now, which the person has not seen yet."""


def fill_page(
    questionnaire: Questionnaire,
    number: int,
    fields: Sent,
    shown_ids: Collection[str],
    unclean: Collection[str],
    before: Answers,
    typed_before: Sent | None = None,
) -> Filled:
    """Read the form of page ``number`` (from 1).

    ``fields`` holds the values per field, ``shown_ids`` the questions the form showed, ``unclean`` the fields whose
    text held characters that were taken out, ``typed_before`` what was typed before and was no answer. Answers to
    questions that this person is no longer asked rest until these come up again, and no condition goes by them. Words
    beside an option that is not chosen are no answer, but stay in their field until the form is sent in.
    """
    page, answers, brought_up = questionnaire.pages[number - 1], dict(before), []
    asked = only_shown(questionnaire, before)
    typed: dict[str, list[str]] = {}
    refusals: dict[str, NotAnAnswer] = {}
    if not holds(page.show_if, asked):
        return Filled(answers, typed, refusals, ())
    for question in page.known:
        values = {field: list(fields.get(field, ())) for field in question.fields}
        for name in stored_under(question):
            asked.pop(name, None)
        is_asked = holds(question.show_if, asked)
        if question.show_if is not None and question.id not in shown_ids and not any(map(any, values.values())):
            if is_asked and not isinstance(question, Information):
                brought_up.append(question.id)
            continue
        for name in stored_under(question):
            answers.pop(name, None)
        left = _left_behind(question, values, before, typed_before or {})
        reading = read_question(question, {field: given for field, given in values.items() if field not in left})
        wrong = reading.refusals | {field: NotAnAnswer("characters") for field in values if field in unclean}
        if not wrong:
            answers |= reading.answers
        if not is_asked:
            continue
        if wrong:
            refusals |= wrong
            typed |= {field: given for field, given in values.items() if any(given)}
        else:
            asked |= reading.answers
            beside = stored_under(question)[1:]
            typed |= {field: values[field] for field in beside if any(values[field]) and field not in reading.answers}
    return Filled(answers, typed, refusals, tuple(brought_up))


def _left_behind(question: KnownQuestion, values: Sent, before: Answers, typed_before: Sent) -> set[str]:
    """Fields whose words stood there already, beside a box that is not ticked now while others are.

    Words that are new there choose their box.
    """
    if not isinstance(question, SeveralChoices) or question.id not in before or not any(values[question.id]):
        return set()
    return {
        field
        for code, field in question.written.items()
        if code not in values[question.id] and list(values[field]) in ([before.get(field)], typed_before.get(field))
    }


def stored_under(question: KnownQuestion) -> tuple[str, ...]:
    """The names under which the question's answer is stored: its id, and those of what is written beside options."""
    return (question.id, *getattr(question, "written", {}).values())


def only_shown(questionnaire: Questionnaire, answers: Answers) -> dict[str, object]:
    """Answers to questions this person sees in the end: a changed mind leaves no answer to a hidden question."""
    visible: dict[str, object] = {}
    for page in questionnaire.pages:
        if not holds(page.show_if, visible):
            continue
        for question in page.known:
            if question.id in answers and holds(question.show_if, visible):
                visible |= {name: answers[name] for name in stored_under(question) if name in answers}
    return visible


def unfinished_on(page: Page, answers: Answers, typed: Sent, unseen: Collection[str] = ()) -> dict[str, NotAnAnswer]:
    """What still has to be answered or put right on the page, by field, but for questions ``unseen`` until now."""
    refusals: dict[str, NotAnAnswer] = {}
    for question in shown_questions(page, answers):
        values = {field: typed[field] for field in question.fields if field in typed}
        if question.id in answers or question.id in unseen or not (question.required or values):
            continue
        reading = read_question(question, values)
        # It is right by now but not yet an answer: characters were removed, and the person has not seen that.
        refusals |= reading.refusals or {question.fields[0]: NotAnAnswer("characters")}
    return refusals


def first_unfinished(questionnaire: Questionnaire, answers: Answers, typed: Sent | None = None) -> int | None:
    """Number (from 1) of the first page with something to answer or put right, or None when all is answered."""
    visible = only_shown(questionnaire, answers)
    pages = enumerate(questionnaire.pages, start=1)
    return next((number for number, page in pages if unfinished_on(page, visible, typed or {})), None)


def page_beside(questionnaire: Questionnaire, answers: Answers, number: int, step: int) -> int | None:
    """The nearest page after (``step`` 1) or before (-1) ``number`` that has anything for this person, or None."""
    visible = only_shown(questionnaire, answers)
    other = number + step
    while 1 <= other <= len(questionnaire.pages):
        if shown_questions(questionnaire.pages[other - 1], visible):
            return other
        other += step
    return None
