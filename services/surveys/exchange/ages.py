"""Hidden rows of an XLSForm that reckon an age from a date and today: people are asked for the number instead."""

import re
from collections.abc import Mapping

from services.surveys.exchange.cells import kind_of

Row = Mapping[str, str]
#: The kinds of rows that ask for one, with what is asked and the greatest number; no file writes them.
AGES: dict[str, tuple[dict[str, str], int]] = {
    "panel: years": (
        {
            "nb": "Hvor mange hele år er det siden {}?",
            "nn": "Kor mange heile år er det sidan {}?",
            "en": "How many whole years is it since {}?",
        },
        150,
    ),
    "panel: months": (
        {
            "nb": "Hvor mange hele måneder er det siden {}?",
            "nn": "Kor mange heile månader er det sidan {}?",
            "en": "How many whole months is it since {}?",
        },
        1_800,
    ),
}
_AGE = re.compile(
    r"(?:int|floor)\(\s*\(\s*(?:today\(\)|\$\{\s*(?P<today>[^}\s]{1,100})\s*\})\s*-\s*\$\{\s*(?P<date>[^}\s]{1,100})\s*\}\s*\)"
    r"\s*div\s*(?:(?P<years>36[56](?:\.\d{1,6})?)|30(?:\.\d{1,6})?)\s*\)"
)


def age_asked(row: Row, rows: Mapping[str, Row]) -> dict[str, str] | None:
    """The row that asks for what this one reckons; None where it reckons no age. ``rows`` are the file's by name."""
    age = _AGE.fullmatch((row.get("calculation") or "").strip())
    date = rows.get(age["date"]) if age else None
    if not age or not date or kind_of(date).lower() != "date":
        return None
    if age["today"] and kind_of(rows.get(age["today"], {})).lower() != "today":
        return None
    name, label = age["date"], next((key for key in date if key.split("::")[0].strip() == "label"), "label")
    own = f" and ({row['relevant']})" if row.get("relevant") else ""
    return {
        "type": "panel: years" if age["years"] else "panel: months", "name": row.get("name") or "",
        label: f"${{{name}}}", "relevant": f"${{{name}}} != ''{own}", "required": date.get("required") or "",
    }  # fmt: skip
