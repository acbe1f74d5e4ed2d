"""A form of the editor put into the questionnaire, and what a form starts from. Conditions are chosen from lists."""

import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from types import MappingProxyType
from typing import Any

from services.surveys.answering.reading import NotAnAnswer, read_answer
from services.surveys.editing.conditions import set_condition, wrong_condition
from services.surveys.editing.domain import Content, NoSuchPart, Part, languages_of, question_of
from services.surveys.editing.rows import ROWS, Pictures, Sent, rows_sent, texts
from shared.events.questionnaire import KINDS, LANGUAGES, Day

#: Which of a kind's fields are written how. A field that stands in none of these is kept as it is.
TEXTS = ("text", "help", "unit", "low", "high")
FLAGS = ("required", "shuffle", "do_not_know")
NUMBERS = ("steps", "most", "min", "max", "decimals")
#: Steps a scale can have.
MOST_STEPS = 11
_A_DAY = Day.model_validate({"type": "date", "id": "dag", "text": {"nb": "Dag"}})


def with_cover(content: Content, value_of: Sent, languages: Sequence[str]) -> Content:
    """Title, topic, introduction and minutes as the form has them; texts of languages that went go too."""
    new = deepcopy(content)
    for name in ("title", "topic", "introduction"):
        new[name] = texts(name, value_of, languages)
    new["title"] |= {code: "" for code in languages if code != "nb" and code not in new["title"]}
    if not new["topic"]:
        del new["topic"]
    minutes = _whole(value_of("minutes"))
    new["minutes"] = new["minutes"] if minutes is None else minutes
    spoken: Content = only_languages(new, languages)
    return spoken


def with_page(content: Content, page_id: str, value_of: Sent) -> Content:
    """The page's title and condition as the form has them."""
    new = deepcopy(content)
    page = next((page for page in new["pages"] if page["id"] == page_id), None)
    if page is None:
        raise NoSuchPart(page_id)
    page["title"] = texts("title", value_of, languages_of(content))
    set_condition(page, value_of)
    return new


def with_question(
    content: Content,
    question_id: str,
    value_of: Sent,
    slug: Callable[[str], str],
    pictures: Pictures = MappingProxyType({}),
) -> Content:
    """The question as the form has it; ``slug`` makes a code of a new option's text."""
    new, languages = deepcopy(content), languages_of(content)
    question = question_of(new, question_id)
    fields = KINDS[question["type"]].model_fields
    for name in TEXTS:
        if name in fields:
            words = texts(name, value_of, languages)
            if words or name == "text":
                question[name] = words
            else:
                question.pop(name, None)
    for name in FLAGS:
        if name in fields and question["type"] != "information":
            question[name] = value_of(name) == "yes"
    for name in NUMBERS:
        if name in fields:
            limit = read_day(value_of(name)) if question["type"] == "date" else _whole(value_of(name))
            if limit is None:
                question.pop(name, None)
            else:
                question[name] = limit
    if "each" in fields:
        question["each"] = [
            words for step in range(MOST_STEPS) if (words := texts(f"each.{step}", value_of, languages))
        ]
        if not question["each"]:
            del question["each"]
    for name in ROWS:
        if name in fields and question["type"] != "area":
            question[name] = rows_sent(question, name, value_of, languages, slug, pictures)
    question.pop("same_meaning", None)
    if value_of("same_meaning") == "yes":
        question["same_meaning"] = True
    set_condition(question, value_of)
    return new


def _whole(text: str) -> int | None:
    text = text.strip()
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None


def read_day(text: str) -> str | None:
    """A day as a browser sends it or as people write it, stored as 2026-05-17; None for what is no day."""
    try:
        return read_answer(_A_DAY, [text]) if text else None  # type: ignore[return-value]
    except NotAnAnswer:
        return None


def not_read(content: Part, part: str, value_of: Sent) -> dict[str, str]:
    """What stands in a field for a number or a day and is none, in words by field."""
    if part == "om":
        return {} if _whole(value_of("minutes")) is not None else {"minutes": "Skriv et helt tall, for eksempel 5."}
    kind = next((each["type"] for page in content["pages"] for each in page["questions"] if each["id"] == part), None)
    wrong = wrong_condition(value_of)
    for name in NUMBERS if kind else ():
        if value_of(name) and kind == "date" and read_day(value_of(name)) is None:
            wrong[name] = "Skriv en dato, for eksempel 17.5.2026."
        elif value_of(name) and kind != "date" and _whole(value_of(name)) is None:
            wrong[name] = "Skriv et helt tall, for eksempel 5."
    return wrong


def only_languages(content: Any, languages: Sequence[str]) -> Any:
    """The content, or a piece of it, without texts in other languages."""
    if isinstance(content, list):
        return [only_languages(part, languages) for part in content]
    if isinstance(content, dict):
        away = set(LANGUAGES) - set(languages)
        return {key: only_languages(value, languages) for key, value in content.items() if key not in away}
    return content
