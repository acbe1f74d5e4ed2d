"""Areas as staff name them, from a file or the page's table: what they are called, their postcodes and residents.

A file has a line per area (``område;postnumre;innbyggere``), or several per area with residents by ``kjønn`` and
``alder``, or a line per postcode (``postnummer;befolkning``), each then an area of its own.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from services.registration.csv_file import decoded, rows
from services.registration.places import place_name, register
from services.registration.population.areas import Area
from shared.events.registration import Margin
from shared.rules import on_one_line
from shared.slugs import slug_words

#: Columns a file of areas must have and may have, and what they hold.
_NEEDED = {"område": "label", "postnumre": "postcodes", "innbyggere": "residents"}
_OPTIONAL = {"kode": "code", "kjønn": "gender", "alder": "band"}
#: Columns of a file where each postcode is an area.
_PER_POSTCODE = {"postnummer": "postcodes", "befolkning": "residents"}
_GENDERS = {"kvinne": "female", "kvinner": "female", "mann": "male", "menn": "male"}
_MOST = 1_000_000
_MOST_ROWS = 10_000
_LONGEST_LABEL = 80
_LONGEST_CODE = 40
#: Areas a scheme may have.
MOST_AREAS = 100


@dataclass
class _Draft:
    """An area as read so far."""

    label: str
    postcodes: tuple[str, ...]
    population: int = 0
    cells: dict[tuple[str, str], int] = field(default_factory=dict)


def read_file(raw: bytes, numbers: tuple[str, ...], bands: Collection[str]) -> tuple[list[Area], list[tuple[int, str]]]:
    """(areas, (line, reason) of each bad row). Raises UnreadableFile."""
    text = decoded(raw)
    per_postcode = "befolkning" in text.split("\n", 1)[0].lower()
    needed, optional = (_PER_POSTCODE, {}) if per_postcode else (_NEEDED, _OPTIONAL)
    holds = needed | optional
    lines: list[tuple[int, dict[str, str]]] = []
    bad: list[tuple[int, str]] = []
    for row in rows(text, needed, optional, most=_MOST_ROWS):
        if row.has_more or not needed.keys() <= row.cells.keys():
            bad.append((row.line, f"Raden må ha {len(needed)} felt"))
        else:
            lines.append((row.line, {holds[name]: cell for name, cell in row.cells.items()}))
    areas, wrong = read_areas(lines, numbers, bands)
    return areas, sorted([*bad, *wrong])


def read_areas(
    rows: Iterable[tuple[int, Mapping[str, str]]], numbers: tuple[str, ...], bands: Collection[str]
) -> tuple[list[Area], list[tuple[int, str]]]:
    """Areas from (line, row) with ``label``, ``postcodes``, ``residents`` and perhaps ``code``, ``gender``, ``band``.

    Rows with the same label are one area: their residents add up, by gender and age band where given.
    """
    drafts: dict[str, _Draft] = {}
    bad: list[tuple[int, str]] = []
    owner: dict[str, str] = {}
    for line, row in rows:
        postcodes = tuple(re.findall(r"\d+", row["postcodes"]))
        label = on_one_line(row.get("label") or "") or " ".join(
            (*postcodes, place_name(postcodes[0]) or "") if postcodes else ()
        )
        code = row.get("code") or (postcodes[0] if postcodes and not row.get("label") else "")
        code = slug_words(code or label, _LONGEST_CODE, "omrade")
        reason = _wrong_with(row, label, postcodes, numbers, bands)
        if reason is None and code in drafts and "gender" not in row:
            reason = f"Området «{label}» står to ganger"
        if reason is None:
            reason = next(
                (f"Postnummer {each} hører til to områder" for each in postcodes if owner.get(each, code) != code), None
            )
        if reason is None and len(drafts) >= MOST_AREAS and code not in drafts:
            reason = f"Det kan være høyst {MOST_AREAS} områder"
        if reason:
            bad.append((line, reason))
            continue
        owner.update(dict.fromkeys(postcodes, code))
        draft = drafts.setdefault(code, _Draft(label, ()))
        draft.postcodes = (*draft.postcodes, *(each for each in postcodes if each not in draft.postcodes))
        draft.population += int(row["residents"])
        if row.get("gender"):
            cell = (_GENDERS[row["gender"].lower()], row["band"].replace("–", "-"))
            draft.cells[cell] = draft.cells.get(cell, 0) + int(row["residents"])
    areas = [
        Area(
            code=code,
            label=draft.label,
            postcodes=tuple(sorted(draft.postcodes)),
            population=draft.population,
            cells=tuple(Margin(gender=g, band=b, population=n) for (g, b), n in sorted(draft.cells.items())),
        )
        for code, draft in drafts.items()
    ]
    return areas, bad


def _wrong_with(
    row: Mapping[str, str], label: str, postcodes: Collection[str], numbers: tuple[str, ...], bands: Collection[str]
) -> str | None:
    if not label or len(label) > _LONGEST_LABEL:
        return f"Området må ha et navn på høyst {_LONGEST_LABEL} tegn"
    if not postcodes:
        return "Området må ha minst ett postnummer"
    for postcode in postcodes:
        place = register().get(postcode)
        if place is None:
            return f"Postnummer {postcode[:10]} finnes ikke"
        if place.municipality not in numbers:
            return f"Postnummer {postcode} hører til en annen kommune"
    residents = row["residents"]
    if not (residents.isascii() and residents.isdigit() and 0 < int(residents[:9]) <= _MOST):
        return "Innbyggere må være et helt tall over 0"
    if row.get("gender") and row["gender"].lower() not in _GENDERS:
        return "Kjønn må være kvinner eller menn"
    if row.get("gender") and row.get("band", "").replace("–", "-") not in bands:
        return f"Alder må være en av {', '.join(sorted(bands))}"
    return None
