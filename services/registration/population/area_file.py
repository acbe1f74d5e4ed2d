"""Residents per postcode, from a file of the municipality: ``postnummer;befolkning``."""

from services.registration.csv_file import Row, decoded, rows
from services.registration.places import register
from shared.events.registration import AreaMargin

COLUMNS = ("postnummer", "befolkning")
_MOST = 1_000_000
_MOST_ROWS = 10_000


def read_areas(raw: bytes, municipality: str) -> tuple[list[AreaMargin], list[tuple[int, str]]]:
    """(areas, (line, reason) of each bad row). Raises UnreadableFile."""
    areas: dict[str, AreaMargin] = {}
    bad: list[tuple[int, str]] = []
    for row in rows(decoded(raw), COLUMNS, most=_MOST_ROWS):
        reason = _reason(row, areas, municipality)
        if reason:
            bad.append((row.line, reason))
        else:
            area, population = (row.cells[name] for name in COLUMNS)
            areas[area] = AreaMargin(area=area, population=int(population))
    return list(areas.values()), bad


def _reason(row: Row, seen: dict[str, AreaMargin], municipality: str) -> str | None:
    if row.has_more or len(row.cells) != len(COLUMNS):
        return "Raden må ha to felt"
    area, population = (row.cells[name] for name in COLUMNS)
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
