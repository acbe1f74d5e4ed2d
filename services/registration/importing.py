"""CSV import of existing members: every bad row is listed with its reason before anything is imported."""

import csv
from dataclasses import dataclass, field
from datetime import date

from pydantic import ValidationError

from services.registration.joining.domain import MESSAGES, REFUSALS, JoinInput, age_refusal, email_key, judge_residence

COLUMNS = ("navn", "epost", "fodselsar", "kjonn", "postnummer", "sprak")
_GENDERS = {"kvinne": "female", "mann": "male", "annet": "other"}
MOST_ROWS = 5_000


class UnreadableFile(ValueError):
    """The file is no CSV this page takes; the text says why in Bokmål."""


@dataclass(frozen=True)
class Preview:
    """What an import would do: rows to import, and (line, reason) of the others."""

    good: list[JoinInput] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)


def read_members(raw: bytes, *, today: date, minimum_age: int, known: frozenset[str]) -> Preview:
    """The preview of a file; ``known`` holds the keys of addresses already in the panel.

    Imported people are believed to live in the municipality. Raises UnreadableFile.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile("Fila er ikke i UTF-8. Lagre den på nytt som «CSV UTF-8» og prøv igjen.") from error
    lines = text.splitlines()
    rows = csv.DictReader(lines, delimiter=";" if lines and ";" in lines[0] else ",")
    if tuple(name.strip().lower() for name in rows.fieldnames or ()) != COLUMNS:
        raise UnreadableFile(f"Første linje må være: {';'.join(COLUMNS)}")
    preview, seen = Preview(), set(known)
    for number, row in enumerate(rows, start=2):
        if number > MOST_ROWS + 1:
            raise UnreadableFile(f"Fila har flere enn {MOST_ROWS} rader. Del den opp.")
        try:
            member, reason = _member(row), None
            reason = _refusal(member, seen, today, minimum_age)
        except ValidationError as failure:
            first = failure.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else ""
            member, reason = None, MESSAGES.get(first["type"], MESSAGES.get(name, "Raden er ikke fylt ut riktig"))
        if member is None or reason is not None:
            preview.bad.append((number, reason or ""))
            continue
        seen.add(email_key(member.email))
        preview.good.append(member)
    return preview


def _member(row: dict[str, str | None]) -> JoinInput:
    values = {name: (value or "").strip() for name, value in row.items() if name is not None and isinstance(value, str)}
    return JoinInput.model_validate(
        {
            "name": values.get("navn", ""),
            "email": values.get("epost", ""),
            "year_of_birth": values.get("fodselsar", ""),
            "gender": _GENDERS.get(values.get("kjonn", "").lower(), ""),
            "postcode": values.get("postnummer", ""),
            "language": values.get("sprak") or "nb",
            "purposes": ("surveys", "meetings", "results"),
            "old_enough": "yes",
            "declared_resident": True,
        }
    )


def _refusal(member: JoinInput, seen: set[str], today: date, minimum_age: int) -> str | None:
    if email_key(member.email) in seen:
        return "E-postadressen står i fila fra før, eller er alt med i panelet"
    age = age_refusal(member.year_of_birth, today, minimum_age)
    residence = judge_residence(member.postcode, "", declared=True).refusal
    code = age or residence
    return REFUSALS[code][1] if code else None
