"""The rows of a list in a form of the editor, options or statements: their texts, marks, pictures and order."""

import re
from collections.abc import Callable, Mapping, Sequence

from services.surveys.editing.domain import Content, Part, free

#: The text of a field of the form, empty when it is not there.
Sent = Callable[[str], str]
#: Name of a field for a picture -> the picture that came in it, without words; empty for a file that was refused.
Pictures = Mapping[str, Mapping[str, str]]

ROWS = ("options", "statements")
ROW_FLAGS = ("exclusive", "write")
#: What a picture is stored as: one of them.
FORMATS = ("png", "jpeg")
#: Alternatives of a pair.
TWO = 2
#: Empty rows offered below those there are.
_SPARE_ROWS = 2
_CODE = re.compile(r"[^a-z0-9]+")


def rows_offered(question: Part, name: str) -> list[Content]:
    """The rows of a list with some empty ones to write in; a pair has two and no more."""
    rows = list(question.get(name, []))
    spare = TWO - len(rows) if question["type"] == "pair" else max(_SPARE_ROWS, 3 - len(rows))
    return rows + [{"code": "", "text": {}} for _ in range(spare)]


def order_sent(question: Part, name: str, value_of: Sent, languages: Sequence[str], pictures: Pictures) -> list[int]:
    """Numbers of the form's rows that stay, in their new order: emptied ones go, ``do`` may move one up or down."""
    numbers = [
        number
        for number in range(len(question.get(name, ())) + 10)
        if texts(f"{name}.{number}", value_of, languages)
        or (question["type"] == "pair" and _has_picture(question, f"{name}.{number}", value_of, languages, pictures))
    ]
    direction, row = moved(value_of("do"))
    if row in (at := [f"{name}.{number}" for number in numbers]):
        here = at.index(row)
        there = here + (-1 if direction == "up" else 1)
        if 0 <= there < len(numbers):
            numbers[here], numbers[there] = numbers[there], numbers[here]
    return numbers


def moved(do: str) -> tuple[str, str]:
    """(``up`` or ``down``, ``options.2``) when the button pressed moves a row of the form; else empty."""
    direction, _, row = do.partition(":")
    return (direction, row) if direction in ("up", "down") and row.partition(".")[0] in ROWS else ("", "")


def rows_sent(
    question: Part, name: str, value_of: Sent, languages: Sequence[str], slug: Callable[[str], str], pictures: Pictures
) -> list[Content]:
    """The list as the form has it; ``slug`` makes a code of a new row's text."""
    rows: list[Content] = []
    older = {row["code"]: row for row in question.get(name, ())}
    for number in order_sent(question, name, value_of, languages, pictures):
        at = f"{name}.{number}"
        text, code = texts(at, value_of, languages), value_of(f"{at}.code")
        row: Content = dict(older[code]) if code in older else {"code": _code(slug(text.get("nb", "")), rows, older)}
        row["text"] = text
        for flag in ROW_FLAGS:
            if value_of(f"{at}.{flag}") == "yes":
                row[flag] = True
            else:
                row.pop(flag, None)
        row.pop("picture", None)
        if question["type"] == "pair" and (picture := _picture(older.get(code, {}), at, value_of, languages, pictures)):
            row["picture"] = picture
        rows.append(row)
    return rows


def texts(name: str, value_of: Sent, languages: Sequence[str]) -> dict[str, str]:
    """The text of the fields ``<name>.<language>``, where there is one."""
    return {code: text for code in languages if (text := value_of(f"{name}.{code}").strip())}


def _has_picture(question: Part, at: str, value_of: Sent, languages: Sequence[str], pictures: Pictures) -> bool:
    row: Part = next((row for row in question.get("options", ()) if row["code"] == value_of(f"{at}.code")), {})
    return f"{at}.picture" in pictures or bool(_picture(row, at, value_of, languages, pictures))


def _picture(row: Part, at: str, value_of: Sent, languages: Sequence[str], pictures: Pictures) -> Content:
    """A new picture, else the one there is unless it is ticked away, with what is said of it; words alone are kept."""
    new = pictures.get(f"{at}.picture")
    if not new and value_of(f"{at}.no_picture") == "yes":
        return {}
    image = new or {name: data for name, data in row.get("picture", {}).items() if name in FORMATS}
    shows = texts(f"{at}.shows", value_of, languages)
    return {**image, "shows": shows} if image or shows else {}


def _code(stem: str, rows: Sequence[Content], older: Mapping[str, Content]) -> str:
    """A code nobody has: made of the text, so that an export can be read."""
    base = _CODE.sub("_", stem.lower()).strip("_")[:34] or "svar"
    base = base if base[0].isalpha() else f"svar_{base}"
    codes = {row["code"] for row in rows} | set(older) | {"hint", "error", "title"}
    return base if base not in codes else free(f"{base}_", list(codes))
