"""How the answer to each kind of question is read from the fields of a form, and written back into them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.events.questionnaire import (
    DO_NOT_KNOW,
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
    Ranking,
    Scale,
    SeveralChoices,
    ShortText,
    Steps,
    Year,
)

#: Field of a form -> the values it was sent with.
Sent = Mapping[str, Sequence[str]]
#: What is written beside an option ("annet").
BESIDE = 200

#: Spaces may only separate thousands: "1 2" is not twelve.
_NUMBER = re.compile(r"(?P<sign>[-−]?)\s?(?P<whole>[0-9]{1,3}(?:\s[0-9]{3})+|[0-9]{1,9})(?:[,.](?P<part>[0-9]{1,6}))?")
_DAY = re.compile(r"(?P<day>[0-9]{1,2})\.\s?(?P<month>[0-9]{1,2})\.\s?(?P<year>[0-9]{4})")


class NotAnAnswer(ValueError):
    """The value breaks the question's rule named by ``code``; ``parameters`` fill the page's text."""

    def __init__(self, code: str, **parameters: object) -> None:
        super().__init__(code)
        self.code = code
        self.parameters = parameters


@dataclass(frozen=True)
class Read:
    """One question of a form: what is stored of it (nothing where nothing was answered), and what is wrong by field."""

    answers: dict[str, object]
    refusals: dict[str, NotAnAnswer]


def read_question(question: KnownQuestion, fields: Sent) -> Read:
    """The question's answer in stored form; ``fields`` may hold others too."""
    values = {field: [value for value in fields.get(field, ()) if value != ""] for field in question.fields}
    match question:
        case Information():
            return Read({}, {})
        case Grid():
            return _grid(question, values)
        case Ranking():
            return _ranking(question, values)
        case Optioned():
            return _with_words(question, values)
        case _:
            return _single(question, question.id, values[question.id])


def _single(question: KnownQuestion, field: str, values: Sequence[str]) -> Read:
    try:
        answer = read_answer(question, values)
    except NotAnAnswer as refusal:
        return Read({}, {field: refusal})
    return Read({} if answer is None else {question.id: answer}, {})


def read_answer(question: KnownQuestion, values: Sequence[str]) -> object:
    """The answer in a question's own field, or None for none that may be left out; raises NotAnAnswer."""
    values = [value for value in values if value != ""]
    if not values:
        if question.required:
            raise NotAnAnswer("missing")
        return None
    match question:
        case OneChoice() | Pair() | Area():
            return _one_of(question.codes, values)
        case SeveralChoices():
            return _several(question, values)
        case Scale():
            return _step(question, values)
        case Number():
            return _number(question, values[0])
        case Year():
            return _year(question, values[0])
        case Day():
            return _day(question, values[0])
        case ShortText() | LongText():
            return _text(values[0], question.max)
        case _:
            raise TypeError(f"{question.type} has several fields")


def _one_of(codes: Sequence[str], values: Sequence[str]) -> str:
    if len(values) != 1 or values[0] not in codes:
        raise NotAnAnswer("not_an_option")
    return values[0]


def _several(question: SeveralChoices, values: Sequence[str]) -> list[str]:
    if not set(values) <= set(question.codes):
        raise NotAnAnswer("not_an_option")
    codes = [code for code in question.codes if code in values]
    alone = next((option.code for option in question.options if option.exclusive and option.code in values), None)
    if alone is not None:
        if len(codes) > 1:
            raise NotAnAnswer("not_alone", option=alone)
        return codes
    if question.max is not None and len(codes) > question.max:
        raise NotAnAnswer("too_many", max=question.max)
    if question.min is not None and len(codes) < question.min:
        raise NotAnAnswer("too_few", min=question.min)
    return codes


def _step(question: Steps, values: Sequence[str]) -> int | str:
    code = _one_of(question.codes, values)
    return code if code == DO_NOT_KNOW else int(code)


