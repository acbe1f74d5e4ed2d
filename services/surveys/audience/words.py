"""Staff's words for a survey's audience, in Bokmål."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from services.surveys.audience.domain import NONE, Audience
from services.surveys.fieldwork.domain import ReleaseCell
from shared.strata import PEOPLE, band_words
from shared.web.i18n import NAMES, Language

_GROUPS = {"present": "Var på møtet", "control": "I kontrollgruppen til"}


def group(cell: ReleaseCell, areas: Mapping[str, str]) -> str:
    """A group of answers that can be told apart, e.g. ``Kvinner, 15–24 år, Fossum``."""
    parts = [PEOPLE.get(cell.gender, cell.gender) if cell.gender else "Alle kjønn"]
    if cell.bands:
        parts.append(
            " og ".join(band_words(band) for band in cell.bands)
            if len(cell.bands) < 3
            else band_words(cell.bands[0].partition("-")[0] + "-" + cell.bands[-1].partition("-")[2])
        )
    if cell.areas:
        parts.append(_named([areas.get(area, area) for area in cell.areas]))
    return ", ".join(parts)


def _named(areas: Sequence[str]) -> str:
    """The areas' names, in quotes where there are several: a name may hold a comma of its own."""
    return areas[0] if len(areas) == 1 else ", ".join(f"«{name}»" for name in areas)


def described(
    audience: Audience, areas: Mapping[str, str], parts: Mapping[str, str], language: Language, zone: ZoneInfo
) -> list[tuple[str, str]]:
    """(what is asked for, its value) of a filter; empty for everybody. ``parts`` are titles by ``part_of``."""
    lines: list[tuple[str, str]] = []
    if audience.genders:
        lines.append(("Kjønn", ", ".join(PEOPLE.get(gender, gender) for gender in audience.genders)))
    if audience.age_from is not None and audience.age_to is not None:
        lines.append(("Alder", f"{audience.age_from}–{audience.age_to} år"))
    elif audience.age_from is not None:
        lines.append(("Alder", f"{audience.age_from} år og eldre"))
    elif audience.age_to is not None:
        lines.append(("Alder", f"til og med {audience.age_to} år"))
    if audience.areas:
        inside = [areas.get(area, area) for area in audience.areas if area != NONE]
        outside = ["utenfor områdene"] if NONE in audience.areas else []
        lines.append(("Område", ", ".join([*([_named(inside)] if inside else []), *outside])))
    if audience.languages:
        lines.append(("Språk", ", ".join("ikke kjent" if a == NONE else NAMES.get(a, a) for a in audience.languages)))
    if audience.joined_since is not None:
        lines.append(("Ble med", f"{language.date(audience.joined_since.astimezone(zone))} eller senere"))
    if (part := part_of(audience)) is not None:
        where = parts.get(part, "noe som ikke finnes lenger")
        lines.append((_GROUPS.get(audience.group, "Var med i"), where))
    return lines


def part_of(audience: Audience) -> str | None:
    """The survey or meeting a filter names, as the form sends it."""
    if audience.survey is not None:
        return f"survey:{audience.survey}"
    return f"meeting:{audience.meeting}" if audience.meeting is not None else None
