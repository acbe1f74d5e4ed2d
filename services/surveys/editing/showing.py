"""Contexts of the editor's pages for a questionnaire that is being written."""

from collections.abc import Collection, Mapping, Sequence

from services.surveys.editing.conditions import (
    GROUP_ROWS,
    GROUPS,
    Group,
    Row,
    chosen_groups,
    earlier_answers,
    in_words,
    sent_groups,
)
from services.surveys.editing.domain import Content, Part, languages_of, page_of, question_of, text_parts
from services.surveys.editing.filling import (
    FLAGS,
    MOST_STEPS,
    NUMBERS,
    TEXTS,
)
from services.surveys.editing.naming import (
    DAY_NAMES,
    FLAG_NAMES,
    KIND_NAMES,
    LANGUAGE_NAMES,
    NUMBER_NAMES,
    ROW_FLAG_NAMES,
    ROW_NAMES,
    TEXT_NAMES,
)
from services.surveys.editing.rows import ROW_FLAGS, ROWS, rows_offered
from shared.events.questionnaire import KINDS, LANGUAGES, NOT_QUOTED

_JOINS = {"all": "alle gruppene stemmer", "any": "minst én av gruppene stemmer"}
_MODES = {"all": "alle disse er svart", "any": "minst ett av disse er svart", "none": "ingen av disse er svart"}


def outline(content: Content) -> list[dict[str, object]]:
    """The pages with their questions, each with its kind and condition in words."""
    return [
        {
            "id": page["id"],
            "title": page["title"].get("nb") or "Uten overskrift",
            "condition": _in_words(content, page),
            "missing": _missing(content, {"title": page["title"]}),
            "questions": [
                {
                    "id": question["id"],
                    "text": question["text"].get("nb") or "Uten tekst",
                    "kind": KIND_NAMES.get(question["type"], question["type"]),
                    "condition": _in_words(content, question),
                    "missing": _missing(content, question),
                }
                for question in page["questions"]
            ],
        }
        for page in content["pages"]
    ]


def cover_form(content: Content) -> dict[str, object]:
    """Title, topic, introduction, minutes and languages."""
    return {
        "content": content,
        "languages": _languages(content),
        "all_languages": [(code, LANGUAGE_NAMES[code], code in languages_of(content)) for code in LANGUAGES],
    }


def page_form(content: Content, page_id: str, values: Mapping[str, object]) -> dict[str, object]:
    """A page's title and condition."""
    page = page_of(content, page_id)
    return {"page": page, "languages": _languages(content), **_condition_form(content, page, values)}


def question_form(content: Content, question_id: str, values: Mapping[str, object]) -> dict[str, object]:
    """A question's fields, by how they are written."""
    question = question_of(content, question_id)
    kind = question["type"]
    fields = KINDS[kind].model_fields
    return {
        "question": question,
        "kind": KIND_NAMES.get(kind, kind),
        "languages": _languages(content),
        "texts_of": [(name, TEXT_NAMES[name]) for name in TEXTS if name in fields],
        "flags": [
            (name, FLAG_NAMES[name], question.get(name, fields[name].default))
            for name in FLAGS
            if name in fields and kind != "information"
        ],
        "numbers": [
            (name, DAY_NAMES[name] if kind == "date" else NUMBER_NAMES[name],
             question.get(name, fields[name].get_default()))
            for name in NUMBERS
            if name in fields
        ],
        "each": _each(question) if "each" in fields else [],
        "quotable": _quotable(content, question_id),
        "lists": [
            (name, ROW_NAMES[name], rows_offered(question, name)) for name in ROWS if name in fields and kind != "area"
        ],
        "row_flags": [
            (name, ROW_FLAG_NAMES[name]) for name in ROW_FLAGS if kind in ("one_choice", "several_choices")
            if not (name == "exclusive" and kind == "one_choice")
        ],
        **_condition_form(content, question, values),
    }  # fmt: skip


def _each(question: Part) -> list[Mapping[str, str]]:
    """A text for each step of a scale, empty where none is written."""
    each = list(question.get("each", ()))
    return each + [{}] * (min(MOST_STEPS, question.get("steps", 5)) - len(each))


def _quotable(content: Content, question_id: str) -> list[tuple[str, str]]:
    """(how a text of the question quotes it, the question) for short answers from earlier pages."""
    earlier: list[tuple[str, str]] = []
    for page in content["pages"]:
        if any(question["id"] == question_id for question in page["questions"]):
            return earlier
        earlier += [
            (f"{{{question['id']}}}", question["text"].get("nb", ""))
            for question in page["questions"]
            if question["type"] not in NOT_QUOTED
        ]
    return earlier


def _condition_form(content: Content, part: Part, values: Mapping[str, object]) -> dict[str, object]:
    """The lists a condition is chosen from, with some empty ones; as they were sent where the form comes back."""
    earlier = earlier_answers(content, part["id"])
    offered = {code for _, answers in earlier for code, _ in answers}
    chosen = ("", sent_groups(lambda name: str(values.get(name) or ""))) if values else chosen_groups(part)
    join, groups = chosen if chosen is not None else ("keep", [])
    shown = [*groups, *(Group("any" if groups else "all", []) for _ in range(len(groups), GROUPS))]
    return {
        "earlier": earlier,
        "join": values.get("condition") or "all" if values else join,
        "joins": list(_JOINS.items()),
        "modes": list(_MODES.items()),
        "condition_groups": [(group.mode, _rows_offered(content, group.rows, offered)) for group in shown],
        "groups_in_use": sum(any(row.when for row in group.rows) for group in groups),
        "condition_words": _in_words(content, part),
    }


def _rows_offered(content: Content, rows: Sequence[Row], codes: Collection[str]) -> list[tuple[Row, str]]:
    """Each row with words for what stands in no list, such as an answer that was removed; then some empty ones."""
    spare = min(GROUP_ROWS, max(3, len(rows) + 1)) - len(rows)
    known = {"", *codes}
    return [(row, "" if row.when in known else _lost(content, row)) for row in rows] + [(Row(""), "")] * spare


def _lost(content: Content, row: Row) -> str:
    question, _, code = row.when.partition("=")
    return in_words(content, {"question": question, **({"any_of": [code]} if code else {})})


def _in_words(content: Content, part: Part) -> str:
    """``svarer «Ja» på «Kjører du bil?»``; empty without a condition."""
    return in_words(content, part["show_if"]) if part.get("show_if") else ""


def _languages(content: Content) -> list[tuple[str, str]]:
    return [(code, LANGUAGE_NAMES[code]) for code in languages_of(content)]


def _missing(content: Content, part: Mapping[str, object]) -> list[str]:
    """Names of languages in which a text of the part is not written."""
    texts = list(text_parts(part))
    return [
        LANGUAGE_NAMES[code]
        for code in languages_of(content)
        if any(text.get("nb") and not text.get(code) for text in texts)
    ]