def _number(question: Number, text: str) -> int | float:
    """Whole, or with the question's decimals after a comma or a point."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise NotAnAnswer("not_a_number")
    part = (match["part"] or "").rstrip("0")
    if len(part) > question.decimals:
        raise NotAnAnswer("not_whole" if question.decimals == 0 else "too_many_decimals", decimals=question.decimals)
    digits = ("-" if match["sign"] else "") + "".join(match["whole"].split())
    number = float(f"{digits}.{part}") if part else int(digits)
    if not question.min <= number <= question.max:
        raise NotAnAnswer("out_of_range", min=question.min, max=question.max)
    return number


def _year(question: Year, text: str) -> int:
    if not re.fullmatch(r"[0-9]{4}", text):
        raise NotAnAnswer("not_a_year")
    if not question.min <= int(text) <= question.max:
        raise NotAnAnswer("year_out_of_range", min=question.min, max=question.max)
    return int(text)


def _day(question: Day, text: str) -> str:
    """As a browser sends it (2026-05-17), or as people write it (17.5.2026)."""
    match = _DAY.fullmatch(text)
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"])) if match else date.fromisoformat(text)
    except ValueError as error:
        raise NotAnAnswer("not_a_day") from error
    if question.min is not None and day < question.min:
        raise NotAnAnswer("too_early", min=question.min)
    if question.max is not None and day > question.max:
        raise NotAnAnswer("too_late", max=question.max)
    return day.isoformat()


def _text(text: str, most: int) -> str:
    if len(text) > most:
        raise NotAnAnswer("too_long", max=most)
    return text


def _with_words(question: Optioned, values: Sent) -> Read:
    """A choice and the text beside "annet"; a person who wrote there and chose nothing else, chose that."""
    assert not isinstance(question, Ranking)
    codes = list(values[question.id])
    for code, field in question.written.items():
        several = isinstance(question, SeveralChoices)
        if values[field] and code not in codes and (several or not codes):
            codes.append(code)
    reading = _single(question, question.id, codes)  # type: ignore[arg-type]
    answers, refusals = dict(reading.answers), dict(reading.refusals)
    for code, field in question.written.items():
        if not values[field] or question.id not in answers or code not in question.chosen(answers[question.id]):
            continue
        if len(values[field][0]) > BESIDE:
            refusals[field] = NotAnAnswer("too_long", max=BESIDE)
        else:
            answers[field] = values[field][0]
    return Read({} if refusals else answers, refusals)


def _grid(question: Grid, values: Sent) -> Read:
    answer: dict[str, object] = {}
    refusals: dict[str, NotAnAnswer] = {}
    for statement, field in zip(question.statements, question.fields, strict=True):
        if not values[field]:
            if question.required:
                refusals[field] = NotAnAnswer("missing")
            continue
        try:
            answer[statement.code] = _step(question, values[field])
        except NotAnAnswer as refusal:
            refusals[field] = refusal
    return Read({question.id: answer} if answer and not refusals else {}, refusals)


def _ranking(question: Ranking, values: Sent) -> Read:
    ranked: list[str] = []
    refusals: dict[str, NotAnAnswer] = {}
    for place, field in enumerate(question.fields, start=1):
        if not values[field]:
            if question.required:
                refusals[field] = NotAnAnswer("place_missing", place=place)
        elif values[field][0] not in question.codes:
            refusals[field] = NotAnAnswer("not_an_option")
        elif values[field][0] in ranked:
            refusals[field] = NotAnAnswer("ranked_twice", place=place)
        else:
            ranked.append(values[field][0])
    return Read({question.id: ranked} if ranked and not refusals else {}, refusals)


def written_back(question: KnownQuestion, answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """The fields of a form that hold a stored answer."""
    answer = answers.get(question.id)
    if answer is None:
        return {}
    if isinstance(question, Grid):
        return {
            field: [str(answer[statement.code])]
            for statement, field in zip(question.statements, question.fields, strict=True)
            if statement.code in answer
        }
    if isinstance(question, Ranking):
        return {field: [code] for field, code in zip(question.fields, answer, strict=False)}
    beside = {field: [str(answers[field])] for field in question.fields[1:] if field in answers}
    return {question.id: [str(code) for code in answer] if isinstance(answer, list) else [str(answer)]} | beside
