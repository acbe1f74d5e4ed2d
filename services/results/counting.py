"""How the answers to each kind of question are counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import mean, quantiles
from typing import Any

from services.results.domain import SMALLEST_GROUP, Counted, merged_groups, number_classes
from shared.events.questionnaire import (
    Area,
    Day,
    Grid,
    Information,
    KnownQuestion,
    LongText,
    Number,
    OneChoice,
    Optioned,
    Pair,
    Questionnaire,
    Ranking,
    Scale,
    SeveralChoices,
    ShortText,
    UnknownQuestion,
    Year,
)

#: One person's answers, by question.
Answers = Mapping[str, Any]


def count_answers(questionnaire: Questionnaire, answers: Sequence[Answers]) -> list[Counted]:
    """Every question's totals, in the order asked; written answers are only counted."""
    return [count(part, answers) for part in questionnaire.parts if not isinstance(part, Information)]


def count(question: KnownQuestion | UnknownQuestion, answers: Sequence[Answers]) -> Counted:
    """One question's totals."""
    values = [answer[question.id] for answer in answers if question.id in answer]
    total = Counted(question.id, question.type, len(values))
    if isinstance(question, UnknownQuestion):
        return replace(total, countable=False)
    # Totals of a question that few were asked tell each one's answer: an earlier question may say who they are.
    if len(values) < SMALLEST_GROUP:
        return total
    match question:
        case OneChoice() | SeveralChoices() | Pair() | Area():
            return replace(total, counts=_codes(question, values), parts=_beside(question, answers))
        case Scale():
            return replace(total, counts=_codes(question, values))
        case Ranking():
            firsts = Counter(answer[0] for answer in values)
            return replace(
                total, counts=_codes(question, values), firsts={code: firsts[code] for code in question.codes}
            )
        case Grid():
            return replace(total, parts=_statements(question, values))
        case Number() | Year():
            return _numbers(total, getattr(question, "decimals", 0), values)
        case Day():
            return replace(total, counts=_months(values))
        case ShortText() | LongText() | Information():
            return total


def _codes(question: KnownQuestion, answers: Sequence[object]) -> dict[str, int]:
    """How many chose each code, in the order written."""
    numbers = Counter(code for answer in answers for code in question.chosen(answer))
    return {code: numbers[code] for code in question.codes}


def _beside(question: Optioned, answers: Sequence[Answers]) -> tuple[Counted, ...]:
    """How many wrote something beside each option that may be written."""
    return tuple(
        Counted(name, "short_text", sum(name in answer for answer in answers)) for name in question.written.values()
    )


def _statements(question: Grid, answers: Sequence[Mapping[str, object]]) -> tuple[Counted, ...]:
    """Each statement as a scale of its own, of those who answered it."""
    return tuple(
        count(scale, [{scale.id: answer[statement.code]} for answer in answers if statement.code in answer])
        for statement, scale in zip(question.statements, question.scales, strict=True)
    )


def _numbers(totals: Counted, decimals: int, answers: Sequence[float]) -> Counted:
    numbers = sorted(float(answer) for answer in answers)
    first, middle, third = quantiles(numbers, n=4, method="inclusive")
    classes = tuple(number_classes(numbers, decimals))
    return replace(totals, quartiles=(first, middle, third), mean=mean(numbers), classes=classes)


def _months(days: Sequence[str]) -> dict[str, int]:
    """Days by month, neighbours joined until each group holds enough people."""
    months = sorted(Counter(day[:7] for day in days).items())
    return {
        codes[0] if len(codes) == 1 else f"{codes[0]}/{codes[-1]}": people for codes, people in merged_groups(months)
    }


def written_in(questionnaire: Questionnaire) -> list[str]:
    """The names under which answers in people's own words are stored."""
    names: list[str] = []
    for question in questionnaire.questions:
        if isinstance(question, ShortText | LongText):
            names.append(question.id)
        elif isinstance(question, Optioned):
            names += question.written.values()
    return names
