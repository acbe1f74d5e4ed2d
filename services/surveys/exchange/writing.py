"""A questionnaire as a file for others: YAML as the repository's own, and an XLSForm workbook.

What XLSForm has no word for (a grid, the ends of a scale, what an option may hold) stands as JSON in a column of ours,
``panel``, which other programs leave alone: read back, nothing has changed, though pictures are drawn anew. What is
too long for a cell, as pictures are, goes on in ``panel 2`` and so on.
"""

import json
import re
from io import BytesIO
from typing import Any

import yaml
from openpyxl import Workbook

from services.surveys.editing.domain import Content, languages_of
from services.surveys.exchange.expressions import write

_TYPES = {
    "one_choice": "select_one {}", "pair": "select_one {}", "area": "text", "several_choices": "select_multiple {}",
    "ranking": "rank {}", "scale": "select_one {}", "grid": "note", "number": "integer", "year": "integer",
    "date": "date", "short_text": "text", "long_text": "text", "information": "note",
}  # fmt: skip
_HEADINGS = {"nb": "Norsk bokmål (nb)", "nn": "Nynorsk (nn)", "en": "English (en)"}
#: Fields that have a column of XLSForm's own; the others of a question go into ours.
_COLUMNS = ("id", "text", "help")
#: A cell holds 32,767 characters. No piece begins or ends with a space, which readers of workbooks strip.
_PIECE = re.compile(r"\S(?:.{0,32000}\S)?(?!\s)")


def as_yaml(content: Content) -> str:
    """The questionnaire as a file of the repository."""
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110)


def as_xlsform(content: Content) -> bytes:
    """The questionnaire as an ``.xlsx`` workbook."""
    languages = languages_of(content)
    survey: list[dict[str, Any]] = []
    choices: list[dict[str, Any]] = []
    for page in content["pages"]:
        extra = {key: value for key, value in page.items() if key not in ("id", "title", "questions")}
        survey.append(
            _row("begin_group", page["id"], page["title"], page, {"appearance": "field-list", "panel": extra})
        )
        for question in page["questions"]:
            survey.append(_question(question))
            choices += _choices(question)
        survey.append({"type": "end_group", "name": page["id"]})
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "survey"
    spoken = [f"{part}::{_HEADINGS[code]}" for part in ("label", "hint") for code in languages]
    _fill(sheet, ["type", "name", *spoken, "required", "relevant", "constraint", "appearance", "panel"], survey)
    labels = [f"label::{_HEADINGS[code]}" for code in languages]
    _fill(book.create_sheet("choices"), ["list_name", "name", *labels], choices)
    cover = {key: value for key, value in content.items() if key != "pages"}
    _fill(
        book.create_sheet("settings"),
        ["form_title", "form_id", "version", "default_language", "panel"],
        [{
            "form_title": content["title"].get("nb", ""), "form_id": content["id"], "version": content["version"],
            "default_language": _HEADINGS["nb"], "panel": cover,
        }],
    )  # fmt: skip
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _question(question: Content) -> dict[str, Any]:
    kind = question["type"]
    extra = {key: value for key, value in question.items() if key not in _COLUMNS}
    row = _row(_TYPES[kind].format(question["id"]), question["id"], question["text"], question, {"panel": extra})
    row |= {f"hint::{_HEADINGS[code]}": text for code, text in question.get("help", {}).items()}
    row["required"] = "yes" if question.get("required", True) else "no"
    if kind == "number" and question.get("decimals"):
        row["type"] = "decimal"
    if kind in ("number", "year"):
        row["constraint"] = f". >= {question['min']} and . <= {question['max']}"
    if kind == "long_text":
        row["appearance"] = "multiline"
    return row


def _choices(question: Content) -> list[dict[str, Any]]:
    if question["type"] == "scale":
        first, steps = question.get("first", 1), question.get("steps", 5)
        rows = [(str(step), {"nb": str(step)}) for step in range(first, first + steps)]
        if question.get("do_not_know", True):
            rows.append(("vet_ikke", {"nb": "Vet ikke", "nn": "Veit ikkje", "en": "Do not know"}))
    else:
        rows = [(option["code"], option["text"]) for option in question.get("options", ())]
    return [
        {"list_name": question["id"], "name": code} | {f"label::{_HEADINGS[lang]}": to for lang, to in texts.items()}
        for code, texts in rows
    ]


def _row(type_: str, name: str, label: dict[str, str], part: Content, more: dict[str, Any]) -> dict[str, Any]:
    row = {"type": type_, "name": name} | {f"label::{_HEADINGS[code]}": text for code, text in label.items()}
    if part.get("show_if"):
        row["relevant"] = write(part["show_if"])
    return row | more


def _fill(sheet: Any, columns: list[str], rows: list[dict[str, Any]]) -> None:
    rows = [_in_pieces(row) for row in rows]
    most = max((sum(name.startswith("panel ") for name in row) for row in rows), default=0)
    columns = [*columns, *(f"panel {number}" for number in range(2, most + 2))]
    sheet.append(columns)
    for row in rows:
        sheet.append([row.get(column) for column in columns])
        # Never a formula, whatever a text begins with.
        for cell in sheet[sheet.max_row]:
            if isinstance(cell.value, str):
                cell.data_type = "s"


def _in_pieces(row: dict[str, Any]) -> dict[str, Any]:
    """The row with what is ours as JSON, in as many cells as it takes."""
    own = json.dumps(row["panel"], ensure_ascii=False) if "panel" in row else ""
    pieces = {"panel" if number == 1 else f"panel {number}": text for number, text in enumerate(_PIECE.findall(own), 1)}
    return {key: value for key, value in row.items() if key != "panel"} | pieces
