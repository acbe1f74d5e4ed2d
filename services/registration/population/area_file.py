"""Residents per postcode, from a file of the municipality: ``postnummer;befolkning``."""

import csv
from io import StringIO

from services.registration.places import register
from shared.events.registration import AreaMargin

COLUMNS = ("postnummer", "befolkning")
_MOST = 1_000_000


class UnreadableFile(ValueError):
    """The file is no such list; the text says why in Bokmål."""


def read_areas(raw: bytes, municipality: str) -> tuple[list[AreaMargin], list[tuple[int, str]]]:
    """(areas, (line, reason) of each bad row). Raises UnreadableFile."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile("Fila er ikke i UTF-8. Lagre den på nytt som «CSV UTF-8» og prøv igjen.") from error
    reader = csv.reader(StringIO(text, newline=""), delimiter=";" if ";" in text.split("\n", 1)[0] else ",")
    areas: dict[str, AreaMargin] = {}
    bad: list[tuple[int, str]] = []
    try:
        if tuple(name.strip().lower() for name in next(reader, [])) != COLUMNS:
            raise UnreadableFile(f"Første linje må være: {';'.join(COLUMNS)}")
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            reason = _reason([cell.strip() for cell in cells], areas, municipality)
            if reason:
                bad.append((reader.line_num, reason))
            else:
                area, population = (cell.strip() for cell in cells)
                areas[area] = AreaMargin(area=area, population=int(population))
    except csv.Error as error:
        raise UnreadableFile(f"Linje {reader.line_num} er ikke riktig CSV.") from error
    if not areas and not bad:
        raise UnreadableFile("Fila har ingen rader under overskriften.")
    return list(areas.values()), bad


def _reason(cells: list[str], seen: dict[str, AreaMargin], municipality: str) -> str | None:
    if len(cells) != len(COLUMNS):
        return "Raden må ha to felt"
    area, population = cells
    place = register().get(area)
    if place is None:
        return f"Postnummer {area[:10]} finnes ikke"
    if place.municipality != municipality:
        return f"Postnummer {area} hører til en annen kommune"
    if area in seen:
        return f"Postnummer {area} står i fila fra før"
    if not (population.isascii() and population.isdigit() and 0 < int(population[:9]) <= _MOST):
        return "Befolkning må være et helt tall over 0"
    return None
