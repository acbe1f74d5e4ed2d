"""CSV import of existing members: every bad row is listed with every reason before anything is imported."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from pydantic import ValidationError

from services.registration.csv_file import Row, decoded, rows
from services.registration.joining.domain import MESSAGES, JoinInput, Rules
from shared.addresses import address_key
from shared.rules import has_refused_characters

COLUMNS = ("navn", "epost", "fodselsar", "kjonn", "postnummer")
#: ``bor_her`` says «ja» of somebody whose postcode is another municipality's and who lives here all the same.
OPTIONAL = ("sprak", "bor_her")
#: One column a purpose, «ja» or «nei»; a file with any of them says of each person what was consented to.
CONSENTS = {"undersokelser": "surveys", "moter": "meetings", "resultater": "results"}
_FIELDS = {
    "name": "navn", "email": "epost", "year_of_birth": "fodselsar", "gender": "kjonn", "postcode": "postnummer",
    "language": "sprak", "declared_resident": "bor_her",
}  # fmt: skip
_GENDERS = {"kvinne": "female", "mann": "male", "annet": "other"}
#: Messages to staff about a person, in place of those the person gets in the join form.
_MESSAGES = MESSAGES | {
    "gender": "Kjønn må være kvinne, mann eller annet",
    "language": "Språk må være nb, nn eller en",
    "purposes.too_short": "Personen har ikke samtykket til noe",
    "unknown_postcode": "Postnummeret finnes ikke",
    "po_box": "Postnummeret gjelder en postboks. Skriv postnummeret der personen bor",
    "elsewhere": "Postnummeret hører til en annen kommune. Bor personen her, skriv «ja» i kolonnen bor_her",
    "too_young": "Personen fyller ikke {minimum_age} år i år",
}
MOST_ROWS = 100_000
#: Rows read before what they hold is put away: a hundred thousand at once would take more memory than a pod has.
PART = 1000
#: Marks a name may hold beside letters; anything else is mostly a letter that was read wrongly.
_MARKS = frozenset(" -–'’`´.,()/\"")
#: Letters that stand in Norwegian lists only where another letter was read wrongly.
_MISREAD = re.compile("[ÃÂŒœÐ¯ªº\ufffd]")


@dataclass(frozen=True)
class Preview:
    """What an import would do: rows to import, (line, reasons) of faulty ones, and how many are members."""

    good: list[JoinInput] = field(default_factory=list)
    bad: list[tuple[int, list[str]]] = field(default_factory=list)
    members: int = 0
    has_consents: bool = False


def shown_as(name: str) -> int:
    """Which rows staff see first: 0 those whose letters look wrong, 1 those with letters beyond a-z, 2 the rest."""
    return 0 if is_doubtful(name) else 2 if name.isascii() else 1


def is_doubtful(name: str) -> bool:
    """Whether a name holds what no Norwegian name does, so that its letters were probably read wrongly."""
    return _MISREAD.search(name) is not None or any(not (c.isalpha() or c in _MARKS) for c in name)


def read_members(raw: bytes, *, rules: Rules, member_keys: frozenset[str]) -> Iterator[Preview]:
    """A file's previews, part after part; ``member_keys`` are of members' addresses. Raises UnreadableFile."""
    lines, keys = rows(decoded(raw), COLUMNS, (*OPTIONAL, *CONSENTS), most=MOST_ROWS), set[str]()
    while part := list(islice(lines, PART)):
        yield _preview(part, rules, member_keys, keys)


def _preview(part: list[Row], rules: Rules, member_keys: frozenset[str], keys: set[str]) -> Preview:
    """Of these rows; ``keys``, of addresses in the file, grows by theirs. A row of a member changes nothing."""
    good, bad, members = list[JoinInput](), list[tuple[int, list[str]]](), 0
    has_consents = not CONSENTS.keys().isdisjoint(part[0].cells)
    for row in part:
        member, reasons = _member(row, rules, has_consents=has_consents)
        key = address_key(member.email if member else row.cells.get("epost", ""))
        if key in member_keys:
            members += 1
            continue
        if key in keys:
            reasons = [*reasons, "E-postadressen står i filen fra før"]
        if member is None or reasons:
            bad.append((row.line, reasons))
            continue
        keys.add(key)
        good.append(member)
    return Preview(good, bad, members, has_consents)


def _member(row: Row, rules: Rules, *, has_consents: bool) -> tuple[JoinInput | None, list[str]]:
    if row.has_more:
        return None, ["Raden har flere felt enn overskriften"]
    cells = row.cells
    # A file that says what some consented to says nothing by leaving a cell empty; one without such columns asks later.
    unsaid = "" if has_consents else "ja"
    strange = [name for name, value in cells.items() if has_refused_characters(value)]
    if strange:
        return None, [f"Feltet {name} har usynlige tegn vi ikke kan ta imot" for name in strange]
    values = {
        "name": cells.get("navn"),
        "email": cells.get("epost"),
        # Excel writes a number as 1980,0 where the column has decimals.
        "year_of_birth": re.sub("[,.]0+$", "", cells.get("fodselsar", "")),
        "gender": _GENDERS.get(cells.get("kjonn", "").lower()),
        "postcode": cells.get("postnummer"),
        "language": cells.get("sprak") or "nb",
        "declared_resident": cells.get("bor_her", "").lower() == "ja",
        "purposes": tuple(purpose for name, purpose in CONSENTS.items() if cells.get(name, unsaid).lower() == "ja"),
        "old_enough": "yes",
    }
    fields = {name: value for name, value in values.items() if value not in (None, "")}
    try:
        return JoinInput.model_validate(fields, context=rules), []
    except ValidationError as failure:
        return None, [_reason(error["type"], str(error["loc"][0]), error.get("ctx", {})) for error in failure.errors()]


def _reason(kind: str, name: str, context: dict[str, object]) -> str:
    message = next((_MESSAGES[key] for key in (f"{name}.{kind}", kind, name) if key in _MESSAGES), None)
    return message.format_map(context) if message else f"Feltet {_FIELDS.get(name, name)} er ikke fylt ut riktig"
