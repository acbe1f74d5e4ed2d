"""What single cells of an XLSForm say: names, limits, languages, texts."""

import re
from collections.abc import Mapping

from shared.slugs import slug

_LANGUAGES = {
    "nb": ("nb", "no", "nob", "norsk", "norwegian", "bokmål", "bokmal"),
    "nn": ("nn", "nno", "nynorsk"),
    "en": ("en", "eng", "english", "engelsk"),
}
_LIMIT = re.compile(r"\.\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)")
#: Columns in which word processors' quotation marks would be no quotation marks.
_EXPRESSIONS = ("relevant", "relevance", "bind::relevant", "constraint", "parameters")
_STRAIGHT = str.maketrans("‘’“”", "''\"\"")


def code(name: str, codes: set[str], stem: str = "svar") -> str:
    """A code of our form that nobody has, as like the file's name as can be."""
    base = re.sub(r"[^a-z0-9]+", "_", slug(name).lower()).strip("_")[:34]
    base = base if base and base[0].isalpha() else f"{stem}_{base}".rstrip("_")
    base = (
        f"{base}_1" if base in ("id", "action", "shown", "main", "errors", "lang", "hint", "error", "title") else base
    )
    return free_name(base, codes)


def free_name(base: str, names: set[str]) -> str:
    """The name, with a number behind where it is taken."""
    name, number = base, 1
    while name in names:
        number += 1
        name = f"{base}_{number}"
    return name


def kind_of(row: Mapping[str, str]) -> str:
    """The row's type, as written but for blanks."""
    return " ".join((row.get("type") or "").split())


def limits(row: Mapping[str, str]) -> tuple[float, float]:
    """The least and the greatest number, from ``constraint`` or a range's ``parameters``; wide where none is given."""
    low, high = 0.0, 1_000_000.0
    for sign, value in _LIMIT.findall(row.get("constraint") or ""):
        if sign.startswith(">"):
            low = float(value) + (1 if sign == ">" else 0)
        else:
            high = float(value) - (1 if sign == "<" else 0)
    for key, value in re.findall(r"(start|end)\s*=\s*(-?\d+)", row.get("parameters") or ""):
        low, high = (float(value), high) if key == "start" else (low, float(value))
    return (low, high) if low < high else (high, low + 1)


def language(name: str) -> str | None:
    """Our code of a column's language: ``Norwegian (nb)``, ``English``; Bokmål when there is none."""
    words = re.findall(r"[^\W\d_]+", name.lower())
    if not words:
        return "nb"
    return next((lang for lang in ("nn", "nb", "en") if any(word in _LANGUAGES[lang] for word in words)), None)


def plain(text: str) -> str:
    """Text without the markup of others' tools, at most as long as a text may be."""
    text = re.sub(r"<[^>]{0,200}>", " ", text)
    return " ".join(re.sub(r"[*_#]{2,}", "", text).split())[:1_000]


def lowered(row: Mapping[str, object]) -> dict[str, str]:
    """The row by its headings in small letters, without empty cells; quotation marks of expressions made straight."""
    cells = {str(key).strip().lower(): str(value) for key, value in row.items() if value is not None and key}
    return cells | {name: cells[name].translate(_STRAIGHT) for name in _EXPRESSIONS if name in cells}
