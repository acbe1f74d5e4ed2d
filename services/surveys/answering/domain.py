"""The rules of answering: which questions are seen, and what an answer must be."""

from collections.abc import Mapping, Sequence
from typing import Any

Answers = Mapping[str, Any]
Question = Mapping[str, Any]
Page = Mapping[str, Any]

DO_NOT_KNOW = "vet_ikke"
SHORT_TEXT = 200
LONG_TEXT = 4_000
SCALE = (1, 2, 3, 4, 5)


class NotAnAnswer(ValueError):
    """The value breaks the question's rule named by ``code``; ``parameters`` fill the page's text."""

    def __init__(self, code: str, **parameters: Any) -> None:
        super().__init__(code)
        self.code = code
        self.parameters = parameters


def is_shown(question: Question, answers: Answers) -> bool:
    """Whether the question's condition, if it has one, is met by what was answered before."""
    condition = question.get("show_if")
    if not condition:
        return True
    given = answers.get(condition["question"])
    chosen = given if isinstance(given, list) else [given]
    return any(value in condition["any_of"] for value in chosen)


def shown_questions(page: Page, answers: Answers) -> list[Question]:
    """The page's questions this person sees."""
    return [question for question in page["questions"] if is_shown(question, answers)]


def read_answer(question: Question, values: Sequence[str]) -> Any:
    """The answer in stored form, or None for no answer; raises NotAnAnswer.

    one choice -> option code; several -> list of codes; scale -> 1..5 or ``vet_ikke``; number -> int; text -> str.
    """
    given = [value for value in values if value != ""]
    if not given:
        if question.get("required", True):
            raise NotAnAnswer("missing")
        return None
    readers = {
        "one_choice": _one_choice,
        "several_choices": _several_choices,
        "scale": _scale,
        "number": _number,
        "short_text": _text,
        "long_text": _text,
    }
    return readers[question["type"]](question, given)


def _codes(question: Question) -> list[str]:
    return [option["code"] for option in question["options"]]


def _one_choice(question: Question, given: Sequence[str]) -> str:
    if len(given) != 1 or given[0] not in _codes(question):
        raise NotAnAnswer("not_an_option")
    return given[0]


def _several_choices(question: Question, given: Sequence[str]) -> list[str]:
    if not set(given) <= set(_codes(question)):
        raise NotAnAnswer("not_an_option")
    chosen = [code for code in _codes(question) if code in given]
    most = question.get("max", len(chosen))
    if len(chosen) > most:
        raise NotAnAnswer("too_many", max=most)
    return chosen


def _scale(question: Question, given: Sequence[str]) -> int | str:
    if given == [DO_NOT_KNOW]:
        return DO_NOT_KNOW
    if len(given) != 1 or given[0] not in {str(step) for step in SCALE}:
        raise NotAnAnswer("not_an_option")
    return int(given[0])


def _number(question: Question, given: Sequence[str]) -> int:
    text = given[0].replace(" ", "").replace("\u00a0", "")
    if not text.lstrip("-").isascii() or not text.lstrip("-").isdigit() or len(text) > 12:
        raise NotAnAnswer("not_a_number")
    number = int(text)
    low, high = question.get("min"), question.get("max")
    if (low is not None and number < low) or (high is not None and number > high):
        raise NotAnAnswer("out_of_range", min=low, max=high)
    return number


def _text(question: Question, given: Sequence[str]) -> str:
    most = SHORT_TEXT if question["type"] == "short_text" else LONG_TEXT
    if len(given[0]) > most:
        raise NotAnAnswer("too_long", max=most)
    return given[0]


def only_shown(questionnaire: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    """Answers to questions this person sees in the end: a changed mind leaves no answer to a hidden question."""
    kept: dict[str, Any] = {}
    for page in questionnaire["pages"]:
        for question in page["questions"]:
            if question["id"] in answers and is_shown(question, kept):
                kept[question["id"]] = answers[question["id"]]
    return kept


def first_unfinished(questionnaire: Mapping[str, Any], answers: Answers) -> int | None:
    """Number (from 1) of the first page with an unanswered required question, or None when all is answered."""
    for number, page in enumerate(questionnaire["pages"], start=1):
        for question in shown_questions(page, answers):
            if question.get("required", True) and question["id"] not in answers:
                return number
    return None


def question_count(questionnaire: Mapping[str, Any]) -> int:
    """Questions that everybody sees."""
    return sum(1 for page in questionnaire["pages"] for question in page["questions"] if not question.get("show_if"))
