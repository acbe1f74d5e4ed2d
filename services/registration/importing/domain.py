"""CSV import of existing members: every bad row is listed with every reason before anything is imported."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from io import StringIO

from pydantic import ValidationError

from services.registration.joining.domain import MESSAGES, JoinInput, email_key, needed_declaration, refusals
from shared.rules import has_refused_characters

COLUMNS = ("navn", "epost", "fodselsar", "kjonn", "postnummer", "sprak")
#: May follow: ``ja`` for somebody whose postcode is another municipality's and who lives here all the same.
LIVES_HERE = "bor_her"
_FIELDS = {
    "name": "navn", "email": "epost", "year_of_birth": "fodselsar", "gender": "kjonn", "postcode": "postnummer",
    "language": "sprak", "declared_resident": "postnummer",
}  # fmt: skip
_GENDERS = {"kvinne": "female", "mann": "male", "annet": "other"}
#: Said to staff about somebody, not to the person as the join form does.
_REFUSALS = {
    "unknown_postcode": "Postnummeret finnes ikke",
    "po_box": "Postnummeret gjelder en postboks. Skriv postnummeret der personen bor",
    "elsewhere": f"Postnummeret hører til en annen kommune. Bor personen her, skriv «ja» i kolonnen {LIVES_HERE}",
    "too_young": "Personen fyller ikke {minimum_age} år i år",
    "impossible_year": "Fødselsår må skrives med fire sifre, for eksempel 1985",
}
_MESSAGES = MESSAGES | {
    "gender": "Kjønn må være kvinne, mann eller annet",
    "language": "Språk må være nb, nn eller en",
}
#: Each address is held while its row is taken in, and a database has room for some thousands of such locks.
MOST_ROWS = 2_000


class UnreadableFile(ValueError):
    """The file is no list this page takes; the text says why in Bokmål."""


@dataclass(frozen=True)
class Preview:
    """What an import would do: rows to import, and (line, reasons) of the others."""

    good: list[JoinInput] = field(default_factory=list)
    bad: list[tuple[int, list[str]]] = field(default_factory=list)


def read_members(raw: bytes, *, municipality: str, today: date, minimum_age: int, known: frozenset[str]) -> Preview:
    """The preview of a file; ``known`` holds the keys of members' addresses. Raises UnreadableFile."""
    preview, seen = Preview(), set(known)
    for line, row in _rows(_decoded(raw)):
        member, reasons = _member(row)
        if member is not None:
            reasons = [
                _REFUSALS[code].format(minimum_age=minimum_age)
                for code in refusals(member, municipality, today, minimum_age)
            ]
            if email_key(member.email) in seen:
                reasons.append("E-postadressen står i fila fra før, eller er alt med i panelet")
        if member is None or reasons:
            preview.bad.append((line, reasons))
            continue
        seen.add(email_key(member.email))
        preview.good.append(needed_declaration(member, municipality))
    if not preview.good and not preview.bad:
        raise UnreadableFile("Fila har ingen rader under overskriften.")
    return preview


def _decoded(raw: bytes) -> str:
    """UTF-8 with or without a byte order mark, else Windows-1252, which Norwegian Excel writes."""
    if b"\x00" in raw:
        raise UnreadableFile("Fila er ikke ren tekst. Lagre den på nytt som «CSV UTF-8» og prøv igjen.")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile("Vi kjenner ikke tegnsettet i fila. Lagre den på nytt som «CSV UTF-8» og prøv igjen.")


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line in the file, column -> value) of each row that is not empty."""
    first = text.split("\n", 1)[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True)
    head: list[str] | None = None
    number = 0
    try:
        for cells in reader:
            if head is None:
                head = [name.strip().lower() for name in cells]
                if tuple(head) not in (COLUMNS, (*COLUMNS, LIVES_HERE)):
                    raise UnreadableFile(f"Første linje må være: {';'.join(COLUMNS)} (og kanskje ;{LIVES_HERE})")
                continue
            if not any(cell.strip() for cell in cells):
                continue
            number += 1
            if number > MOST_ROWS:
                raise UnreadableFile(f"Fila har flere enn {MOST_ROWS} rader. Del den opp.")
            if len(cells) > len(head):
                yield reader.line_num, {"": "more"}
                continue
            yield reader.line_num, dict(zip(head, (cell.strip() for cell in cells), strict=False))
    except csv.Error as error:
        raise UnreadableFile(
            f"Linje {reader.line_num} er ikke riktig CSV. Se etter anførselstegn som mangler."
        ) from error
    if head is None:
        raise UnreadableFile("Fila er tom.")


def _member(row: dict[str, str]) -> tuple[JoinInput | None, list[str]]:
    if "" in row:
        return None, ["Raden har flere felt enn overskriften"]
    strange = [name for name, value in row.items() if has_refused_characters(value)]
    if strange:
        return None, [f"Feltet {name} har usynlige tegn vi ikke kan ta imot" for name in strange]
    values = {
        "name": row.get("navn"),
        "email": row.get("epost"),
        "year_of_birth": row.get("fodselsar"),
        "gender": _GENDERS.get(row.get("kjonn", "").lower()),
        "postcode": row.get("postnummer"),
        "language": row.get("sprak") or "nb",
        "declared_resident": row.get(LIVES_HERE, "").lower() == "ja",
        "purposes": ("surveys", "meetings", "results"),
        "old_enough": "yes",
    }
    try:
        return JoinInput.model_validate({name: value for name, value in values.items() if value not in (None, "")}), []
    except ValidationError as failure:
        return None, [_reason(error["type"], str(error["loc"][0]), error.get("ctx", {})) for error in failure.errors()]


def _reason(kind: str, name: str, context: dict[str, object]) -> str:
    found = next((_MESSAGES[key] for key in (f"{name}.{kind}", kind, name) if key in _MESSAGES), None)
    return found.format_map(context) if found else f"Feltet {_FIELDS.get(name, name)} er ikke fylt ut riktig"
