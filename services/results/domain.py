"""Counting answers: totals only, with the base each share is of."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

#: The stored answer of somebody who does not know; shown, never hidden.
DO_NOT_KNOW = "vet_ikke"


@dataclass(frozen=True)
class Row:
    """One answer option: its text, how many chose it, and their share of the base (0 to 1)."""

    label: str
    n: int
    share: float


@dataclass(frozen=True)
class QuestionResult:
    """One question's totals; ``base`` is the number of people who answered it."""

    id: str
    text: str
    kind: str
    base: int
    rows: tuple[Row, ...]
    passages: tuple[str, ...] = ()
    middle: float | None = None
    """Median, for numbers."""


def in_language(texts: Any, language: str) -> str:
    """The text in ``language``, else Bokmål."""
    if isinstance(texts, Mapping):
        return str(texts.get(language) or texts.get("nb") or "")
    return str(texts or "")


def questions_of(questionnaire: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every question, in the order asked."""
    return [question for page in questionnaire.get("pages", ()) for question in page.get("questions", ())]


def count_question(question: Mapping[str, Any], answers: Sequence[Any], language: str) -> QuestionResult:
    """Totals of one closed question or number; ``answers`` are the values given (absent ones left out)."""
    kind, text = question["type"], in_language(question["text"], language)
    counted = Counter(value for answer in answers for value in (answer if isinstance(answer, list) else [answer]))
    base = len(answers)
    if kind == "number":
        numbers = [float(answer) for answer in answers]
        return QuestionResult(question["id"], text, kind, base, (), middle=median(numbers) if numbers else None)
    rows = tuple(
        Row(label, counted[code], counted[code] / base if base else 0.0) for code, label in _options(question, language)
    )
    return QuestionResult(question["id"], text, kind, base, rows)


def _options(question: Mapping[str, Any], language: str) -> list[tuple[Any, str]]:
    if question["type"] == "scale":
        low, high = in_language(question["low"], language), in_language(question["high"], language)
        names = {1: f"1 {low}", 5: f"5 {high}"}
        return [(step, names.get(step, str(step))) for step in range(1, 6)] + [
            (DO_NOT_KNOW, "Vet ikke" if language != "en" else "Don't know")
        ]
    if question["type"] in ("one_choice", "several_choices"):
        return [(option["code"], in_language(option["text"], language)) for option in question["options"]]
    return []


def count_all(
    questionnaire: Mapping[str, Any], answers: Sequence[Mapping[str, Any]], passages: Mapping[str, Any], language: str
) -> list[QuestionResult]:
    """Every question's totals; free text shows only the passages staff chose."""
    results = []
    for question in questions_of(questionnaire):
        given = [answer[question["id"]] for answer in answers if question["id"] in answer]
        if question["type"] in ("short_text", "long_text"):
            chosen = tuple(passages.get(question["id"], ()))
            text = in_language(question["text"], language)
            results.append(QuestionResult(question["id"], text, question["type"], len(given), (), chosen))
        else:
            results.append(count_question(question, given, language))
    return results


def leading_finding(results: Sequence[QuestionResult]) -> str:
    """The first one-choice question's most chosen answer as a sentence staff can start from; Bokmål."""
    for result in results:
        if result.kind == "one_choice" and result.base:
            top = max(result.rows, key=lambda row: row.n)
            return f"{round(top.share * 100)} prosent svarer «{top.label}» på spørsmålet «{result.text}»"
    return ""


def shown_counts(counts: Mapping[str, int], minimum: int = 5) -> dict[str, int | None]:
    """Counts with those from 1 to ``minimum`` - 1 hidden, and one more hidden so that no sum gives them away."""
    small = {key for key, n in counts.items() if 0 < n < minimum}
    if len(small) == 1:
        rest = [key for key in counts if key not in small]
        if rest:
            small.add(min(rest, key=lambda key: (counts[key], key)))
    return {key: None if key in small else n for key, n in counts.items()}
